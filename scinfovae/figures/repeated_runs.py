"""Six runs each on the simulated points, and how alike the layouts are: Supp. Fig. 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.errors import DataError
from scinfovae.figures.classes import class_legend, marker_size, scatter_classes
from scinfovae.figures.colours import OURS
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.page import Page
from scinfovae.figures.simulated_points import (
    TSNE,
    class_name,
    point_classes,
    points_runs,
)
from scinfovae.figures.style import bare, clean, not_run
from scinfovae.metrics.consistency import layout_consistency

if TYPE_CHECKING:
    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.stored import Stored

N_RUNS = 6
METHODS = {OURS: "ScInfoVAE", TSNE: "t-SNE"}


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw the first six runs of ScInfoVAE and of t-SNE.

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
    import pandas as pd

    if material.root is None:
        return [NotDrawn("the export holds no embeddings")]
    runs = {method: points_runs(material, method) for method in METHODS}
    first = next((own[0] for own in runs.values() if own), None)
    legend: list[tuple[Any, str]] = []
    if first is not None:
        places = point_classes(first)[1]
        legend = class_legend({class_name(name): place for name, place in places.items()})
    notes = [
        "Disparity: what is left of the squared differences of two layouts of unit size after the "
        "best shift, scaling, rotation and reflection (Procrustes), from 0, the same, to about 1, "
        "nothing in common; mean over all pairs of runs."
    ]
    tables: list[Any] = []
    means: dict[str, str] = {}
    for method, own in runs.items():
        table, told = _consistency(method, own)
        tables.append(table)
        known = "disparity" in table
        means[method] = f"\ndisparity {table['disparity'].iloc[0]:.2f}" if known else ""
        notes.append(f"{METHODS[method]}: {told}")
    page = Page(70.0, info.title, notes, legend, columns=7)
    grid = page.body.subplots(len(METHODS), N_RUNS)
    for (method, own), line in zip(runs.items(), grid, strict=True):
        line[0].set_ylabel(METHODS[method] + means[method])
        for place, axes in enumerate(line):
            bare(axes)
            if place >= len(own):
                not_run(axes)
                tables.append(pd.DataFrame([{"method": method, "kind": "not run", "run": place}]))
                continue
            stored = own[place]
            values, places = point_classes(stored)
            points = stored.embedding
            scatter_classes(axes, points, values, places, marker_size(len(points)) / 2)
            axes.set_title(clean(f"seed {stored.seed}"))
            told_cells = {"method": method, "kind": "point", "run": place, "seed": stored.seed}
            plane = {"cluster": values, "x": points[:, 0], "y": points[:, 1]}
            tables.append(pd.DataFrame({**told_cells, **plane}))
    data = stack(tables)
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _consistency(method: str, runs: list[Stored]) -> tuple[Any, str]:
    """Compare all runs with each other."""
    import pandas as pd

    row: dict[str, Any] = {"method": method, "kind": "disparity", "n_runs": len(runs)}
    try:
        found = layout_consistency([stored.embedding for stored in runs])
    except DataError as error:
        return pd.DataFrame([{**row, "problem": str(error)}]), f"no disparity; {error}"
    row |= {"disparity": found.mean, "sd": found.sd, "n_pairs": found.n_pairs}
    spread = "" if found.n_pairs < 2 else f" ± {found.sd:.2g}"
    over = f"{found.n_pairs} pairs of {found.n_runs} runs"
    told = f"mean disparity {found.mean:.3g}{spread} over {over}."
    return pd.DataFrame([row]), told
