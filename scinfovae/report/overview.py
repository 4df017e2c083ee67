"""What was run and what is missing: counts, the grid of data and methods, and sweeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.report.commands import sweep_command
from scinfovae.tables.accounting import count_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from scinfovae.bench.records.manifest import Manifest
    from scinfovae.report.grid import Head
    from scinfovae.report.groups import RunGroup


@dataclass(frozen=True)
class CoverageRow:
    """One method with its runs on all data.

    Attributes
    ----------
    head
        The method.
    groups
        By data, in the order of the columns; None where nothing was asked for.
    """

    head: Head
    groups: tuple[RunGroup | None, ...]


@dataclass(frozen=True)
class Sweep:
    """What became of the runs of one sweep."""

    name: str
    experiment: str
    command: str
    created: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Overview:
    """What was run.

    Attributes
    ----------
    counts
        Runs by how they ended, and how many of them are of short presets (``n_short``).
    n_datasets, n_methods, n_seeds
        How many there are.
    first, last
        The days of the first and the last run.
    versions
        Of the project.
    data, coverage
        Columns and rows of the grid.
    unwell
        Groups with runs that failed or are missing.
    short
        Names of short presets.
    sweeps
        The sweeps that asked for runs.
    remedies
        Commands that do all that failed or is missing, where they are known.
    n_paper, never_asked
        How many datasets the paper has, and those of them of which nothing was asked for here.
    """

    counts: Mapping[str, int]
    n_datasets: int
    n_methods: int
    n_seeds: int
    first: str
    last: str
    versions: tuple[str, ...]
    data: tuple[str, ...]
    coverage: tuple[CoverageRow, ...]
    unwell: tuple[RunGroup, ...]
    short: tuple[str, ...]
    sweeps: tuple[Sweep, ...]
    remedies: tuple[str, ...]
    n_paper: int
    never_asked: tuple[str, ...]


def make_overview(
    runs: pd.DataFrame, groups: Sequence[RunGroup], manifests: Sequence[Manifest]
) -> Overview:
    """Say what was run.

    Parameters
    ----------
    runs
        Rows of the frame of runs, with the column ``data``.
    groups
        What `scinfovae.report.groups.make_groups` gives.
    manifests
        What sweeps asked for, where that is known.

    Returns
    -------
    The overview.
    """
    from scinfovae.data.registry import group_members

    paper, known = group_members("paper15"), set(runs["dataset_base"])
    short = runs[runs["short"].astype(bool)]
    started = sorted(day for text in runs["started"] if (day := text[:10]))
    data = tuple(dict.fromkeys(group.data for group in groups))
    by_method: dict[Head, dict[str, RunGroup]] = {}
    for group in groups:
        by_method.setdefault(group.head, {})[group.data] = group
    sweeps = _sweeps(runs, manifests)
    unfinished = [one for one in sweeps if one.counts["n_failed"] or one.counts["n_missing"]]
    return Overview(
        counts={**count_runs(runs), "n_short": len(short)},
        n_datasets=len(data),
        n_methods=runs["method"].nunique(),
        n_seeds=runs["seed"].nunique(),
        first=started[0] if started else "",
        last=started[-1] if started else "",
        versions=tuple(sorted(filter(None, runs["version"].unique()))),
        data=data,
        coverage=tuple(
            CoverageRow(head, tuple(found.get(one) for one in data))
            for head, found in by_method.items()
        ),
        unwell=tuple(g for g in groups if g.counts["n_failed"] or g.counts["n_missing"]),
        short=tuple(sorted(filter(None, short["preset"].unique()))),
        sweeps=tuple(sweeps),
        remedies=tuple(dict.fromkeys(one.command for one in unfinished if one.command)),
        n_paper=len(paper),
        never_asked=tuple(name for name in paper if name not in known),
    )


def _sweeps(runs: pd.DataFrame, manifests: Sequence[Manifest]) -> list[Sweep]:
    known = {manifest.name: manifest for manifest in manifests}
    members: dict[str, list[int]] = {}
    for place, names in enumerate(runs["sweep"]):
        for name in filter(None, names.split(",")):
            members.setdefault(name, []).append(place)
    sweeps = []
    for name, places in members.items():
        counts, manifest = count_runs(runs.iloc[places]), known.get(name)
        experiment = manifest.experiment if manifest else ""
        command = sweep_command(manifest, retry=counts["n_failed"] > 0) if manifest else ""
        created = manifest.created[:10] if manifest else ""
        sweeps.append(Sweep(name, experiment, command, created, counts))
    return sorted(sweeps, key=lambda one: (one.created, one.name))
