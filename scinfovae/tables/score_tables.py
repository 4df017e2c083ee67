"""One table a metric: datasets across, methods and clusterers down, means and ranks at the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scinfovae.tables.celltext import legend, mean_text, rank_text, score_text
from scinfovae.tables.document import Cell, Table, line
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES, Measure
from scinfovae.tables.published_rows import published_data, published_lines

if TYPE_CHECKING:
    import pandas as pd

    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Comparison, Row

_TIE = 1e-12


def score_table(board: Board, name: str) -> Table:
    """Make the table of one metric.

    Parameters
    ----------
    board
        The cells of one stage.
    name
        The metric.

    Returns
    -------
    The table; its data hold one row per cell, with every count.
    """
    measure = MEASURES[name]
    rows = [row for row in board.rows if any(board.cell(name, d, row) for d in board.data)]
    data = [d for d in board.data if any(board.cell(name, d, row) for row in rows)]
    best = {d: _best(board, measure, d, rows) for d in data}
    full = board.comparison_of(name, "full")
    has_mean = any(board.comparison(name, row).n > 1 for row in rows)
    has_rank = measure.is_comparable and any(
        math.isfinite(board.comparison(name, row).rank(row)) for row in rows
    )
    ends = ["mean"] * has_mean + ["mean rank" if has_mean else "rank"] * has_rank
    lines = []
    for place, row in enumerate(rows):
        texts = [score_text(board.cell(name, d, row), measure) for d in data]
        cells = [Cell(t, row in best[d]) for t, d in zip(texts, data, strict=True)]
        compared = board.comparison(name, row)
        ending = [mean_text(compared, row, measure)] * has_mean
        ending += [rank_text(compared, row)] * has_rank
        ruled = place > 0 and rows[place - 1][:2] != row[:2]
        lines.append(line(*board.heads(row), *cells, *ending, ruled=ruled))
    published = published_lines(board, measure, data, len(ends))
    lines += published
    shown = [c for d in data for row in rows if (c := board.cell(name, d, row)) is not None]
    notes = legend(shown, [cell.text for one in lines for cell in one.cells])
    notes += _told(board, measure, rows, full)
    if published:
        notes.append(
            "[published]: printed by the repository of graph-sc; never ranked, never bold."
        )
    return Table(
        name=file_stem(board, name),
        title=f"{measure.title} by dataset, method and clusterer{of_stage(board)}",
        columns=("method", "clusterer", *data, *ends),
        n_heads=2,
        lines=tuple(lines),
        notes=tuple(notes),
        data=score_data(board, name, data),
    )


def _best(board: Board, measure: Measure, data: str, rows: list[Row]) -> set[Row]:
    """Find the best complete cells of a column, of what is compared; none if only one is."""
    means = {}
    for row in rows:
        cell, entry = board.cell(measure.name, data, row), board.entry(row)
        if cell is not None and cell["complete"] and not (entry.short or entry.control):
            means[row] = cell["mean"]
    if len(means) < 2 or not measure.is_comparable:
        return set()
    top = max(means.values())
    return {row for row, mean in means.items() if mean >= top - _TIE}


def _told(board: Board, measure: Measure, rows: list[Row], full: Comparison) -> list[str]:
    """Say what means and ranks stand on, and what labels abbreviate."""
    notes = []
    ends = ["mean"] * (full.n > 1)
    ends += ["mean rank" if ends else "rank"] * measure.is_comparable
    if ends and (full.n > 1 or full.ranks):
        heads = " and ".join(ends).capitalize()
        notes.append(f"{heads} over {full.told()}; variants of one dataset count once.")
    if board.apart & {d for d in board.data if any(board.cell(measure.name, d, r) for r in rows)}:
        notes.append("Simulated data enter no mean and no rank beside real ones.")
    if full.outside and full.n:
        n = len(full.outside)
        told = "1 row has" if n == 1 else f"{n} rows have"
        notes.append(f"{told} no mean and no rank: not complete on all of them.")
    short = board.comparison_of(measure.name, "short")
    if any(board.entry(row).short for row in rows):
        over = f", over {short.told()}" if short.n else ""
        notes.append(
            "[short]: a preset with few epochs; such rows are compared among themselves only "
            f"(s){over}."
        )
    if any(board.entry(row).control for row in rows):
        notes.append("[control]: bounds the scale; never ranked, never bold.")
    if not measure.is_comparable:
        notes.append(
            "Computed in each method's own embedding: values of two methods have no common scale, "
            "so none is bold or ranked. Compare methods in the common space."
        )
    keys = {
        c["data"]: c["label_key"]
        for row in rows
        for d in board.data
        if (c := board.cell(measure.name, d, row)) is not None and c["label_key"]
    }
    several = {d: k for d, k in keys.items() if len(board.records.labellings[d].keys) > 1}
    notes += [f"{d} is scored against its labels '{k}'." for d, k in several.items()]
    return notes + legends(board, (board.entry(row) for row in rows))


def score_data(board: Board, name: str, data: list[str]) -> pd.DataFrame:
    """Lay out the cells of one metric for machines.

    Parameters
    ----------
    board
        The cells of one stage.
    name
        The metric.
    data
        The columns of the table, for the published rows.

    Returns
    -------
    One row a cell: ours first, then published ones, told apart by the column ``kind``.
    """
    rows = [
        {**describe(board, row), **cell, "kind": "measured"}
        for row in board.rows
        for one in board.data
        if (cell := board.cell(name, one, row)) is not None
    ]
    return in_order([*rows, *published_data(board, name, data)])
