"""The bars of one metric: what each stands on, its rank, and published values beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.figures.rows import seed_values, shown_rows
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import COUNTERPARTS, ONLY_PUBLISHED, published_score
from scinfovae.tables.published_rows import HARNESS
from scinfovae.tables.statistics import rank_datasets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.figures.material import Material
    from scinfovae.figures.panels import Panel
    from scinfovae.tables.board import Board, Entry
    from scinfovae.tables.comparison import Row
    from scinfovae.tables.published import PublishedScore

    Bars = Mapping[tuple[Panel, Row], "Bar"]
    Foreign = Mapping[tuple[Panel, str], PublishedScore | None]


@dataclass
class Bar:
    """One line of one panel.

    Attributes
    ----------
    cell
        What `make_cells` says of it; None where nothing is expected.
    values
        By seed.
    rank, n_ranked
        Its place in the panel, 1 the best; NaN where it is not ranked.
    published
        What the same method scored elsewhere.
    same_data
        Whether that was on the same data.
    """

    cell: dict[str, Any] | None = None
    values: dict[int, float] = field(default_factory=dict)
    rank: float = math.nan
    n_ranked: int = 0
    published: PublishedScore | None = None
    same_data: bool = True


def rows_with_scores(
    board: Board | None, material: Material, panels: Sequence[Panel], metric: str
) -> list[Row]:
    """Take the rows of which a cell is in one of the panels.

    Parameters
    ----------
    board
        The cells; None if there is no run.
    material
        With the words.
    panels
        Those of the figure.
    metric
        What is drawn.

    Returns
    -------
    The rows.
    """
    if board is None:
        return []
    data = [panel.data for panel in panels if panel.data]
    rows = shown_rows(board, material)
    return [row for row in rows if any(board.cell(metric, one, row) for one in data)]


def published_methods(panels: Sequence[Panel], metric: str) -> list[str]:
    """Take the methods of which only published scores exist.

    Parameters
    ----------
    panels
        Those of the figure.
    metric
        What is drawn.

    Returns
    -------
    Their names.
    """
    return [
        name
        for name in ONLY_PUBLISHED
        if any(published_score(HARNESS, name, panel.base, metric) for panel in panels)
    ]


def bars_of(board: Board | None, panel: Panel, rows: Sequence[Row], metric: str) -> dict[Row, Bar]:
    """Collect the lines of a panel, with the ranks of what is complete.

    Parameters
    ----------
    board
        The cells; None if there is no run.
    panel
        One dataset.
    rows
        Those of the figure.
    metric
        What is drawn.

    Returns
    -------
    A bar for every row; without ranks where values of two methods have no common scale.
    """
    import pandas as pd

    bars = {row: Bar() for row in rows}
    if board is None:
        return bars
    for row, bar in bars.items():
        named = COUNTERPARTS.get((row[0], row[2]))
        bar.published = published_score(*named, panel.base, metric) if named else None
        bar.same_data = is_same(panel, bar.published)
        if panel.data is not None and (cell := board.cell(metric, panel.data, row)):
            bar.cell = dict(cell)
            bar.values = seed_values(board, metric, panel.data, row)
    if not MEASURES[metric].is_comparable:
        return bars
    for is_short in (False, True):  # short presets are compared among themselves only
        among = [
            bar
            for row, bar in bars.items()
            if _is_ranked(board.entry(row), bar) and board.entry(row).short == is_short
        ]
        means = [bar.cell["mean"] for bar in among if bar.cell]
        ranks = rank_datasets(pd.DataFrame([means])).to_numpy()[0]
        for bar, rank in zip(among, ranks, strict=True):
            bar.rank, bar.n_ranked = float(rank), len(among)
    return bars


def _is_ranked(entry: Entry, bar: Bar) -> bool:
    return bar.cell is not None and bool(bar.cell["complete"]) and not entry.control


def is_same(panel: Panel, score: PublishedScore | None) -> bool:
    """Tell whether a published score is of the data of a panel.

    Parameters
    ----------
    panel
        One dataset.
    score
        What was published.

    Returns
    -------
    False beside a variant of the dataset, or where part of the cells was scored.
    """
    partial = score is not None and score.remark.startswith("scored on")
    return panel.data in (None, panel.base) and not partial
