"""Ours beside what others published: the same method where it exists, and the best there is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from scinfovae.tables.celltext import DIFFERS, legend, score_text
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import NOTHING, number, signed, spread
from scinfovae.tables.layout import describe, in_order, legends
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import COUNTERPARTS, best_published, published_score
from scinfovae.tables.published_rows import is_same_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row
    from scinfovae.tables.published import PublishedScore

PRINTED = ("ari", "nmi", "accuracy")
_THEIRS = ("same method", "difference", "best", "difference")
_NOTES = (
    "same method: the same method and clusterer in a published harness, mean ± sd over its runs; "
    "its preprocessing is its own, so compare it with runs of input=own.",
    "best: the best mean over several runs that was published for the dataset (a harness of 3 "
    "runs, or scCluBench, 5 runs, for accuracy), whatever the method. It was chosen by labels.",
    "difference: ours minus theirs. Sources stand in the CSV file.",
)


def published_table(board: Board) -> Table:
    """Make the table of our scores beside published ones.

    Parameters
    ----------
    board
        The cells of the final stage.

    Returns
    -------
    One line per dataset, row and metric that has a published value; cells that are not complete
    are left out unless that was allowed.
    """
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    shown: list[Row] = []
    cells: list[Mapping[str, Any]] = []
    for one in board.data:
        for name in board.measures:
            best = best_published(board.base(one), name)
            for row in board.rows:
                cell, same = board.cell(name, one, row), _counterpart(board, row, one, name)
                if cell is None or not _counts(cell, board.allow_partial) or not (best or same):
                    continue
                named = {"data": one, "base": board.base(one), **describe(board, row)}
                ours = {k: cell[k] for k in ("mean", "sd", "n_done", "n_expected", "complete")}
                theirs = {**_plain("same", same, cell), **_plain("best", best, cell)}
                score = same or best
                is_same = score is not None and is_same_data(board, one, score)
                data.append({**named, "metric": name, **ours, "same_data": is_same, **theirs})
                if name not in PRINTED:
                    continue
                texts = [score_text(cell, MEASURES[name])]
                texts += _texts(board, one, same, cell) + _texts(board, one, best, cell)
                heads = (one, MEASURES[name].title, *board.heads(row))
                ruled = bool(lines) and lines[-1].cells[0].text != one
                lines.append(line(*heads, *texts, ruled=ruled))
                shown.append(row)
                cells.append(cell)
    columns: tuple[str, ...] = ("dataset", "metric", "method", "clusterer", "ours", *_THEIRS)
    notes = list(_NOTES)
    if all(one.cells[5].text == NOTHING for one in lines):
        # none of these methods has a published counterpart
        columns = columns[:5] + columns[7:]
        lines = [Line(one.cells[:5] + one.cells[7:], one.ruled) for one in lines]
        notes = notes[1:]
    texts = [cell.text for one in lines for cell in one.cells]
    notes += [*legend(cells, texts), *legends(board, (board.entry(row) for row in shown))]
    title = "Ours beside published scores"
    return Table("published", title, columns, 4, tuple(lines), tuple(notes), in_order(data))


def _counterpart(board: Board, row: Row, data: str, metric: str) -> PublishedScore | None:
    """Look up the published score of the same method and clusterer."""
    named = COUNTERPARTS.get((row[0], row[2]))
    return None if named is None else published_score(*named, board.base(data), metric)


def _counts(cell: Mapping[str, Any], allow_partial: bool) -> bool:
    return bool(cell["complete"] or (allow_partial and cell["state"] == "partial"))


def _texts(
    board: Board, data: str, score: PublishedScore | None, cell: Mapping[str, Any]
) -> list[str]:
    """Write a published score and the difference of ours from it, marked if the data differ."""
    if score is None:
        return [NOTHING, NOTHING]
    digits = MEASURES[cell["metric"]].digits
    mark = "" if is_same_data(board, data, score) else f" {DIFFERS}"
    if score.harness in ("harness", "benchmark"):
        told = f"{number(score.mean, digits)} {score.method}"
    else:
        told = spread(score.mean, score.sd, digits)
    return [told + mark, signed(cell["mean"] - score.mean, digits) + mark]


def _plain(prefix: str, score: PublishedScore | None, cell: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out a published score for machines."""
    if score is None:
        return {}
    plain = {f"{prefix}_{key}": value for key, value in dataclasses.asdict(score).items()}
    return {**plain, f"{prefix}_difference": cell["mean"] - score.mean}
