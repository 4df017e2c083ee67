r"""Measure the training: a step against its matrix products and against others' steps.

    python scripts/benchmark_training.py --out results/performance/training --million --threads
    python scripts/benchmark_training.py --quick --out DIR

Contestants of one row take turns (A B C A B C ...) in one process with one thread. A ratio is the
median of the ratios of the turns, followed by the smallest and the largest. scVI takes part where
the extra `scvi` is installed, a GPU where there is one. --threads compares one thread with two,
alone and while another process works; --million takes an epoch over 10^6 cells and needs about
6 GiB and a quarter of an hour; --only measures some parts. Writes table.md, ratios.csv, turns.csv
and cases.csv.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarking import run_case, write_csv
from training_report import case_row, ratio_rows, report, turn_rows

Row = dict[str, Any]

STAGES, ZEROS = ("pretrain", "fine_tune"), (0.92, 0.5)


def cases(quick: bool, threads: bool, million: bool) -> list[Row]:
    """List the measurements; each gets a process of its own."""
    from scinfovae.data.registry import get_dataset, group_members

    size = {"steps": 2, "turns": 1} if quick else {"steps": 20, "turns": 9}
    # what `train` of SCVI sets up each time is shared by many steps, as in real use
    scvi = (
        {"steps": 2, "turns": 1, "epochs": 1} if quick else {"steps": 20, "turns": 5, "epochs": 5}
    )
    steps = [(stage, zeros) for stage in STAGES for zeros in ZEROS]
    listed: list[Row] = [
        {"part": "step", "stage": stage, "zeros": zeros, **size}
        for stage, zeros in (steps[::3] if quick else steps)
    ]
    listed += [{"part": "scvi", "zeros": zeros, **scvi} for zeros in ZEROS[: 1 if quick else 2]]
    stages = STAGES[:1] if quick else STAGES
    listed += [{"part": "seeds", "stage": stage, "zeros": ZEROS[0], **size} for stage in stages]
    if threads:
        listed += [{"part": "threads", "neighbour": busy, **size} for busy in (False, True)]
    listed += [{"part": "gpu", "stage": stage, **size} for stage in stages]
    one, all_15 = (
        [get_dataset(name).n_cells for name in names]
        for names in (["10x_pbmc"], group_members("paper15"))
    )
    epochs = (2, 2) if quick else (600, 500)
    listed.append({"part": "gpu protocol", "cells": one, "epochs": epochs})
    if not quick:
        listed.append({"part": "gpu all datasets", "cells": all_15, "epochs": epochs})
    if million:
        listed.append({"part": "million", "cells": 5000 if quick else 1_000_000})
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true", help="two steps, to see that it works")
    parser.add_argument("--threads", action="store_true", help="one thread against two")
    parser.add_argument("--million", action="store_true", help="an epoch over 10^6 cells")
    parser.add_argument("--only", help="parts to measure, as in 'gpu,gpu protocol'")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        case = json.loads(arguments.case)
        from training_cases import MEASURES

        print(json.dumps(MEASURES[case["part"]](case)))
        return
    if arguments.out is None:
        parser.error("--out DIR is needed")
    rows = []
    listed = cases(arguments.quick, arguments.threads, arguments.million)
    only = arguments.only.split(",") if arguments.only else [case["part"] for case in listed]
    if unknown := set(only) - {case["part"] for case in listed}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for case in (case for case in listed if case["part"] in only):
        rows.append(run_case(__file__, case))
        print(rows[-1], file=sys.stderr, flush=True)
    words = [f"--{name}" for name in ("quick", "threads", "million") if getattr(arguments, name)]
    words += [f"--only '{arguments.only}'"] if arguments.only else []
    command = " ".join(["python scripts/benchmark_training.py --out DIR", *words])
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_csv(arguments.out / "cases.csv", [case_row(row) for row in rows])
    write_csv(arguments.out / "turns.csv", turn_rows(rows))
    write_csv(arguments.out / "ratios.csv", ratio_rows(rows))
    text = "\n".join(report(rows, command))
    (arguments.out / "table.md").write_text(text)
    print(text)
    if any("error" in row for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
