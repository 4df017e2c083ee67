"""Bars of one metric, a panel per dataset: Fig. 2 and Supp. Fig. 3 to 5."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scinfovae.figures.bar_axes import fit_panel, is_logarithmic, set_axes, told
from scinfovae.figures.bar_data import bar_data
from scinfovae.figures.bar_panel import draw_panel
from scinfovae.figures.bars import bars_of, published_methods, rows_with_scores
from scinfovae.figures.beside import TextColumns
from scinfovae.figures.drawing import Drawing
from scinfovae.figures.page import Page
from scinfovae.figures.panels import Panel, left_out, panels_of
from scinfovae.figures.rows import RULE, tick_names, variant_notes
from scinfovae.figures.style import FONT_SIZE, INK, MM, WIDTH
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import ONLY_PUBLISHED, published_score
from scinfovae.tables.published_rows import HARNESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

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
_ROW_MM, _TITLE_MM, _MOST_COLUMNS = 2.95, 15.0, 5


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
    labels = tick_names(board, rows, [ONLY_PUBLISHED[name] for name in published])
    shown = [bar.published for bar in bars.values()] + list(foreign.values())
    known = [score.n for score in shown if score]
    notes = _notes(board, material, rows, panels, metric, known)
    page, grid = _page(info.title, notes, len(panels), len(labels), bool(known))
    limits = _limits(bars, foreign, metric)
    columns = TextColumns(("n", ""), [told(bar) for bar in bars.values()])
    own = {panel: [bars[panel, row] for row in rows] for panel in panels}
    for panel, axes in zip(panels, grid.ravel(), strict=False):
        draw_panel(axes, panel, rows, bars, published, foreign, metric)
        set_axes(axes, len(labels), limits, metric, own[panel], columns)
    for line in grid:
        line[0].set_yticks(range(len(labels)), labels)
    page.settle()
    rooms = _title_rooms(grid[0]) * len(grid)
    for panel, axes, room in zip(panels, grid.ravel(), rooms, strict=False):
        fit_panel(axes, panel, room, metric, own[panel])
    for axes in grid.ravel()[len(panels) :]:
        axes.remove()
    page.body.supxlabel(f"{measure.title}, mean ± sd over seeds", fontsize=FONT_SIZE)
    data = bar_data(board, panels, rows, bars, published, foreign, metric)
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _page(
    title: str, notes: Sequence[str], n_panels: int, n_lines: int, with_published: bool
) -> tuple[Page, Any]:
    """Lay the panels out: names stand once, at the left of each line of panels."""
    lines = math.ceil(n_panels / _MOST_COLUMNS)
    height = lines * (max(n_lines, 3) * _ROW_MM + _TITLE_MM) + 5.0
    page = Page(height, title, notes, _legend(with_published))
    grid = page.body.subplots(lines, math.ceil(n_panels / lines), squeeze=False, sharey=True)
    return page, grid


def _title_rooms(line: Sequence[Axes]) -> list[float]:
    """Measure, in millimetres, how far the title of each panel may go until the next one begins."""
    starts = [float(axes.bbox.x0 / axes.figure.dpi / MM) for axes in line]
    return [end - start - 2.0 for start, end in zip(starts, [*starts[1:], WIDTH], strict=True)]


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
    """Give one range for all panels, with all seeds and whiskers."""
    spread = [(cell["mean"], cell["sd"]) for bar in bars.values() if (cell := bar.cell)]
    spread += [(b.published.mean, b.published.sd) for b in bars.values() if b.published]
    spread += [(score.mean, score.sd) for score in foreign.values() if score]
    values = [value for bar in bars.values() for value in bar.values.values()]
    values += [mean for mean, _ in spread] + [mean + sd for mean, sd in spread]
    values = [value for value in values if math.isfinite(value)]
    if is_logarithmic(metric):
        positive = [value for value in values if value > 0] or [1.0, 100.0]
        return 10 ** math.floor(math.log10(min(positive))), max(positive) * 1.4
    low = min([0.0, *values, *(mean - sd for mean, sd in spread if math.isfinite(sd))])
    # agreement is drawn up to its best value; silhouettes in one space for all stay far below 1
    high = max([*values, 0.2]) if metric.startswith("silhouette") else max([1.0, *values])
    pad = 0.03 * (high - low)
    return (low - pad if low < 0 else 0.0), high + pad


def _notes(
    board: Board | None,
    material: Material,
    rows: Sequence[Row],
    panels: Sequence[Panel],
    metric: str,
    n_published: Sequence[int],
) -> list[str]:
    notes = [RULE] if "clusterer" not in material.choice.wanted else []
    notes.append(
        "n: seeds of the bar; 2/3 (pale): 2 of 3 runs have this score; –: not asked for, or not "
        "scored; n/a: there is no such score, as without an embedding. Grey panels: not run here."
    )
    if MEASURES[metric].is_comparable:
        notes.append(
            "#2: rank of ScInfoVAE among the complete rows of the panel, short presets among "
            "themselves, controls and published values left out; ties share the mean rank."
        )
    if n_published:
        low, high = min(n_published), max(n_published)
        over = f"{low}" if low == high else f"{low} to {high}"
        notes.append(f"Published values: mean ± sd over n = {over} runs (which, in the CSV).")
    if not MEASURES[metric].is_comparable:
        notes.append(
            "Each method in its own embedding: values of two methods have no common scale, so "
            "there are no ranks."
        )
    if board is not None:
        notes += variant_notes(board, rows)
    told_left = left_out(list(panels), board)
    return [*notes, told_left] if told_left else notes
