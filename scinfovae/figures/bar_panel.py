"""One panel of bars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.figures.bar_axes import is_logarithmic
from scinfovae.figures.bars import is_same
from scinfovae.figures.colours import CLUSTERER_HATCHES, OURS, look
from scinfovae.figures.style import INK, MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.bars import Bar, Bars, Foreign
    from scinfovae.figures.panels import Panel
    from scinfovae.tables.comparison import Row
    from scinfovae.tables.published import PublishedScore


def draw_panel(
    axes: Axes,
    panel: Panel,
    rows: Sequence[Row],
    bars: Bars,
    published: Sequence[str],
    foreign: Foreign,
    metric: str,
) -> None:
    """Draw the lines of one panel from top to bottom.

    Parameters
    ----------
    axes
        The panel.
    panel
        Its dataset.
    rows, bars
        Methods with their clusterers, and what is drawn of each.
    published, foreign
        Methods that are only published, and their scores.
    metric
        What is drawn.
    """
    for place, row in enumerate(rows):
        bar = bars[panel, row]
        _draw_bar(axes, place, row, bar, metric)
        _draw_published(axes, place, bar.published, bar.same_data)
    for place, name in enumerate(published, start=len(rows)):
        score = foreign[panel, name]
        _draw_published(axes, place, score, is_same(panel, score))
    if published and rows:
        axes.axhline(len(rows) - 0.5, color=MUTED, linewidth=0.4)


def _draw_bar(axes: Axes, place: int, row: Row, bar: Bar, metric: str) -> None:
    style = look(row[0])
    if bar.cell is None or not bar.values:
        return
    is_log = is_logarithmic(metric)
    hatch = CLUSTERER_HATCHES.get(row[2], "++") if row[0] == OURS else style.hatch
    mean, values = bar.cell["mean"], np.array(list(bar.values.values()))
    if not (is_log and mean <= 0):
        axes.barh(
            place,
            mean,
            0.74,
            color=style.colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.0,
            alpha=1.0 if bar.cell["complete"] else 0.4,
        )
    if math.isfinite(bar.cell["sd"]):
        sd = bar.cell["sd"]
        axes.errorbar(mean, place, xerr=sd, color=INK, linewidth=1.0, capsize=1.4, capthick=0.7)
    offsets = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
    axes.scatter(
        values, place + offsets, s=4.5, facecolor="white", edgecolor=INK, linewidth=0.45, zorder=4
    )


def _draw_published(axes: Axes, place: int, score: PublishedScore | None, same_data: bool) -> None:
    if score is None or not math.isfinite(score.mean):
        return
    colour = INK if same_data else "#9A9A9A"
    if math.isfinite(score.sd):
        axes.errorbar(score.mean, place, xerr=score.sd, color=colour, linewidth=0.6, zorder=4.5)
    axes.scatter(
        score.mean, place, s=12, marker="D", facecolor="white", edgecolor=colour, linewidth=0.8,
        zorder=5,
    )  # fmt: skip
