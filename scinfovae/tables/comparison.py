"""Means and ranks over datasets, taken only where every compared row has a score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.tables.shared import shared_datasets
from scinfovae.tables.statistics import rank_datasets
from scinfovae.tables.variants import collapse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

ROW = ("method", "setting", "clusterer")
Row = tuple[str, str, str]
"""A row of a table: method, setting and clusterer."""


@dataclass(frozen=True)
class Comparison:
    """Rows of a table that are compared over the same datasets.

    Attributes
    ----------
    datasets
        The data that count; variants of one dataset may be among them.
    used
        By dataset the data that stand for it, after variants were collapsed.
    scores
        By row an array of shape (n_datasets,), in the order of `used`.
    outside
        Rows that lack a complete score on some of the data, and so have no mean and no rank.
    partial
        Compared rows with a cell that is not complete; empty unless that was allowed.
    ranks
        By ranked row an array of shape (n_datasets,), 1 the best; empty with fewer than two.
    is_short
        Whether the rows are of short presets, which are compared among themselves.
    """

    datasets: tuple[str, ...]
    used: Mapping[str, tuple[str, ...]]
    scores: Mapping[Row, np.ndarray]
    outside: frozenset[Row] = frozenset()
    partial: frozenset[Row] = frozenset()
    ranks: Mapping[Row, np.ndarray] = field(default_factory=dict)
    is_short: bool = False

    @property
    def n(self) -> int:
        """How many datasets count, variants once."""
        return len(self.used)

    def mean(self, row: Row) -> float:
        """Average a row over the datasets.

        Parameters
        ----------
        row
            The row.

        Returns
        -------
        NaN for a row that is not compared.
        """
        return float(self.scores[row].mean()) if row in self.scores else float("nan")

    def rank(self, row: Row) -> float:
        """Give the mean rank of a row.

        Parameters
        ----------
        row
            The row.

        Returns
        -------
        1 is the best; NaN for a row that is not compared, or if it would be compared with none.
        """
        return float(self.ranks[row].mean()) if row in self.ranks else float("nan")

    def told(self) -> str:
        """Say over which data means and ranks are taken.

        Returns
        -------
        E.g. ``"2 datasets: worm_neuron, 10x_pbmc (10x_pbmc_top2000)"``.
        """
        names = [
            base if used == (base,) else f"{base} ({', '.join(used)})"
            for base, used in self.used.items()
        ]
        return f"{self.n} dataset{'s' * (self.n != 1)}: {', '.join(names) or 'none'}"


def compare(
    cells: pd.DataFrame,
    *,
    leading: Iterable[Row],
    ranked: Iterable[Row],
    allow_partial: bool = False,
    is_short: bool = False,
) -> Comparison:
    """Compare rows over the datasets they share.

    Parameters
    ----------
    cells
        Those of one metric and one stage, of the rows to be compared.
    leading
        The rows that decide which datasets count: methods with their default settings.
    ranked
        The rows that are ranked; controls, for one, have means only.
    allow_partial
        Whether a cell with some of its runs counts.
    is_short
        Kept in the comparison.

    Returns
    -------
    The comparison. The datasets are those for which the number of leading rows that have them
    all, times the number of datasets (variants once), is largest.
    """
    counts = cells["n_done"] > cells["n_undefined"] if allow_partial else cells["complete"]
    known = cells[counts.astype(bool) & cells["mean"].notna()]
    rows = list(dict.fromkeys(rows_of(cells)))
    covered = {row: frozenset[str]() for row in rows}
    for row, data in zip(rows_of(known), known["data"], strict=True):
        covered[row] |= {data}
    base_of = dict(zip(cells["data"], cells["base"], strict=True))
    first = [covered[row] for row in leading if row in covered] or list(covered.values())
    datasets = shared_datasets(first, base_of)
    members = {row for row in rows if datasets and set(datasets) <= covered[row]}
    chosen = known[known["data"].isin(datasets)]
    chosen = chosen[[row in members for row in rows_of(chosen)]] if members else chosen.head(0)
    frame = chosen[["data", "base", *ROW, "mean"]].set_axis(
        ["dataset", "dataset_base", *ROW, "value"], axis="columns"
    )
    collapsed = collapse(frame, by=ROW)
    used = dict(zip(collapsed["dataset_base"], collapsed["datasets"], strict=True))
    place = {base: i for i, base in enumerate(used)}
    scores = {row: np.full(len(used), np.nan) for row in rows if row in members}
    values = zip(collapsed["dataset_base"], collapsed["value"], strict=True)
    for row, (base, value) in zip(rows_of(collapsed), values, strict=True):
        scores[row][place[base]] = value
    partial = rows_of(chosen[~chosen["complete"].astype(bool)])
    among = [row for row in ranked if row in members]
    ranks = rank_datasets(frame_of(scores, among if len(among) > 1 else [])).to_numpy().T
    return Comparison(
        datasets=tuple(datasets),
        used=used,
        scores=scores,
        outside=frozenset(rows) - members,
        partial=frozenset(partial),
        ranks=dict(zip(among, ranks, strict=False)),
        is_short=is_short,
    )


def frame_of(scores: Mapping[Row, np.ndarray], rows: Sequence[Row]) -> pd.DataFrame:
    """Lay scores out for `scinfovae.tables.statistics`.

    Parameters
    ----------
    scores
        By row one score a dataset.
    rows
        The rows that are wanted.

    Returns
    -------
    One line a dataset, one column a row, numbered in their order.
    """
    import pandas as pd

    return pd.DataFrame({place: scores[row] for place, row in enumerate(rows)})


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Read the row of a table that each line of a frame belongs to.

    Parameters
    ----------
    frame
        With the columns ``method``, ``setting`` and ``clusterer``.

    Returns
    -------
    One a line.
    """
    columns = (frame[name].astype(str) for name in ROW)
    return list(zip(*columns, strict=True))
