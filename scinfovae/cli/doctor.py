"""``scinfovae-bench doctor``: what this installation and machine have to offer."""

from __future__ import annotations

import json
import os
import platform
import shutil
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import size
from scinfovae.data.registry import load_registry

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

SUMMARY = "Check versions, GPU, threads, disk, datasets at hand and the network."
EXAMPLES = """\
examples:
  scinfovae-bench doctor
  scinfovae-bench doctor --offline --json
"""
HOST = "https://raw.githubusercontent.com"
SECONDS = 3.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    parser.add_argument("words", nargs="*", metavar="KEY=VALUE", help="data.KEY=VALUE as in run")
    parser.add_argument("--offline", action="store_true", help="do not try the network")
    parser.add_argument("--json", action="store_true", help="for machines")


def execute(args: argparse.Namespace) -> int:
    """Do the verb.

    Parameters
    ----------
    args
        What was asked for.

    Returns
    -------
    The exit code: 0, whatever was found.
    """
    from scinfovae.bench.planning.plan import make_plan
    from scinfovae.bench.running.provenance import git_state, package_versions

    recipe = make_plan(["method=pca", *args.words])[0].recipe
    cache = recipe.dataset.cache_dir
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "versions": dict(package_versions()),
        "git": git_state(),
        **_hardware(),
        "results": _folder(recipe.settings.results.dir),
        "data_cache": {**_folder(cache), **_present(cache)},
        "network": "not tried" if args.offline else _network(),
    }
    if args.json:
        print(json.dumps(facts, indent=1))
        return 0
    for key, value in facts.items():
        print(f"{key.replace('_', ' ')}: {_told(value)}")
    return 0


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"\n  {key.replace('_', ' ')}: {_told(v)}" for key, v in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _hardware() -> dict[str, Any]:
    import torch

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "gpu": gpus,
        "cpu": {
            "cores": usable,
            "capability": torch.backends.cpu.get_cpu_capability(),
            "threads_per_run": 1,
            "why": "steps are small: two threads wait for each other more than they compute; "
            "executor=processes puts one run on every core (docs/performance.md)",
        },
    }


def _folder(path: Path) -> dict[str, Any]:
    """Tell where a folder is and how much fits on its disk."""
    there = path.absolute()
    while not there.exists():
        there = there.parent
    return {
        "folder": str(path),
        "exists": path.is_dir(),
        "writable": os.access(there, os.W_OK),
        "free": size(shutil.disk_usage(there).free),
    }


def _present(cache: Path) -> dict[str, list[str]]:
    from scinfovae.data.download import cached_path

    found = {name: cached_path(spec, cache).is_file() for name, spec in load_registry().items()}
    return {
        "present": [name for name, there in found.items() if there],
        "absent": [name for name, there in found.items() if not there],
    }


def _network() -> str:
    """Try the host that most datasets come from."""
    import requests

    try:
        answer = requests.head(HOST, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return f"{HOST} not reached ({type(error).__name__}); use data.mirror=DIR"
    return f"{HOST} answers ({answer.status_code})"
