"""Which finished runs count as evidence for or against a claim; what does not count is told."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.data.registry import load_registry
from scinfovae.reproduce.admission import (
    CELL,
    CUSTOM,
    FIGURE4,
    count,
    finished,
    latest_settings,
    of_known_data,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True, eq=False)
class Cell:
    """The runs of one method and setting on one dataset.

    Attributes
    ----------
    dataset, base
        The dataset, and the full one it is a variant of.
    keys
        Dataset, method, identity and seed of every run.
    runs
        Their rows.
    """

    dataset: str
    base: str
    keys: tuple[tuple[Any, ...], ...]
    runs: pd.DataFrame


@dataclass(frozen=True)
class Evidence:
    """The runs that count.

    Attributes
    ----------
    runs
        Their rows out of `scinfovae.bench.records.frame.runs_frame`, with the column ``fraction``
        (share of the cells). Every run of a cell (dataset, method and setting) is here, or none is.
    scores
        Their scores at both stages with the primary labels, as `scores_frame` gives them.
    left_out
        What does not count and why, a sentence each.
    has_failures
        Whether a cell is incomplete because a run failed.
    not_applicable
        Methods that were tried and can be used on none of the data, as where a package is missing.
    """

    runs: pd.DataFrame
    scores: pd.DataFrame
    left_out: tuple[str, ...] = ()
    has_failures: bool = False
    not_applicable: frozenset[str] = frozenset()

    @functools.cached_property
    def lookup(self) -> dict[tuple[Any, ...], tuple[float, float]]:
        """Value and seconds of clustering by run (four names), stage, clusterer and metric."""
        names = (*CELL, "seed", "stage", "clusterer", "metric", "value", "seconds_cluster")
        rows = zip(*(self.scores[name] for name in names), strict=True)
        return {tuple(key): (value, seconds) for *key, value, seconds in rows}

    @functools.cached_property
    def cells(self) -> dict[tuple[str, str, float], list[Cell]]:
        """The cells by method, variant and share of the dataset's cells."""
        found: dict[tuple[str, str, float], list[Cell]] = {}
        known = self.runs[self.runs["dataset"] != FIGURE4]
        for _, runs in known.groupby(CELL, sort=False):
            first = runs.iloc[0]
            keys = tuple(runs[[*CELL, "seed"]].itertuples(index=False, name=None))
            named = "dataset_base" if first["dataset"] == CUSTOM else "dataset"
            cell = Cell(first[named], first["dataset_base"], keys, runs)
            name = (first["method"], first["variant"], first["fraction"])
            found.setdefault(name, []).append(cell)
        return found

    @functools.cached_property
    def own_labels(self) -> frozenset[str]:
        """Methods that assign clusters themselves."""
        return frozenset(self.scores.loc[self.scores["clusterer"] == "own", "method"])


def gather(runs: pd.DataFrame, scores: pd.DataFrame, *, own_files: bool = False) -> Evidence:
    """Sort out what counts.

    Runs of short presets, on other data than the registered ones, and of cells that are not
    finished over all their seeds do not count. Of a method whose code has changed in between,
    only the setting that ran last does.

    Parameters
    ----------
    runs, scores
        What `runs_frame` and `scores_frame` give.
    own_files
        Let labelled files of the user count, each as a dataset.

    Returns
    -------
    The evidence.
    """
    told: list[str] = []
    kept = of_known_data(runs, told, own_files=own_files)
    short = kept["short"].astype(bool)
    if short.any():
        told.append(f"{count(short.sum())} of short presets, which are no evidence")
    kept = kept[~short]
    has_failures = not kept["status"].isin(("ok", "missing", "not_applicable")).all()
    unusable = set(kept.loc[kept["status"] == "not_applicable", "method"])
    kept = finished(kept, told)
    unusable -= set(kept["method"])
    kept = latest_settings(kept, told)
    kept = kept.drop_duplicates([*CELL, "seed"])
    names = set(kept[[*CELL, "seed"]].itertuples(index=False, name=None))
    primary: dict[tuple[Any, ...], str] = {}
    counts = []
    for key, *rest in zip(
        *(scores[column] for column in ("label_key", *CELL, "seed")), strict=True
    ):
        run = tuple(rest)
        if key and run[0] == CUSTOM:
            primary.setdefault(run, key)  # the first of a record
        wanted = primary.get(run, primary_label(run[0]))
        counts.append(key in ("", wanted) and run in names)
    known = rows_where(scores, counts)
    return Evidence(kept, known, tuple(told), has_failures, frozenset(unusable))


def rows_where(frame: pd.DataFrame, flags: Sequence[bool]) -> pd.DataFrame:
    """Choose rows, also where there are none to choose from.

    Parameters
    ----------
    frame
        Any table.
    flags
        One a row.

    Returns
    -------
    The rows whose flag is set.
    """
    import numpy as np

    return frame.loc[np.array(flags, dtype=bool)]


def primary_label(dataset: str) -> str:
    """Name the reference labels by which a registered dataset is scored.

    Parameters
    ----------
    dataset
        The dataset.

    Returns
    -------
    Their key; empty for data without.
    """
    spec = load_registry().get(dataset)
    return "" if spec is None else spec.label_key


def cells_of(
    evidence: Evidence, method: str, variant: str = "", fraction: float = 1.0
) -> list[Cell]:
    """List the cells of one method, those of Fig. 4 aside.

    Parameters
    ----------
    evidence
        What counts.
    method, variant
        The method, and how it differs from its defaults.
    fraction
        Share of the cells of the dataset.

    Returns
    -------
    One for every dataset, and for every draw of a share of it.
    """
    return evidence.cells.get((method, variant, fraction), [])
