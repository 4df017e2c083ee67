"""The runs that sweeps ask for, held against the records that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.columns import NAME, empty_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scinfovae.bench.records.manifest import Manifest


def add_expected(
    rows: Sequence[dict[str, Any]], manifests: Sequence[Manifest]
) -> Iterator[dict[str, Any]]:
    """Note in the rows which sweeps ask for them; give a row for each run that has none.

    Parameters
    ----------
    rows
        One a record; what a killed run could not say of itself is filled in.
    manifests
        What was asked for.

    Yields
    ------
    A row for every run that is asked for and has no record.
    """
    there = {tuple(row[key] for key in NAME): row for row in rows}
    siblings = {row["identity"]: row for row in rows if row["setting"]}
    shared = ("setting", "variant", "data_variant", "preset", "short", "n_clusters")
    missing: dict[tuple[Any, ...], dict[str, Any]] = {}
    for manifest in manifests:
        for run in manifest.runs:
            name = (run.dataset, run.method, run.identity, run.seed)
            row = there.get(name) or missing.get(name)
            if row is None:
                row = missing[name] = empty_row(*name)
                told = ("setting", "variant", "data_variant", "preset", "short")
                row |= {key: getattr(run, key) for key in told}
            sweeps = [*filter(None, row["sweep"].split(",")), manifest.name]
            row["sweep"] = ",".join(dict.fromkeys(sweeps))
            asked = [*row["experiment"].split(","), *manifest.experiment.split(",")]
            row["experiment"] = ",".join(dict.fromkeys(filter(None, asked)))
    for row in (*there.values(), *missing.values()):
        # a run that was killed, or never began, has no configuration of its own
        sibling = siblings.get(row["identity"])
        if sibling is not None and not row["setting"]:
            row |= {key: sibling[key] for key in shared}
    yield from missing.values()
