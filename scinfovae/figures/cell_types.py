"""Romanov's cell types in ScInfoVAE and t-SNE, and how far the named ones are apart: Fig. 6."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.bench.records.scrub import scrub_text
from scinfovae.errors import ScInfoVAEError
from scinfovae.figures.classes import class_legend, marker_size, ordered, scatter_classes
from scinfovae.figures.colours import OURS, look
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.material import quietly
from scinfovae.figures.page import Page
from scinfovae.figures.plane import plane_of
from scinfovae.figures.style import INK, bare, letter, not_run
from scinfovae.metrics.classes import compare_class_distances

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.stored import Stored

DATASET = "romanov"
# how the classes of the file may be called; the first part of a name decides
ROLES = {
    "anchor": ("ependymal",),
    "near": ("endothelial", "vsm", "vascular"),
    "oligos": ("oligo",),
    "neurons": ("neuron",),
}
_SPACES = {"ScInfoVAE": look(OURS).colour, "PCA-50": look("pca").colour}


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw the cell types side by side, and their distances in the embedding and in PCA-50.

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
    runs = {
        "ScInfoVAE, t-SNE of the embedding": _first(material, OURS),
        "t-SNE of PCA-50": _first(material, "tsne"),
    }
    known = next((stored for stored in runs.values() if stored is not None), None)
    classes = {}
    if known is not None and known.reference() is not None:
        classes = {name: i for i, name in enumerate(ordered(np.asarray(known.reference())))}
    ours = runs["ScInfoVAE, t-SNE of the embedding"]
    distances, told = _distances(material, ours)
    notes = [
        "Distances are in units of the spread of all cells of the space (root mean squared "
        "distance to their mean); topmost ependymal–endothelial, the pair that is claimed to be "
        "near. PCA-50 is what the data show without the model.",
        told,
    ]
    seeds = sorted({stored.seed for stored in runs.values() if stored is not None})
    if seeds:
        notes.append(f"Seed {', '.join(map(str, seeds))}: the first runs. t-SNE has no unit.")
    page = Page(78.0, info.title, [n for n in notes if n], class_legend(classes), columns=7)
    axes = page.body.subplots(1, 3, width_ratios=[1.15, 1.15, 1])
    tables: list[Any] = []
    for one, name, (title, stored) in zip(axes, "ab", runs.items(), strict=False):
        bare(one)
        letter(one, name)
        one.set_title(title)
        tables.append(_scatter(one, name, stored, classes))
    letter(axes[2], "c")
    tables.append(_bars(axes[2], distances))
    data = stack(tables)
    return [Drawing(info.name, info.title, page.figure, data, tuple(n for n in notes if n))]


def _first(material: Material, method: str) -> Stored | None:
    found = [s for s in material.stored(base=DATASET, method=method) if s.record.stages()]
    return next(iter(found), None)


def _scatter(axes: Axes, panel: str, stored: Stored | None, classes: dict[Any, int]) -> Any:
    import pandas as pd

    reference = stored.reference() if stored is not None else None
    if stored is None or reference is None:
        not_run(axes)
        return pd.DataFrame({"panel": [panel], "kind": ["not run"]})
    shown, points = plane_of(stored)
    values = reference[shown]
    scatter_classes(axes, points, values, classes, marker_size(len(shown)))
    told = {"panel": panel, "kind": "cell", "seed": stored.seed, "class": values}
    return pd.DataFrame({**told, "x": points[:, 0], "y": points[:, 1]})


def named_classes(reference: np.ndarray) -> dict[str, str]:
    """Find the classes that the claim is about.

    Parameters
    ----------
    reference
        Class of each cell, array of shape (n_cells,).

    Returns
    -------
    Class by role of `ROLES`; a role no class fits is left out.
    """
    found: dict[str, str] = {}
    for role, beginnings in ROLES.items():
        for name in ordered(reference):
            if str(name).lower().startswith(beginnings):
                found.setdefault(role, str(name))
    return found


def _distances(material: Material, stored: Stored | None) -> tuple[list[Any], str]:
    """Compute the distances between the named classes; or say why there are none."""
    from scinfovae.bench.planning.repeat import words_of

    if stored is None or stored.reference() is None:
        return [], ""
    reference: Any = stored.reference()
    roles = named_classes(reference)
    others = [roles[role] for role in ("oligos", "neurons") if role in roles]
    if not {"anchor", "near"} <= set(roles) or not others:
        return [], f"No distances: the classes are called {', '.join(ordered(reference))}."
    spaces = {"ScInfoVAE": stored.embedding}
    told = ""
    try:
        words = [w for w in words_of(material.config(stored.row)) if w.startswith("dataset")]
        with quietly():
            loaded = material.load(words)
        place = {int(row): i for i, row in enumerate(loaded.prepared.cell_index)}
        rows = [place[int(row)] for row in stored.labels["row"]]
        spaces["PCA-50"] = loaded.common[rows]
    except (ScInfoVAEError, KeyError) as error:
        told = f"PCA-50 is not shown, because the data are not at hand: {scrub_text(str(error))}"
    found = compare_class_distances(
        spaces, reference, anchor=roles["anchor"], near=roles["near"], others=others
    )
    return list(found), told


def _bars(axes: Axes, distances: list[Any]) -> Any:
    """Draw the distances of the means, and of nearest cells as open markers."""
    import pandas as pd
    from matplotlib.lines import Line2D

    if not distances:
        bare(axes)
        not_run(axes)
        return pd.DataFrame({"panel": ["c"], "kind": ["not run"]})
    table = pd.DataFrame([dataclasses.asdict(one) for one in distances])
    spaces = [space for space in _SPACES if space in set(table["space"])]
    pairs = list(dict.fromkeys(table["second"]))
    height = 0.8 / len(spaces)
    for i, space in enumerate(spaces):
        own = table[table["space"] == space].set_index("second").loc[pairs]
        y = np.arange(len(pairs)) + (i - (len(spaces) - 1) / 2) * height
        axes.barh(y, own["centroid"], height * 0.92, color=_SPACES[space])
        axes.scatter(own["neighbours"], y, s=14, facecolor="white", edgecolor=INK, zorder=3)
    axes.set_yticks(range(len(pairs)), [f"{table['first'].iloc[0]}–\n{name}" for name in pairs])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.3 * float(table[["centroid", "neighbours"]].to_numpy().max()))
    axes.set_xlabel("distance, in spreads of all cells")
    handles: list[Any] = [Line2D([], [], color=_SPACES[s], linewidth=5) for s in spaces]
    ring = {"marker": "o", "markerfacecolor": "white", "color": INK, "linestyle": "none"}
    handles.append(Line2D([], [], markersize=3.8, **ring))  # type: ignore[arg-type]
    axes.legend(
        handles,
        [*(f"means, {space}" for space in spaces), "nearest cells"],
        loc="lower center",
        bbox_to_anchor=(0.4, 1.0),
        ncols=1,
        borderaxespad=0.2,
    )
    return table.assign(panel="c", kind="distance")
