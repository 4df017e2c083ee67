"""Means and mean ranks of every metric over datasets, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.tables.celltext import PARTIAL_MEAN, mean_text, rank_text
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import NOTHING
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row


def summary_table(board: Board) -> Table:
    """Make the table of means over datasets.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line a row, one column a metric; for machines one row per row and metric.
    """
    data = [
        {
            **_named(board, row, name),
            "mean": compared.mean(row),
            "mean_rank": compared.rank(row),
            "n_datasets": compared.n,
            "datasets": "; ".join(one for used in compared.used.values() for one in used),
            "compared": row in compared.scores,
            "partial": row in compared.partial,
        }
        for row in board.rows
        for name in board.measures
        for compared in [board.comparison(name, row)]
    ]

    def text(name: str, row: Row) -> str:
        return mean_text(board.comparison(name, row), row, MEASURES[name])

    title = f"Mean over datasets{of_stage(board)}"
    return _table(board, "summary", title, board.measures, text, data)


def ranks_table(board: Board) -> Table:
    """Make the table of mean ranks over datasets.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line a row, one column a metric by which methods can be compared; for machines the rank on
    every dataset and its mean.
    """
    data = []
    comparable = tuple(name for name in board.measures if MEASURES[name].is_comparable)
    for name in comparable:
        for row in board.rows:
            compared = board.comparison(name, row)
            if row not in compared.ranks:
                continue
            data += [
                {
                    **_named(board, row, name),
                    "dataset_base": base,
                    "datasets": "; ".join(compared.used[base]),
                    "rank": rank,
                    "mean_rank": compared.rank(row),
                    "n_ranked": len(compared.ranks),
                    "n_datasets": compared.n,
                    "partial": row in compared.partial,
                }
                for base, rank in zip(compared.used, compared.ranks[row], strict=True)
            ]

    def text(name: str, row: Row) -> str:
        return rank_text(board.comparison(name, row), row)

    title = f"Mean rank over datasets, 1 the best{of_stage(board)}"
    notes = ("Ties share the mean of their ranks.",)
    return _table(board, "ranks", title, comparable, text, data, notes)


def _named(board: Board, row: Row, metric: str) -> dict[str, Any]:
    return {**describe(board, row), "stage": board.stage, "metric": metric}


def _table(
    board: Board,
    name: str,
    title: str,
    measures: tuple[str, ...],
    text: Callable[[str, Row], str],
    data: list[dict[str, Any]],
    notes: tuple[str, ...] = (),
) -> Table:
    """Lay one text per row and metric out, rows without any left out."""
    lines: list[Line] = []
    shown: list[Row] = []
    for row in board.rows:
        texts = [text(measure, row) for measure in measures]
        if any(one != NOTHING for one in texts):
            ruled = bool(shown) and shown[-1][:2] != row[:2]
            lines.append(line(*board.heads(row), *texts, ruled=ruled))
            shown.append(row)
    texts = [cell.text for one in lines for cell in one.cells]
    told = [*notes, *_over(board, measures, shown)]
    if any(PARTIAL_MEAN in one for one in texts):
        told.append(f"{PARTIAL_MEAN}: holds cells that are not complete (--allow-partial).")
    if NOTHING in texts:
        told.append(f"{NOTHING}: not complete on all of these datasets, or not comparable.")
    n_left = len(board.rows) - len(shown)
    if n_left:
        told.append(f"{n_left} of {len(board.rows)} rows are complete on too few datasets.")
    return Table(
        name=file_stem(board, name),
        title=title,
        columns=("method", "clusterer", *(MEASURES[measure].title for measure in measures)),
        n_heads=2,
        lines=tuple(lines),
        notes=(*told, *legends(board, (board.entry(row) for row in shown))),
        data=in_order(data),
    )


def _over(board: Board, measures: tuple[str, ...], rows: list[Row]) -> list[str]:
    """Say over which datasets each pool and metric is compared."""
    notes = []
    for pool, mark in (("full", ""), ("short", "[short] rows, compared among themselves: ")):
        if not any(board.pool(row) == pool for row in rows):
            continue
        by_told: dict[str, list[str]] = {}
        for name in measures:
            compared = board.comparison_of(name, pool)  # type: ignore[arg-type]
            by_told.setdefault(compared.told(), []).append(MEASURES[name].title)
        for told, titles in by_told.items():
            over = "over" if mark else "Over"
            of = over if len(by_told) == 1 else f"{', '.join(titles)}: over"
            notes.append(f"{mark}{of} {told}.")
    if any(MEASURES[name].space == "own" for name in measures):
        notes.append("(own): each method's own embedding; no common scale between methods.")
    if any(board.entry(row).control for row in rows):
        notes.append("[control]: bounds the scale; never ranked.")
    return notes
