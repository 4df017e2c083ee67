"""The numbers beside a figure of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.figures.bars import is_same
from scinfovae.figures.rows import row_name
from scinfovae.tables.layout import describe, in_order
from scinfovae.tables.published import ONLY_PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from scinfovae.figures.bars import Bars, Foreign
    from scinfovae.figures.panels import Panel
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row
    from scinfovae.tables.published import PublishedScore


def bar_data(
    board: Board | None,
    panels: Sequence[Panel],
    rows: Sequence[Row],
    bars: Bars,
    published: Sequence[str],
    foreign: Foreign,
    metric: str,
) -> pd.DataFrame:
    """Lay out every number that is drawn.

    Parameters
    ----------
    board
        The cells; None if there is no run.
    panels, rows
        Those of the figure.
    bars
        By panel and row.
    published, foreign
        Methods that are only published, and their scores by panel and name.
    metric
        What is drawn.

    Returns
    -------
    One row a bar or published marker, told apart by ``kind``; a panel without runs has a row of
    kind ``not run``.
    """
    found: list[dict[str, Any]] = []
    for panel in panels:
        named = {"panel": panel.title, "base": panel.base, "data": panel.data, "metric": metric}
        if panel.data is None:
            found.append({**named, "kind": "not run"})
        for row in rows:
            bar = bars[panel, row]
            if board is not None and bar.cell is not None:
                told = {"label": row_name(board, row), "kind": "measured", "rank": bar.rank}
                own = {**bar.cell, **describe(board, row), **told, "n_ranked": bar.n_ranked}
                found.append({**own, **named, "values": joined(bar.values)})
            if board is not None and bar.published:
                theirs = _plain(bar.published, row[0], bar.same_data)
                found.append(
                    {**named, **theirs, "label": row_name(board, row), "clusterer": row[2]}
                )
        for name in published:
            if score := foreign[panel, name]:
                label = {"label": ONLY_PUBLISHED[name], "clusterer": "own"}
                found.append({**named, **_plain(score, name, is_same(panel, score)), **label})
    return in_order(found)


def _plain(score: PublishedScore, method: str, same_data: bool) -> dict[str, Any]:
    numbers = {"mean": score.mean, "sd": score.sd, "n_done": score.n}
    where = {"same_data": same_data, "source": score.source}
    return {"method": method, "kind": "published", **numbers, **where}


def joined(values: Mapping[int, float]) -> str:
    """Write the scores of single seeds into one cell.

    Parameters
    ----------
    values
        By seed.

    Returns
    -------
    All digits, with semicolons between.
    """
    return ";".join(repr(value) for value in values.values())
