"""One panel of bars."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.figures.bars import is_same
from scinfovae.figures.colours import CLUSTERER_HATCHES, OURS, look
from scinfovae.figures.rows import told_seeds
from scinfovae.figures.style import INK, MUTED, PALE, clean, plain_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.bars import Bar, Bars, Foreign
    from scinfovae.figures.panels import Panel
    from scinfovae.tables.comparison import Row
    from scinfovae.tables.published import PublishedScore


def is_logarithmic(metric: str) -> bool:
    """Tell whether a metric is drawn on a logarithmic scale."""
    return metric.startswith("calinski_harabasz")


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


def set_axes(
    axes: Axes,
    panel: Panel,
    labels: Sequence[str],
    limits: tuple[float, float],
    metric: str,
    bars: Sequence[Bar],
) -> None:
    """Set scale, ticks and title of a panel, and write at the end of each line what it needs.

    Parameters
    ----------
    axes
        The panel.
    panel
        Its dataset.
    labels
        Names of all lines.
    limits
        The range of all panels.
    metric
        What is drawn.
    bars
        Those of the panel.
    """
    from matplotlib.ticker import MultipleLocator

    low, high = limits
    axes.set_ylim(max(len(labels), 3) - 0.4, -0.6)
    is_log = is_logarithmic(metric)
    if is_log:
        plain_log(axes, "x")
        axes.set_xlim(low, high * (high / low) ** 0.24)
        end = high * (high / low) ** 0.23
    else:
        axes.set_xlim(low, high + 0.24 * (high - low))
        step = 0.5 if high > 0.6 else 0.1
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_minor_locator(MultipleLocator(step / 2))
        if low < 0:
            axes.axvline(0, color=INK, linewidth=0.5)
        end = high + 0.23 * (high - low)
    axes.grid(axis="x", color="#D8D8D8", linewidth=0.4, zorder=0)
    axes.set_axisbelow(True)
    counts = [len(bar.values) for bar in bars if bar.values]
    head = _wrapped(panel.title)
    under = told_seeds(counts) if counts else "not run"
    axes.set_title("\n".join([*head, under]), linespacing=1.05)
    for place, bar in enumerate(bars):
        told = _told(bar)
        if told:
            axes.text(end, place, told, ha="right", va="center", color=INK)
    if not counts:
        axes.set_facecolor(PALE)
    axes.tick_params(axis="y", length=0)


def _told(bar: Bar) -> str:
    """Say at the end of a line its rank, or why it is not whole."""
    if bar.cell is None:
        return ""
    if not bar.cell["complete"]:
        short = {"not_applicable": "n/a", "failed": "failed", "missing": "not run"}
        state = str(bar.cell["state"])
        done = bar.cell["n_done"] - bar.cell["n_undefined"]
        if not done and bar.cell["n_done"] == bar.cell["n_expected"]:
            return "n/a"
        return short.get(state, f"{done}/{bar.cell['n_expected']}")
    is_ours = bar.cell["method"] == OURS and bar.n_ranked > 1
    return f"#{bar.rank:g}" if is_ours else ""


def _wrapped(title: str) -> list[str]:
    """Break a name into two lines that fit a panel."""
    lines = textwrap.wrap(clean(title, 60), 17, max_lines=2, placeholder="…")
    return [""] * (2 - len(lines)) + lines
