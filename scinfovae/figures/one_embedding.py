"""One embedding in full: three views of it, the confusion matrix, and the purity of clusters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.classes import (
    MATCHED,
    class_legend,
    marker_size,
    match_clusters,
    ordered,
    scatter_classes,
)
from scinfovae.figures.colours import OURS
from scinfovae.figures.confusion import draw_confusion, draw_purity
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.page import Page
from scinfovae.figures.plane import plane_of, principal_components, umap_dimensions
from scinfovae.figures.style import bare, letter
from scinfovae.tables.data_names import data_order
from scinfovae.tables.measures import clusterer_title

if TYPE_CHECKING:
    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.stored import Stored

_VIEW_MM = 44.0


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw a page for every dataset with a run: of ScInfoVAE, or of the methods words name.

    Parameters
    ----------
    material
        Runs with their embeddings.
    info
        The figure.

    Returns
    -------
    The pages.
    """
    if material.root is None:
        return [NotDrawn("the export holds no embeddings")]
    drawings: list[Drawing | NotDrawn] = []
    skipped: list[str] = []
    for stored in runs_to_show(material):
        if stored.reference() is None:
            skipped.append(str(stored.row["data"]))
        else:
            drawings.append(_page(stored, _clusterer(stored, material), info))
    if skipped:
        drawings.append(NotDrawn(f"no reference labels: {', '.join(skipped)}"))
    if drawings:
        return drawings
    return [NotDrawn(material.why_none(**_only_method(material)))]


def _only_method(material: Material) -> dict[str, str]:
    methods = material.chosen("method") or [OURS]
    return {"method": methods[0]} if len(methods) == 1 else {}


def runs_to_show(material: Material) -> list[Stored]:
    """Take one finished run for every data and method: the lowest seed, never the best.

    Parameters
    ----------
    material
        Runs with their embeddings; ScInfoVAE unless words name methods.

    Returns
    -------
    The runs, in the order of the datasets.
    """
    methods = material.chosen("method") or [OURS]
    found: dict[tuple[str, str], Stored] = {}
    for method in methods:
        for stored in material.stored(method=method):
            if stored.record.stages():
                found.setdefault((str(stored.row["data"]), method), stored)
    if material.records is None:
        return []
    order = data_order([data for data, _ in found], material.records.runs)
    return [found[data, m] for data in order for m in methods if (data, m) in found]


def file_stem(info: FigureInfo, stored: Stored) -> str:
    """Name the files of a page about one run.

    Parameters
    ----------
    info
        The figure.
    stored
        The run.

    Returns
    -------
    E.g. ``"embedding_muraro"``; the method is named where it is not ScInfoVAE. Only letters,
    digits and a few signs, whatever the data are called.
    """
    parts = [info.name, str(stored.row["data"])]
    parts += [str(stored.row["method"])] if stored.row["method"] != OURS else []
    return re.sub(r"[^A-Za-z0-9.=-]+", "_", "_".join(parts)).strip("_")[:100]


def _clusterer(stored: Stored, material: Material) -> str:
    """Choose the predicted labels: those words name, else its own, else K-means."""
    columns = map(str, stored.labels)
    keys = [c.removeprefix("final.") for c in columns if c.startswith("final.")]
    first = [key for key in ("own", "kmeans") if key in keys] + keys
    if "clusterer" in material.choice.wanted:
        first = material.choice.clusterers(keys) or first
    return next(iter(first), "")


def _page(stored: Stored, clusterer: str, info: FigureInfo) -> Drawing:
    import pandas as pd

    reference: Any = stored.reference()
    predicted = stored.predicted(clusterer)
    predicted = reference if predicted is None else predicted
    views = _views(stored)
    classes = {value: place for place, value in enumerate(ordered(reference))}
    clusters = match_clusters(reference, predicted)
    title = f"{info.title}: {stored.row['data']}, {stored.row['title']}"
    notes = [
        f"Seed {stored.seed}, {len(reference)} cells; predicted by {clusterer_title(clusterer)}. "
        f"t-SNE and UMAP: axes have no unit. {MATCHED} Purity: the share of a cluster that is of "
        "its commonest class."
    ]
    if stored.row["short"]:
        notes.append("A short preset: a first look.")
    tall = max(len(classes), len(clusters)) * 3.0
    page = Page(2 * _VIEW_MM + max(38.0, tall + 22), title, notes, class_legend(classes), columns=6)
    above, below = page.body.subfigures(2, 1, height_ratios=[2 * _VIEW_MM, max(38.0, tall + 22)])
    grid = above.subplots(2, len(views))
    tables = []
    rows = (("reference", reference, classes), ("predicted", predicted, clusters))
    for line, (kind, values, places) in zip(grid, rows, strict=True):
        for axes, (name, (shown, points, labels)) in zip(line, views.items(), strict=True):
            bare(axes)
            scatter_classes(axes, points, values[shown], places, marker_size(len(shown)) / 2)
            if kind == "reference":
                axes.set_title(name.partition(",")[0])
            axes.set_xlabel(labels[0])
            axes.set_ylabel(labels[1] if axes is not line[0] else f"{kind}\n{labels[1]}".strip())
            cells = {"view": name, "cell_id": stored.labels["cell_id"].to_numpy()[shown]}
            if kind == "reference":
                more = {"x": points[:, 0], "y": points[:, 1]}
                labelled = {"reference": reference[shown], "predicted": predicted[shown]}
                tables.append(pd.DataFrame({"panel": "cells", **cells, **more, **labelled}))
    left, right = below.subplots(1, 2, width_ratios=[1.5, 1])
    tables.append(draw_confusion(left, reference, predicted, clusters))
    tables.append(draw_purity(right, reference, predicted, clusters))
    for axes, name in ((grid[0][0], "a"), (left, "b"), (right, "c")):
        letter(axes, name)
    data = stack(tables)
    return Drawing(file_stem(info, stored), title, page.figure, data, tuple(notes))


def _views(stored: Stored) -> dict[str, Any]:
    """Bring the embedding to the plane in three ways: cells, points and names of the axes."""
    embedding = stored.embedding
    every = np.arange(len(embedding))
    none = ("", "")
    first: tuple[str, Any]
    if embedding.shape[1] <= 2:
        points = embedding if embedding.shape[1] == 2 else principal_components(embedding)[0]
        first = ("embedding", (every, points, ("z1", "z2")))
    else:
        points, share = principal_components(embedding)
        axes = tuple(f"PC{i + 1} ({100 * share[i]:.0f} %)" for i in range(2))
        first = ("principal components", (every, points, axes))
    shown, tsne = plane_of(stored)
    umap = umap_dimensions(embedding[shown], stored.seed)
    return dict([first, ("t-SNE", (shown, tsne, none)), ("UMAP", (shown, umap, none))])
