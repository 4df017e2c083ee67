"""Coefficients of variation over seeds, ours beside published ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.colours import CLUSTERER_HATCHES, OURS, look
from scinfovae.figures.drawing import Drawing, stack
from scinfovae.figures.page import Page
from scinfovae.figures.rows import row_name, shown_rows, variant_notes
from scinfovae.figures.style import INK, PALE, clean
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import COUNTERPARTS
from scinfovae.tables.stability import cv_table, published_cv_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo

METRICS = ("ari", "nmi", "calinski_harabasz", "silhouette")
_ROW_MM = 3.3
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
    names = [row_name(board, row) for row in known] if board is not None else []
    theirs = published_cv_table().data.assign(kind="published")
    extra = list(dict.fromkeys(theirs["method"]))
    counterparts = {
        COUNTERPARTS.get((row[0], row[2]), ("", ""))[1]: i for i, row in enumerate(known)
    }
    lone = [name for name in extra if name not in counterparts]
    labels = [*names, *(f"{_NAMES.get(name, name)} [published]" for name in lone)]
    notes = _notes(ours, bool(known)) + (variant_notes(board, known) if board is not None else [])
    page = Page(len(labels) * _ROW_MM + 14, info.title, notes, _legend(), columns=4)
    grid = page.body.subplots(1, len(METRICS), sharey=True)
    for axes, metric in zip(grid, METRICS, strict=True):
        _draw_panel(axes, metric, known, ours)
        for name in extra:
            place = counterparts.get(name, len(known) + lone.index(name) if name in lone else 0)
            _draw_published(axes, place, theirs, name, metric)
        axes.set_title(MEASURES[metric].title)
        axes.set_xlim(left=0)
        axes.grid(axis="x", color="#D8D8D8", linewidth=0.4)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0, pad=5)
        if known:
            axes.axhline(len(known) - 0.5, color=INK, linewidth=0.4)
        else:
            axes.set_facecolor(PALE)
    grid[0].set_yticks(range(len(labels)), [clean(label, 34) for label in labels])
    grid[0].set_ylim(len(labels) - 0.4, -0.6)
    page.body.supxlabel("coefficient of variation over seeds, mean over datasets", fontsize=7)
    data = stack([ours, theirs])
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _draw_panel(axes: Axes, metric: str, rows: list[Any], ours: pd.DataFrame) -> None:
    for place, row in enumerate(rows):
        own = ours[
            (ours["metric"] == metric)
            & (ours["method"] == row[0])
            & (ours["setting"] == row[1])
            & (ours["clusterer"] == row[2])
        ]
        values = own["cv"].dropna().to_numpy(dtype=float)
        if not len(values):
            axes.text(
                0.99, place, "n/a", transform=axes.get_yaxis_transform(), va="center", ha="right"
            )
            continue
        style = look(row[0])
        hatch = CLUSTERER_HATCHES.get(row[2], "++") if row[0] == OURS else style.hatch
        mean = float(own["mean_cv"].iloc[0])
        axes.barh(
            place, mean, 0.74, color=style.colour, hatch=hatch, edgecolor="white", linewidth=0
        )
        offsets = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
        axes.scatter(
            values, place + offsets, s=5, facecolor="white", edgecolor=INK, linewidth=0.45, zorder=4
        )


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


def _notes(ours: pd.DataFrame, any_run: bool) -> list[str]:
    notes = [
        "CV: standard deviation (n − 1) over seeds by the size of the mean, per dataset; bars are "
        "means over the datasets that all compared rows have. n/a: one seed, or a mean below .05."
    ]
    if any_run:
        counts = sorted({int(n) for n in ours["n_datasets"] if n == n})
        seeds = sorted({part for text in ours["seeds"] for part in str(text).split(",")})
        over = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        notes.append(f"n = {' or '.join(seeds)} seeds a dataset, {over} datasets.")
    else:
        notes.append("Not run here: published values only.")
    return notes
