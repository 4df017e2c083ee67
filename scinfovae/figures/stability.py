"""Coefficients of variation over seeds, ours beside published ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.beside import HEAD_POINTS, TextColumns
from scinfovae.figures.colours import CLUSTERER_HATCHES, OURS, look
from scinfovae.figures.drawing import Drawing, stack
from scinfovae.figures.fitting import fit_ticks
from scinfovae.figures.page import Page
from scinfovae.figures.rows import shown_rows, tick_names, told_n, variant_notes
from scinfovae.figures.style import FONT_SIZE, INK, PALE
from scinfovae.metrics.stability import SMALLEST_MEAN
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import COUNTERPARTS
from scinfovae.tables.stability import cv_table, published_cv_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

METRICS = ("ari", "nmi", "calinski_harabasz", "silhouette")
_ROW_MM, _TITLE_MM = 3.3, 18.0
_SMALL = f"mean<{SMALLEST_MEAN:g}".replace("0.", ".")
_NAMES = {
    "scrna": "scRNA",
    "cidr": "CIDR",
    "soup": "SOUP",
    "raceid": "RaceID",
    "pca2_kmeans": "PCA-2 (KM)",
    "scvi": "scVI (LD)",
}
_EMPTY = ("method", "setting", "clusterer", "metric", "cv", "mean_cv", "n_datasets", "seeds")


def draw(material: Material, info: FigureInfo) -> list[Drawing]:
    """Draw a bar per method and metric, with a point per dataset.

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
    import pandas as pd

    board = material.board(*METRICS)
    rows = shown_rows(board, material) if board is not None else []
    ours = cv_table(board).data if board is not None else pd.DataFrame()
    ours = ours if len(ours) else pd.DataFrame(columns=list(_EMPTY))
    keys = list(zip(ours["method"], ours["setting"], ours["clusterer"], strict=True))
    known = [row for row in rows if row in set(keys)]
    shown = np.array([key in set(known) for key in keys], dtype=bool)
    ours = ours[shown].assign(kind="measured")
    theirs = published_cv_table().data.assign(kind="published")
    extra = list(dict.fromkeys(theirs["method"]))
    counterparts = {
        COUNTERPARTS.get((row[0], row[2]), ("", ""))[1]: i for i, row in enumerate(known)
    }
    lone = [name for name in extra if name not in counterparts]
    others = [f"{_NAMES.get(name, name)} [published]" for name in lone]
    labels = tick_names(board, known, others)
    notes = _notes(bool(known)) + (variant_notes(board, known) if board is not None else [])
    page = Page(len(labels) * _ROW_MM + _TITLE_MM, info.title, notes, _legend(), columns=4)
    grid = page.body.subplots(1, len(METRICS), sharey=True)
    told = {(metric, row): _told(board, metric, row, ours) for metric in METRICS for row in known}
    columns = TextColumns(("n",), [(text,) for text in told.values()])
    for axes, metric in zip(grid, METRICS, strict=True):
        for place, row in enumerate(known):
            _draw_bar(axes, place, row, _of(ours, metric, row))
            columns.write(axes, place, (told[metric, row],))
        for name in extra:
            place = counterparts.get(name, len(known) + lone.index(name) if name in lone else 0)
            _draw_published(axes, place, theirs, name, metric)
        _frame(axes, metric, len(known))
        if known:
            columns.write_heads(axes)
    grid[0].set_yticks(range(len(labels)), labels)
    grid[0].set_ylim(len(labels) - 0.4, -0.6)
    page.body.supxlabel(
        "coefficient of variation over seeds, mean over datasets", fontsize=FONT_SIZE
    )
    page.settle()
    for axes in grid:
        fit_ticks(axes)
    data = stack([ours, theirs])
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _frame(axes: Axes, metric: str, n_known: int) -> None:
    """Give a panel its title and grid, and a line between measured and published rows."""
    axes.set_title(MEASURES[metric].title, loc="left", pad=HEAD_POINTS + 3.0)
    axes.set_xlim(left=0)
    axes.grid(axis="x", color="#D8D8D8", linewidth=0.4)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, pad=5)
    if n_known:
        axes.axhline(n_known - 0.5, color=INK, linewidth=0.4)
    else:
        axes.set_facecolor(PALE)


def _of(ours: pd.DataFrame, metric: str, row: Row) -> pd.DataFrame:
    method, setting, clusterer = row
    is_row = (ours["method"] == method) & (ours["setting"] == setting)
    return ours[is_row & (ours["clusterer"] == clusterer) & (ours["metric"] == metric)]


def _draw_bar(axes: Axes, place: int, row: Row, own: pd.DataFrame) -> None:
    values = own["cv"].dropna().to_numpy(dtype=float)
    if not len(values):
        return
    style = look(row[0])
    hatch = CLUSTERER_HATCHES.get(row[2], "++") if row[0] == OURS else style.hatch
    mean = float(own["mean_cv"].iloc[0])
    axes.barh(place, mean, 0.74, color=style.colour, hatch=hatch, edgecolor="white", linewidth=0)
    offsets = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
    axes.scatter(
        values, place + offsets, s=5, facecolor="white", edgecolor=INK, linewidth=0.45, zorder=4
    )


def _told(board: Board | None, metric: str, row: Row, ours: pd.DataFrame) -> str:
    """Say on how many datasets and seeds a coefficient stands, or why there is none."""
    own = _of(ours, metric, row)
    seeds = [[int(n) for n in str(told).split(",")] for told in own["seeds"]]
    known = own["cv"].notna()
    if known.any():
        counted = [n for ns, is_known in zip(seeds, known, strict=True) if is_known for n in ns]
        return told_n(int(known.sum()), counted)
    if len(own):
        return "1 seed" if max(n for ns in seeds for n in ns) == 1 else _SMALL
    cells = [board.cell(metric, data, row) for data in board.data] if board is not None else []
    states = {str(cell["state"]) for cell in cells if cell is not None}
    if states <= {"undefined", "not_applicable"}:
        return "n/a"
    return "not on all" if states & {"done", "partial"} else "not run"


def _draw_published(axes: Axes, place: int, theirs: Any, name: str, metric: str) -> None:
    """Mark what was printed; values of no digit that was printed stand for 0."""
    own = theirs[(theirs["method"] == name) & (theirs["metric"] == metric)]
    for value in own["printed"].astype(float):
        if math.isfinite(value):
            axes.scatter(
                max(value, 0.0), place, s=13, marker="D", facecolor="white", edgecolor=INK,
                linewidth=0.8, zorder=5, clip_on=False,
            )  # fmt: skip


def _legend() -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    def marker(**how: Any) -> Line2D:
        return Line2D([], [], linestyle="none", color=INK, markerfacecolor="white", **how)

    return [
        (marker(marker="o", markersize=2.8), "one dataset"),
        (marker(marker="D", markersize=3.6), "published, on the 15 full datasets"),
    ]


def _notes(any_run: bool) -> list[str]:
    notes = [
        "CV: standard deviation (n − 1) over seeds by the size of the mean, per dataset; bars are "
        "means over the datasets that all compared rows have."
    ]
    if any_run:
        notes.append(
            f"n: datasets × seeds of each. No bar: 1 seed has no spread; {_SMALL}: no dataset has "
            "a mean score of that size; n/a: there is no such score, as without an embedding; "
            "not on all: runs are missing on some of the datasets."
        )
    else:
        notes.append("Not run here: published values only.")
    return notes
