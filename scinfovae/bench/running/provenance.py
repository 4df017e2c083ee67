"""Where a result comes from, and what could change its digits without changing its meaning."""

from __future__ import annotations

import datetime
import functools
import platform
import resource
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae._version import __version__
from scinfovae.bench.planning.identity import short_hash
from scinfovae.bench.running.memory import peak_before_forgetting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "scanpy",
    "anndata",
    "numba",
    "igraph",
    "leidenalg",
    "umap-learn",
    "scvi-tools",
)


@functools.cache
def package_versions() -> Mapping[str, str]:
    """List the installed versions of the packages that compute something.

    Returns
    -------
    Versions by package; absent ones are left out.
    """
    found: dict[str, str] = {"scinfovae": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def git_state() -> Mapping[str, Any] | None:
    """Describe the checkout the code runs from.

    Returns
    -------
    The commit and whether files differ from it; None for an installed package.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "changed": bool(changed)}


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()


def numerics(device: str, stack_width: int, threads: int) -> dict[str, Any]:
    """Collect what can change digits without changing the meaning of a run.

    Parameters
    ----------
    device
        ``"cpu"`` or ``"cuda"``.
    stack_width
        How many seeds are trained together.
    threads
        Threads of the process.

    Returns
    -------
    The facts, and under ``hash`` their name: equal identity and equal numerics promise equal
    bytes.
    """
    import torch

    from scinfovae.model.products import library_of_products

    on_gpu = device == "cuda"
    facts = {
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "products": "cublas" if on_gpu else library_of_products(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "dtype": "float32",
        "tf32": bool(on_gpu and torch.backends.cuda.matmul.allow_tf32),
        "stack_width": stack_width,
        "threads": threads,
        "packages": dict(package_versions()),
    }
    return {"hash": short_hash(facts), **facts}


def command_line(argv: Sequence[str]) -> str:
    """Write the command as it could be typed again, without the name of the home folder.

    Parameters
    ----------
    argv
        Its words after the program.

    Returns
    -------
    One line.
    """
    line = shlex.join(["scinfovae-bench", *argv])
    home = str(Path.home())
    return line.replace(f"{home}/", "~/") if len(home) > 1 else line


def describe(
    *,
    command: str,
    dataset: Mapping[str, Any],
    facts: Mapping[str, Any],
    stacked_seeds: Sequence[int],
    started: datetime.datetime,
) -> dict[str, Any]:
    """Write the provenance of a run.

    Parameters
    ----------
    command
        The command line.
    dataset
        Name, content hash and what was read of it.
    facts
        What `numerics` gives.
    stacked_seeds
        The seeds trained together.
    started
        When the run started.

    Returns
    -------
    Facts without host or user name; seconds and memory are added by the run.
    """
    return {
        "schema": 1,
        "project_version": __version__,
        "git": git_state(),
        "command": command,
        "started": started.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "dataset": dict(dataset),
        "numerics": dict(facts),
        "stacked_seeds": list(stacked_seeds),
    }


def peak_memory() -> dict[str, int]:
    """Measure the most memory the process has held so far.

    Returns
    -------
    Bytes of main memory under ``host``, and of the GPU under ``cuda`` where it is used.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    shown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    peak = {"host": max(shown, peak_before_forgetting())}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        peak["cuda"] = int(torch.cuda.max_memory_allocated())
    return peak
