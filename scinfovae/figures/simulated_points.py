"""The simulated points and their embeddings: Fig. 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.classes import class_legend, marker_size, ordered, scatter_classes
from scinfovae.figures.colours import OURS
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.page import Page
from scinfovae.figures.style import letter, not_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.stored import Stored

DATASET, TSNE = "figure4", "tsne"
OUTLIER = "-1"
_GRID = 160


def points_runs(material: Material, method: str) -> list[Stored]:
    """Find the runs of a method on the first draw of the points, in two dimensions.

    Parameters
    ----------
    material
        Runs with their embeddings.
    method
        Its name.

    Returns
    -------
    Those of one setting, by seed: the setting with most runs, of several the latest.
    """
    found = [
        stored
        for stored in material.stored(dataset=DATASET, method=method)
        if "points." not in stored.row["data_variant"] and stored.record.stages()
    ]
    if not found:
        return []
    by_setting: dict[str, list[Stored]] = {}
    for stored in found:
        by_setting.setdefault(str(stored.row["identity"]), []).append(stored)
    flat = [runs for runs in by_setting.values() if runs[0].embedding.shape[1] == 2]
    chosen = max(flat, key=lambda runs: (len(runs), runs[-1].row["started"]), default=[])
    return sorted(chosen, key=lambda stored: stored.seed)


def point_classes(stored: Stored) -> tuple[Any, dict[Any, int]]:
    """Give the clusters of the points and their places in the palette, outliers last.

    Parameters
    ----------
    stored
        A run on them.

    Returns
    -------
    Class of each point, and index by class.
    """
    values: Any = stored.reference()
    classes = sorted(ordered(values), key=lambda name: (name == OUTLIER, name))
    return values, {name: 7 if name == OUTLIER else i for i, name in enumerate(classes)}


def class_name(name: str) -> str:
    """Name a cluster of the points."""
    return "outliers" if name == OUTLIER else "wide" if name == "0" else f"tight {name}"


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw the points, their t-SNE, their embedding by ScInfoVAE, and its density.

    Parameters
    ----------
    material
        Runs with their embeddings.
    info
        The figure.

    Returns
    -------
    One page.
    """
    if material.root is None:
        return [NotDrawn("the export holds no embeddings")]
    ours = next(iter(points_runs(material, OURS)), None)
    theirs = next(iter(points_runs(material, TSNE)), None)
    known = ours or theirs
    legend = []
    if known is not None:
        places = point_classes(known)[1]
        named = {class_name(name): place for name, place in places.items()}
        legend = class_legend(named)
    seeds = sorted({stored.seed for stored in (ours, theirs) if stored is not None})
    notes = [
        "a, b and c: one point each, by cluster; t-SNE has no unit. d: kernel density of c "
        "(Scott's rule), as a share of its maximum."
    ]
    if seeds:
        n = len(known.labels) if known is not None else 0
        told = ", ".join(map(str, seeds))
        notes.append(f"{n} points; runs of seed {told}: {material.which_seed}.")
    page = Page(136.0, info.title, notes, legend, columns=7)
    grid = page.body.subplots(2, 2).ravel()
    tables: list[Any] = []
    titles = ("points, 2-D truth", "t-SNE of the 9-D data", "ScInfoVAE, 2-D", "density of c")
    for axes, name, title in zip(grid, "abcd", titles, strict=True):
        letter(axes, name)
        axes.set_title(title)
    _cells(grid[0], "a", known, _truth(known), ("x", "y"), tables)
    _cells(grid[1], "b", theirs, _embedding(theirs), ("t-SNE 1", "t-SNE 2"), tables)
    _cells(grid[2], "c", ours, _embedding(ours), ("z1", "z2"), tables)
    _density(grid[3], _embedding(ours), grid[2], tables)
    data = stack(tables)
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _truth(stored: Stored | None) -> Any:
    """Take the true coordinates that labels hold."""
    names = ["truth.x", "truth.y"]
    if stored is None or not set(names) <= set(stored.labels):
        return None
    return stored.labels[names].to_numpy(dtype=float)


def _embedding(stored: Stored | None) -> Any:
    return None if stored is None else stored.embedding


def _cells(
    axes: Axes, panel: str, stored: Stored | None, points: Any, names: Any, tables: list[Any]
) -> None:
    import pandas as pd

    if stored is None or points is None:
        axes.set_xticks([])
        axes.set_yticks([])
        not_run(axes)
        tables.append(pd.DataFrame({"panel": [panel], "kind": ["not run"]}))
        return
    values, places = point_classes(stored)
    scatter_classes(axes, points, values, places, marker_size(len(points)))
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    if panel == "a":
        axes.set_aspect("equal", adjustable="datalim")
    told = {"panel": panel, "kind": "point", "seed": stored.seed, "cluster": values}
    tables.append(pd.DataFrame({**told, "x": points[:, 0], "y": points[:, 1]}))


def _density(axes: Axes, points: Any, beside: Axes, tables: list[Any]) -> None:
    """Draw the density of points in the plane."""
    import pandas as pd
    from scipy.stats import gaussian_kde

    if points is None or not (np.ptp(points, axis=0) > 0).all():
        axes.set_xticks([])
        axes.set_yticks([])
        not_run(axes)
        tables.append(pd.DataFrame({"panel": ["d"], "kind": ["not run"]}))
        return
    x, y = (np.linspace(*limits, _GRID) for limits in (beside.get_xlim(), beside.get_ylim()))
    at = np.meshgrid(x, y)
    height = gaussian_kde(points.T)(np.vstack([at[0].ravel(), at[1].ravel()]))
    height = height.reshape(_GRID, _GRID) / height.max()
    image = axes.contourf(*at, height, levels=np.linspace(0, 1, 11), cmap="Blues")
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02, ticks=[0, 0.5, 1])
    bar.set_label("share of the maximum")
    axes.set_xlabel("z1")
    axes.set_ylabel("z2")
    some = slice(None, None, 4)
    table = {"x": at[0][some, some].ravel(), "y": at[1][some, some].ravel()}
    values = {"density": height[some, some].ravel()}
    tables.append(pd.DataFrame({"panel": "d", "kind": "density", **table, **values}))
