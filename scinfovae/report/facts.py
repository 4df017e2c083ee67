"""What is known of the runs of one group beside their scores."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.scrub import scrub_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.tables.board import Entry


def problems_of(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say why seeds did not end well, those with the same reason together.

    Parameters
    ----------
    runs
        Rows of the frame of runs, of one method with one setting on the same data.

    Returns
    -------
    A sentence a reason.
    """
    seeds: dict[str, list[str]] = {}
    for run in runs:
        if run["status"] in ("ok", "missing"):
            continue
        where = f" at {run['stage']}" if run["stage"] else ""
        message = scrub_text(" ".join(str(run["message"]).split()))
        told = f"{run['status'].replace('_', ' ')}{where}" + (f": {message}" if message else "")
        seeds.setdefault(told, []).append(str(run["seed"]))
    return [f"seed {', '.join(members)}: {told}" for told, members in seeds.items()]


def facts_of(runs: Sequence[Mapping[str, Any]], entry: Entry) -> list[tuple[str, str]]:
    """Name what a reader may look for; several values of one fact are all told.

    Parameters
    ----------
    runs
        As in `problems_of`.
    entry
        Their method with its setting.

    Returns
    -------
    Name and value.
    """
    made = [run for run in runs if run["status"] != "missing"]
    sizes = [
        f"{run['n_cells']:.0f} cells × {run['n_genes']:.0f} genes, K = {run['n_clusters']:.0f}"
        for run in made
        if all(math.isfinite(run[name]) for name in ("n_cells", "n_genes", "n_clusters"))
    ]
    commits = [
        f"scinfovae {run['version']}"
        + (f", commit {run['git_commit'][:10]}" if run["git_commit"] else "")
        for run in made
        if run["version"]
    ]
    facts = {
        "preset": [entry.preset],
        "differs from the defaults": [scrub_text(entry.variant)],
        "data": [scrub_text(run["data_variant"]) for run in runs],
        "prepared": sizes,
        "data hash": [run["content_hash"] for run in made],
        "identity": [run["identity"] for run in runs],
        "setting": [entry.setting],
        "made by": commits,
        "asked for by": [run["sweep"] for run in runs],
    }
    joined = [(key, ", ".join(dict.fromkeys(filter(None, all_)))) for key, all_ in facts.items()]
    return [(key, value) for key, value in joined if value]


def choices_of(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the configuration of method and preprocessing.

    Parameters
    ----------
    runs
        As in `problems_of`.

    Returns
    -------
    Each ``key=value``.
    """
    from scinfovae.bench.planning.config import flatten

    known = (json.loads(run["config"]) for run in runs)
    config: dict[str, Any] = next((one for one in known if one), {})
    told = []
    for group in ("method", "preprocessing"):
        tree = config.get(group)
        leaves = flatten(group, tree) if isinstance(tree, dict) else {}
        leaves.pop(f"{group}.name", None)
        told += [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in leaves.items()]
    return [scrub_text(one) for one in told]
