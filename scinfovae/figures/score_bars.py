"""Bars of one metric, a panel per dataset: Fig. 2 and Supp. Fig. 3 to 5."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scinfovae.figures.bar_data import bar_data
from scinfovae.figures.bar_panel import draw_panel, is_logarithmic, set_axes
from scinfovae.figures.bars import bars_of, published_methods, rows_with_scores
from scinfovae.figures.drawing import Drawing
from scinfovae.figures.page import Page
from scinfovae.figures.panels import Panel, left_out, panels_of
from scinfovae.figures.rows import RULE, row_name, variant_notes
from scinfovae.figures.style import INK, clean
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import ONLY_PUBLISHED, published_score
from scinfovae.tables.published_rows import HARNESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.figures.bars import Bars, Foreign
    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

METRIC_OF = {
    "fig2": "ari",
    "supp3": "nmi",
    "supp4": "silhouette",
    "supp4_common": "silhouette_common",
    "supp5": "calinski_harabasz",
    "supp5_common": "calinski_harabasz_common",
}
_ROW_MM, _LABEL_MM, _MANY_ROWS = 3.1, 44.0, 18


def draw(material: Material, info: FigureInfo) -> list[Drawing]:
    """Draw one of the figures of `METRIC_OF`.

    Parameters
    ----------
    material
        Runs and scores.
    info
        The figure.

    Returns
    -------
    One page.
    """
    metric = METRIC_OF[info.name]
    measure, board = MEASURES[metric], material.board(metric)
    panels = panels_of(board, material)
    rows = rows_with_scores(board, material, panels, metric)
    names = [row_name(board, row) for row in rows] if board is not None else []
    published = published_methods(panels, metric)
    bars = {
        (panel, row): bar
        for panel in panels
        for row, bar in bars_of(board, panel, rows, metric).items()
    }
    foreign = {
        (panel, name): published_score(HARNESS, name, panel.base, metric)
        for panel in panels
        for name in published
    }
    notes = _notes(board, material, rows, panels, metric)
    labels = [*names, *(f"{ONLY_PUBLISHED[name]}" for name in published)]
    shown = [bar.published for bar in bars.values()] + list(foreign.values())
    page, grid = _page(info.title, notes, panels, labels, any(shown))
    limits = _limits(bars, foreign, metric)
    for panel, axes in zip(panels, grid.ravel(), strict=False):
        draw_panel(axes, panel, rows, bars, published, foreign, metric)
        set_axes(axes, panel, labels, limits, metric, [bars[panel, row] for row in rows])
    for axes in grid.ravel()[len(panels) :]:
        axes.remove()
    for line in grid:
        line[0].set_yticks(range(len(labels)), [clean(label, 34) for label in labels])
        line[0].tick_params(axis="y", length=0)
    page.body.supxlabel(f"{measure.title}, mean ± sd over seeds", fontsize=7)
    data = bar_data(board, panels, rows, bars, published, foreign, metric)
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _page(
    title: str,
    notes: Sequence[str],
    panels: Sequence[Panel],
    labels: Sequence[str],
    with_published: bool,
) -> tuple[Page, Any]:
    """Lay the panels out: names stand once, at the left of each line of panels."""
    columns = min(len(panels), 8 if len(labels) > _MANY_ROWS else 5)
    lines = math.ceil(len(panels) / columns)
    height = lines * (max(len(labels), 3) * _ROW_MM + 15.0) + 5.0
    page = Page(height, title, notes, _legend(with_published))
    grid = page.body.subplots(lines, columns, squeeze=False, sharey=True)
    return page, grid


def _legend(with_published: bool) -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    def marker(**how: Any) -> Line2D:
        return Line2D([], [], linestyle="none", color=INK, **how)

    entries = [
        (marker(marker="o", markersize=2.6, markerfacecolor="white"), "one seed"),
        (Line2D([], [], color=INK, linewidth=1.0), "sd over seeds"),
    ]
    hollow = {"marker": "D", "markersize": 3.5, "markerfacecolor": "white"}
    of_others = [
        (marker(**hollow), "published"),
        (marker(**hollow, markeredgecolor="#9A9A9A"), "published, on other data than ours"),
    ]
    return entries + of_others * with_published


def _limits(bars: Bars, foreign: Foreign, metric: str) -> tuple[float, float]:
    """Give one range for all panels."""
    values = [value for bar in bars.values() for value in bar.values.values()]
    values += [b.published.mean for b in bars.values() if b.published]
    values += [score.mean for score in foreign.values() if score]
    values = [value for value in values if math.isfinite(value)]
    if is_logarithmic(metric):
        positive = [value for value in values if value > 0] or [1.0, 100.0]
        return 10 ** math.floor(math.log10(min(positive))), max(positive) * 1.4
    low = min([0.0, *values])
    # agreement ends at 1, and no silhouette that was seen is near it
    high = max([*values, 0.2]) if metric.startswith("silhouette") else max([1.0, *values])
    return (low - 0.03 if low < 0 else 0.0), high


def _notes(
    board: Board | None,
    material: Material,
    rows: Sequence[Row],
    panels: Sequence[Panel],
    metric: str,
) -> list[str]:
    notes = [RULE] if "clusterer" not in material.choice.wanted else []
    notes.append(
        "#2: rank of ScInfoVAE among the complete rows of the panel, controls and published values "
        "left out; ties share the mean rank. Pale bars with 2/3: 2 of 3 runs have this score. Grey "
        "panels: not run here. n/a: there is no such score, as without an embedding."
    )
    if metric in ("silhouette", "calinski_harabasz"):
        notes.append(
            "Each method in its own embedding: values of two methods have no common scale."
        )
    if board is not None:
        notes += variant_notes(board, rows)
    told = left_out(list(panels), board)
    return [*notes, told] if told else notes
