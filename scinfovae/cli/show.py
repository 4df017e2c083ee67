"""All that is known of one run, for people or for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import finite
from scinfovae.cli.render import duration, number, size, table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def show_run(run: pd.Series, root: Path, *, as_json: bool) -> None:
    """Print a run: configuration, status, scores, provenance, and the command that repeats it.

    Parameters
    ----------
    run
        A row of the frame of runs.
    root
        The results folder.
    as_json
        For machines: the contents of the files.
    """
    from scinfovae.bench.planning.repeat import command_of

    files = {part: json.loads(run[part]) for part in ("config", "provenance", "metrics")}
    command = command_of(files["config"], str(root)) if files["config"] else ""
    if as_json:
        facts = {key: value for key, value in run.items() if key not in files}
        print(json.dumps(finite({**facts, **files, "repeat": command}), indent=1))
        return
    _heading(run, root)
    _scores(files["metrics"])
    _provenance(run, files["provenance"])
    if files["config"]:
        import yaml

        print("\nconfiguration:")
        print(yaml.safe_dump(files["config"], sort_keys=False), end="")
    if command:
        print(f"\nto do it again:\n  {command}")


def _heading(run: pd.Series, root: Path) -> None:
    print(f"{run['dataset']} × {run['method']}, seed {run['seed']}")
    marks = [run["data_variant"], run["variant"], f"preset {run['preset']}" * bool(run["preset"])]
    marks.append("short preset, not for comparison" * bool(run["short"]))
    marks.append("COLLAPSED" * bool(run["collapsed"]))
    told = ", ".join(filter(None, marks))
    if told:
        print(told)
    where = f" at {run['stage']}" if run["stage"] else ""
    print(f"status: {run['status']}{where}{': ' if run['message'] else ''}{run['message']}")
    print(f"identity: {run['identity']}, setting: {run['setting'] or 'unknown'}")
    if run["sweep"]:
        print(f"asked for by: {run['sweep']}")
    without = "none" if run["status"] == "missing" else "none here, it was imported"
    print(f"record: {root / run['folder'] if run['folder'] else without}")


def _scores(metrics: dict[str, Any]) -> None:
    """Print every score of the record, one line a clustering and labelling."""
    from scinfovae.bench.records.frame import METRICS

    rows = []
    for entry in metrics.get("clusterings", []):
        internal = entry.get("internal") or {}
        for label_key, external in (entry.get("external") or {"": {}}).items():
            values = {**external, **internal}
            scores = (number(values.get(metric)) for metric in METRICS)
            rows.append((entry["stage"], entry["key"], label_key, *scores))
    if rows:
        print()
        table("", ("stage", "clusterer", "labels", *METRICS), rows)


def _provenance(run: pd.Series, provenance: dict[str, Any]) -> None:
    if not provenance:
        return
    git = provenance.get("git") or {}
    commit = f", commit {run['git_commit'][:10]}" if run["git_commit"] else ""
    changed = " (with changes)" if git.get("changed") else ""
    print(f"\nmade by scinfovae {run['version']}{commit}{changed}, {run['started']}")
    numerics = provenance.get("numerics") or {}
    print(
        f"on {run['device']}, {number(run['threads'], 0)} threads, "
        f"{number(run['stack_width'], 0)} seeds at once; numerics {run['numerics']}"
    )
    packages = numerics.get("packages") or {}
    print("packages: " + ", ".join(f"{name} {version}" for name, version in packages.items()))
    seconds = provenance.get("seconds") or {}
    print("time: " + ", ".join(f"{key} {duration(value)}" for key, value in seconds.items()))
    peak = provenance.get("peak_memory_bytes") or {}
    print("peak memory: " + ", ".join(f"{size(value)} ({key})" for key, value in peak.items()))
    print(f"command: {provenance.get('command', '')}")
