"""Methods with one row each: what a user gets who does not look at the labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.comparison import Comparison, Row, compare, rows_of
from scinfovae.tables.document import Cell, Table, line
from scinfovae.tables.formatting import NOTHING
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES, clusterer_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scinfovae.tables.board import Board

RANKED_BY = ("ari", "nmi")


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
    kmeans = [row for row in full if row[2] == "kmeans"]
    own = [row for row in full if row[2] == "own"]
    theirs = {row[:2] for row in own}
    chosen = [*own, *(row for row in kmeans if row[:2] not in theirs)]
    views = {
        "chosen": {name: _compare(board, name, chosen) for name in measures},
        "kmeans": {name: _compare(board, name, kmeans) for name in measures},
    }
    shown = [row for row in chosen if any(row in one.scores for one in views["chosen"].values())]
    if not measures or len(shown) < 2:
        return None
    first = {row: _rank(views["chosen"], row) for row in shown}
    second = {row: _rank(views["kmeans"], (*row[:2], "kmeans")) for row in shown}
    shown.sort(key=lambda row: (math.isnan(first[row]), first[row]))
    best = [min((v for v in of.values() if v == v), default=math.nan) for of in (first, second)]
    lines, data = [], []
    for row in shown:
        by_kmeans = (*row[:2], "kmeans")
        means = [views["chosen"][name].mean(row) for name in measures]
        others = [views["kmeans"][name].mean(by_kmeans) for name in measures]
        lines.append(
            line(
                board.entry(row).shown,
                clusterer_title(row[2]),
                *(_score(value) for value in means),
                Cell(_two(first[row]), first[row] == best[0]),
                *(_score(value) for value in others),
                Cell(_two(second[row]), second[row] == best[1]),
            )
        )
        told: dict[str, Any] = dict(zip(measures, means, strict=True))
        told |= {f"kmeans_{name}": v for name, v in zip(measures, others, strict=True)}
        told |= {"mean_rank": first[row], "kmeans_mean_rank": second[row]}
        data.append({**describe(board, row), "stage": board.stage, **told})
    titles = [MEASURES[name].title for name in measures]
    by_name = views["chosen"].values()
    over = dict.fromkeys(one.told() for one in by_name)
    return Table(
        name=file_stem(board, "methods"),
        title=f"Methods ranked with one row each{of_stage(board)}",
        columns=(
            *("method", "labels", *titles, "mean rank"),
            *(f"{title}, K-means" for title in titles),
            "mean rank, K-means",
        ),
        n_heads=2,
        lines=tuple(lines),
        notes=(
            "labels: those that the method assigns itself, else K-means of its embedding; no "
            "clusterer is picked by scores.",
            f"mean rank: over datasets, in {' and '.join(titles)}, among these rows, 1 the best; "
            "on the right K-means of the embedding for every method that has one.",
            *(f"Over {told}." for told in over),
            *legends(board, (board.entry(row) for row in shown)),
        ),
        data=in_order(data),
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


def _rank(by_name: dict[str, Comparison], row: Row) -> float:
    """Average the mean ranks of a row in all metrics."""
    return float(np.mean([one.rank(row) for one in by_name.values()]))


def _score(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:.3f}"


def _two(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:.2f}"
