"""What the benchmark scripts share: fresh processes, the machine in words, tables and fits.

Every case runs in a process of its own, so that its peak memory is its own too. The parent imports
nothing large before the last case is done: on Linux a child's peak starts at its parent's size.
"""

from __future__ import annotations

import csv
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BUSY_NOTE = (
    "Other work ran on this machine meanwhile: seconds are those of the processor unless called "
    "wall-clock, and only ratios within one run mean much."
)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class Stopwatch:
    """Seconds of a block of code: by the clock on the wall, and of the processor."""

    wall: float = math.nan
    cpu: float = math.nan


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    watch, wall, cpu = Stopwatch(), time.perf_counter(), time.process_time()
    yield watch
    watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu


def peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def run_case(script: str, case: dict[str, Any], timeout: float | None = None) -> dict[str, Any]:
    """Run one case of a script in a fresh process with one thread, and give what it prints."""
    command = [sys.executable, script, "--case", json.dumps(case)]
    environment = os.environ | ONE_THREAD
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return {**case, "error": f"stopped after {timeout:.0f} s"}
    if done.returncode:
        sys.stderr.write(done.stderr)
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {**case, "error": last}
    return {**case, **json.loads(done.stdout.splitlines()[-1])}


def machine() -> str:
    """Describe the machine in one line."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
            processor = names[0] if names else processor
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{processor}, {cores} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; load {load:.1f}"
    )


def versions(*packages: str) -> str:
    from importlib import metadata

    return ", ".join(f"{name} {metadata.version(name)}" for name in packages)


def exponent(sizes: Sequence[float], values: Sequence[float], above: float = 0.0) -> float:
    """Slope of log(value) over log(size), of the values that are large enough to be measured."""
    pairs = [
        (math.log(n), math.log(v)) for n, v in zip(sizes, values, strict=True) if v and v >= above
    ]
    if len(pairs) < 2:
        return math.nan
    x_mean, y_mean = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in pairs)
    return sum((x - x_mean) * (y - y_mean) for x, y in pairs) / spread if spread else math.nan


def markdown_table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[str]:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        lines.append("| " + " | ".join(_shown(row.get(name, "")) for name in columns) + " |")
    return lines


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return (
            "n/a" if math.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        )
    return f"{value:,}" if isinstance(value, int) else str(value)
