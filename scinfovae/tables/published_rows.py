"""Lines of methods of which only published scores exist, beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.tables.celltext import DIFFERS
from scinfovae.tables.document import Line, line
from scinfovae.tables.formatting import NOTHING, spread
from scinfovae.tables.published import ONLY_PUBLISHED, published_score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scinfovae.tables.board import Board
    from scinfovae.tables.measures import Measure
    from scinfovae.tables.published import PublishedScore

HARNESS = "graph-sc"


def published_lines(board: Board, measure: Measure, data: Sequence[str], n_ends: int) -> list[Line]:
    """Make a line for each method that is only published.

    Parameters
    ----------
    board
        The cells of one stage; there are none for the pretrained one.
    measure
        The metric.
    data
        The columns.
    n_ends
        How many columns follow them, left empty: published rows are not ranked.

    Returns
    -------
    The lines; values of other data than ours are marked.
    """
    found: dict[str, dict[str, str]] = {}
    for method, one, score in _scores(board, measure.name, data):
        mark = "" if is_same_data(board, one, score) else f" {DIFFERS}"
        found.setdefault(method, {})[one] = spread(score.mean, score.sd, measure.digits) + mark
    lines = []
    for place, (method, texts) in enumerate(found.items()):
        cells = [texts.get(one, NOTHING) for one in data]
        label = f"{ONLY_PUBLISHED[method]} [published]"
        lines.append(line(label, "own", *cells, *[NOTHING] * n_ends, ruled=place == 0))
    return lines


def published_data(board: Board, metric: str, data: Sequence[str]) -> list[dict[str, Any]]:
    """Lay out the same for machines.

    Parameters
    ----------
    board, metric, data
        As in `published_lines`.

    Returns
    -------
    One row a cell.
    """
    return [
        {
            "data": one,
            "base": board.base(one),
            "method": method,
            "label": ONLY_PUBLISHED[method],
            "clusterer": "own",
            "metric": metric,
            "mean": score.mean,
            "sd": score.sd,
            "n_done": score.n,
            "kind": "published",
            "same_data": is_same_data(board, one, score),
            "source": score.source,
        }
        for method, one, score in _scores(board, metric, data)
    ]


def is_same_data(board: Board, data: str, score: PublishedScore) -> bool:
    """Tell whether a published score is of the same data as ours.

    Parameters
    ----------
    board
        The cells.
    data
        Our data.
    score
        The published score.

    Returns
    -------
    False for a variant of the dataset, or where the harness scored part of the cells.
    """
    return data == board.base(data) and not score.remark.startswith("scored on")


def _scores(
    board: Board, metric: str, data: Sequence[str]
) -> Iterator[tuple[str, str, PublishedScore]]:
    for method in ONLY_PUBLISHED if board.stage == "final" else ():
        for one in data:
            score = published_score(HARNESS, method, board.base(one), metric)
            if score is not None:
                yield method, one, score
