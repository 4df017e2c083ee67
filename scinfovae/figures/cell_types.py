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
from scinfovae.metrics.classes import NEIGHBOURS, compare_class_distances

if TYPE_CHECKING:
    from collections.abc import Sequence

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
MEASURES = {"centroid": "of the means", "neighbours": "of nearest cells"}


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
    from matplotlib.patches import Patch

    ours = _runs(material, OURS)
    runs = {
        "ScInfoVAE, t-SNE of the embedding": next(iter(ours), None),
        "t-SNE of PCA-50": next(iter(_runs(material, "tsne")), None),
    }
    known = [s for s in runs.values() if s is not None and s.reference() is not None]
    names = [np.asarray(stored.reference()) for stored in known]
    classes = {name: i for i, name in enumerate(ordered(np.concatenate(names)))} if names else {}
    distances, told = _distances(material, ours)
    notes = [
        "Distances are in units of the spread of all cells of the space (root mean squared "
        "distance to their mean); topmost ependymal–endothelial, the pair that is claimed to be "
        "near. PCA-50 is what the data show without the model; it has no seed.",
        f"c: distance of the means; d: mean distance to the {NEIGHBOURS} nearest cells of the "
        "other class. Bars and numbers: mean ± SD over seeds, which are dots.",
        told,
    ]
    if ours:
        seeds = sorted({stored.seed for stored in runs.values() if stored is not None})
        n = f"{len(ours)} run{'s' * (len(ours) != 1)}"
        shown = ", ".join(map(str, seeds))
        notes.append(
            f"n = {n} of ScInfoVAE; a and b show seed {shown}: {material.which_seed}. t-SNE has "
            "no unit."
        )
    notes = [note for note in notes if note]
    legend = class_legend(classes)
    spaces = [] if distances.empty else list(dict.fromkeys(distances["space"]))
    legend += [(Patch(color=_SPACES[space]), f"{space} (c, d)") for space in spaces]
    page = Page(118.0, info.title, notes, legend, columns=7)
    grid = page.body.subplots(2, 2, height_ratios=[1.9, 1])
    tables: list[Any] = []
    for one, name, (title, stored) in zip(grid[0], "ab", runs.items(), strict=True):
        bare(one)
        letter(one, name)
        one.set_title(title)
        tables.append(_scatter(one, name, stored, classes))
    for one, name, (measure, title) in zip(grid[1], "cd", MEASURES.items(), strict=True):
        letter(one, name)
        one.set_title(f"distance {title}")
        tables.append(_bars(one, name, distances, measure))
    return [Drawing(info.name, info.title, page.figure, stack(tables), tuple(notes))]


def _runs(material: Material, method: str) -> list[Stored]:
    """Find the runs of the first setting of a method, by seed."""
    found = [s for s in material.stored(base=DATASET, method=method) if s.record.stages()]
    return [s for s in found if all(s.row[k] == found[0].row[k] for k in ("data", "setting"))]


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


def _distances(material: Material, runs: Sequence[Stored]) -> tuple[Any, str]:
    """Compute the distances between the named classes, by seed; or say why there are none."""
    import pandas as pd

    known = [stored for stored in runs if stored.reference() is not None]
    if not known:
        return pd.DataFrame(), ""
    reference: Any = known[0].reference()
    roles = named_classes(reference)
    others = [roles[role] for role in ("oligos", "neurons") if role in roles]
    if not {"anchor", "near"} <= set(roles) or not others:
        told = f"No distances: the classes are called {', '.join(ordered(reference))}."
        return pd.DataFrame(), told
    spaces: list[tuple[str, int | None, Any, Any]] = [
        ("ScInfoVAE", stored.seed, stored.embedding, stored.reference()) for stored in known
    ]
    told = ""
    try:
        spaces.append(("PCA-50", None, _components(material, known[0]), reference))
    except (ScInfoVAEError, KeyError) as error:
        told = f"PCA-50 is not shown, because the data are not at hand: {scrub_text(str(error))}"
    pairs: dict[str, Any] = {"anchor": roles["anchor"], "near": roles["near"], "others": others}
    rows = [
        {**dataclasses.asdict(one), "seed": seed}
        for space, seed, points, labels in spaces
        for one in compare_class_distances({space: points}, labels, **pairs)
    ]
    return pd.DataFrame(rows), told


def _components(material: Material, stored: Stored) -> Any:
    """Take the principal components of the cells of a run."""
    from scinfovae.bench.planning.repeat import words_of

    words = [w for w in words_of(material.config(stored.row)) if w.startswith("dataset")]
    with quietly():
        loaded = material.load(words)
    place = {int(row): i for i, row in enumerate(loaded.prepared.cell_index)}
    return loaded.common[[place[int(row)] for row in stored.labels["row"]]]


def _bars(axes: Axes, panel: str, table: Any, measure: str) -> Any:
    """Draw the mean distance of each pair in each space, its seeds, and the number."""
    import pandas as pd

    if table.empty:
        bare(axes)
        not_run(axes)
        return pd.DataFrame({"panel": [panel], "kind": ["not run"]})
    spaces = list(dict.fromkeys(table["space"]))
    pairs = list(dict.fromkeys(table["second"]))
    height = 0.8 / len(spaces)
    room = 0.04 * float(table[measure].max())
    for i, space in enumerate(spaces):
        y = np.arange(len(pairs)) + (i - (len(spaces) - 1) / 2) * height
        own = table[table["space"] == space]
        mean = own.groupby("second")[measure].mean()[pairs].to_numpy()
        sd = own.groupby("second")[measure].std()[pairs].to_numpy()
        axes.barh(y, mean, 0.92 * height, color=_SPACES[space])
        has_seeds, has_sd = own["seed"].notna().any(), np.isfinite(sd).all()
        if has_sd:
            axes.errorbar(mean, y, xerr=sd, color=INK, linestyle="none", linewidth=0.8, capsize=1.5)
        if has_seeds:
            at = y[[pairs.index(pair) for pair in own["second"]]]
            axes.scatter(own[measure], at, 9, "white", edgecolor=INK, linewidth=0.5, zorder=3)
        for one, spread, place in zip(mean, np.nan_to_num(sd), y, strict=True):
            told = f"{one:.2f} ± {spread:.2f}" if has_sd else f"{one:.2f}"
            axes.text(one + spread + room, place, told, va="center")
    axes.set_yticks(range(len(pairs)), [f"{table['first'].iloc[0]}–\n{name}" for name in pairs])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.45 * float(table[measure].max()))
    axes.set_xlabel("in spreads of all cells")
    columns = ["space", "seed", "first", "second", measure, f"{measure}_ratio"]
    return table[columns].assign(panel=panel, kind="distance")
