"""Methods with one row each: what a user gets who does not look at the labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.comparison import Comparison, Row, compare, rows_of
from scinfovae.tables.document import Cell, Table, line
from scinfovae.tables.formatting import NOTHING
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scinfovae.tables.board import Board

RANKED_BY = ("ari", "nmi")


@dataclass(frozen=True)
class _View:
    """Some rows compared by ARI and NMI; by metric."""

    compared: dict[str, Comparison]

    def means(self, row: Row) -> list[float]:
        return [one.mean(row) for one in self.compared.values()]

    def rank(self, row: Row) -> float:
        return float(np.mean([one.rank(row) for one in self.compared.values()]))

    def texts(self, row: Row, best: float) -> list[str | Cell]:
        rank = self.rank(row)
        return [*(_text(mean, 3) for mean in self.means(row)), Cell(_text(rank, 2), rank == best)]

    def best(self, rows: Iterable[Row]) -> float:
        return min((rank for row in rows if (rank := self.rank(row)) == rank), default=math.nan)


def methods_table(board: Board) -> Table | None:
    """Rank methods by one row each.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line a method, best mean rank in ARI and NMI first: by the labels it assigns itself, or
    else by K-means of its embedding, and beside it by K-means alone. None with fewer than two.
    """
    measures = [name for name in RANKED_BY if name in board.measures]
    full = [row for row in board.rows if board.pool(row) == "full"]
    kmeans = {row[:2]: row for row in full if row[2] == "kmeans"}
    chosen = [*(kmeans | {row[:2]: row for row in full if row[2] == "own"}).values()]
    left = _View({name: _compare(board, name, chosen) for name in measures})
    right = _View({name: _compare(board, name, kmeans.values()) for name in measures})
    shown = [row for row in chosen if any(row in one.scores for one in left.compared.values())]
    if len(shown) < 2:
        return None
    shown.sort(key=lambda row: (math.isnan(left.rank(row)), left.rank(row)))
    beside = {row: kmeans.get(row[:2], row) for row in shown}
    bests = left.best(shown), right.best(beside.values())
    titles = [MEASURES[name].title for name in measures]
    return Table(
        name=file_stem(board, "methods"),
        title=f"Methods ranked with one row each{of_stage(board)}",
        columns=(
            *("method", "labels", *titles, "mean rank"),
            *(f"{title}, K-means" for title in titles),
            "mean rank, K-means",
        ),
        n_heads=2,
        lines=tuple(
            line(
                *board.heads(row),
                *left.texts(row, bests[0]),
                *right.texts(beside[row], bests[1]),
            )
            for row in shown
        ),
        notes=(
            "labels: those that the method assigns itself, else K-means of its embedding; no "
            "clusterer is picked by scores.",
            f"mean rank: over datasets, in {' and '.join(titles)}, among these rows, 1 the best; "
            "on the right K-means of the embedding for every method that has one.",
            *(f"Over {told}." for told in dict.fromkeys(v.told() for v in left.compared.values())),
            *legends(board, (board.entry(row) for row in shown)),
        ),
        data=in_order([_described(board, row, left, right, beside[row]) for row in shown]),
    )


def _compare(board: Board, name: str, rows: Iterable[Row]) -> Comparison:
    """Compare rows by one metric over the datasets that those with default settings share."""
    wanted = set(rows)
    among = board.cells[board.cells["metric"] == name]
    among = among[~among["data"].isin(board.apart)]
    among = among[np.array([row in wanted for row in rows_of(among)], dtype=bool)]
    ranked = [row for row in board.rows if row in wanted and not board.entry(row).control]
    plain = [row for row in ranked if not board.entry(row).variant]
    return compare(among, leading=plain or ranked, ranked=ranked, allow_partial=board.allow_partial)


def _described(board: Board, row: Row, left: _View, right: _View, by_kmeans: Row) -> dict[str, Any]:
    """Lay a line out for machines."""
    told: dict[str, Any] = {**describe(board, row), "stage": board.stage}
    for prefix, view, one in (("", left, row), ("kmeans_", right, by_kmeans)):
        told |= {f"{prefix}{n}": v for n, v in zip(view.compared, view.means(one), strict=True)}
        told[f"{prefix}mean_rank"] = view.rank(one)
    return told


def _text(value: float, digits: int) -> str:
    return NOTHING if math.isnan(value) else f"{value:.{digits}f}"
