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

    from scinfovae.data.request import DatasetRequest

SUMMARY = "Check versions, GPU, threads, disk, datasets at hand and the network."
EXAMPLES = """\
examples:
  scinfovae-bench doctor
  scinfovae-bench doctor --offline --json
  scinfovae-bench doctor data.mirror=DIR
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
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "versions": dict(package_versions()),
        "git": git_state(),
        **_hardware(),
        "results": _folder(recipe.settings.results.dir),
        **_data(recipe.dataset),
        "network": "not tried" if args.offline else _network(recipe.dataset.mirror),
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


def _data(request: DatasetRequest) -> dict[str, Any]:
    """Tell which datasets lie in the cache, which in the mirror, and which in neither."""
    cache, mirror = request.cache_dir, request.mirror
    cached = _held(cache, None)
    mirrored = [] if mirror is None else _held(cache, mirror)
    absent = [name for name in load_registry() if name not in {*cached, *mirrored}]
    facts: dict[str, Any] = {
        "data_cache": {**_folder(cache), "present": cached, "absent": absent},
        "data_mirror": None,
    }
    if mirror is not None:
        there = mirror.is_dir()
        facts["data_mirror"] = {"folder": str(mirror), "exists": there, "present": mirrored}
    return facts


def _held(cache: Path, mirror: Path | None) -> list[str]:
    from scinfovae.bench.running.files_at_hand import file_at_hand

    specs = load_registry().values()
    return [spec.name for spec in specs if file_at_hand(spec, cache, mirror) is not None]


def _network(mirror: Path | None) -> str:
    """Try the host that most datasets come from."""
    import requests

    try:
        answer = requests.head(HOST, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        advice = "; use data.mirror=DIR" if mirror is None else ""
        return f"{HOST} not reached ({type(error).__name__}){advice}"
    return f"{HOST} answers ({answer.status_code})"
