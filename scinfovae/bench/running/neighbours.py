"""What embeddings keep of the neighbourhoods in the data, as it stands in a record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import LoadedData
    from scinfovae.methods import MethodInfo, MethodResult
    from scinfovae.metrics.neighbourhoods import Neighbourhoods


def wants_structure(recipe: Recipe) -> bool:
    """Tell whether neighbourhoods are to be scored.

    Parameters
    ----------
    recipe
        What is asked for.

    Returns
    -------
    What ``structure`` says, on ``figure4`` where it says ``auto``.
    """
    wanted = recipe.settings.structure
    return recipe.dataset.name == "figure4" if wanted == "auto" else wanted


def lacks_structure(metrics: Mapping[str, Any], stages: Iterable[str], recipe: Recipe) -> bool:
    """Tell whether a record lacks scores of neighbourhoods that are asked for.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``.
    stages
        The stages that have an embedding.
    recipe
        What is asked for.

    Returns
    -------
    Whether any stage is without.
    """
    there = metrics.get("structure", {})
    return wants_structure(recipe) and any(stage not in there for stage in stages)


def score_neighbourhoods(
    metrics: dict[str, Any], stages: Mapping[str, np.ndarray], data: LoadedData, log: RunLog
) -> None:
    """Score the neighbourhoods of every stage.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``; gains ``structure`` and ``structure_space``.
    stages
        Embeddings by stage, arrays of shape (n_cells, n_dimensions).
    data
        The data.
    log
        Hears of data that are too small.
    """
    around, placed = _around(data)
    metrics["structure_space"] = "pca" if data.prepared.has_counts else "data"
    metrics["structure"] = {name: _scores(around, e[placed]) for name, e in stages.items()}
    if any(not scores["k"] for scores in metrics["structure"].values()):
        log.message("there are too few cells for neighbourhoods of 100 and more")


def score_new_cells(
    metrics: dict[str, Any], result: MethodResult, info: MethodInfo, data: LoadedData
) -> None:
    """Embed cells that were not trained on, where there are such, and score their neighbourhoods.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``; gains ``structure_new``.
    result, info
        What the method returned, and the method.
    data
        The data.
    """
    if data.dataset.new_cells is None:
        return
    if "new_cells" not in data.made:
        drawn = data.dataset.new_cells()
        data.made["new_cells"] = drawn, _neighbourhoods(drawn.X)
    adata, around = data.made["new_cells"]
    told: dict[str, Any] = {"n_cells": adata.n_obs, "message": ""}
    if result.embed is None:
        told["message"] = f"{info.title} embeds no new cells."
    else:
        start = time.perf_counter()
        embedding = result.embed(adata)
        told |= {"seconds": time.perf_counter() - start, "final": _scores(around, embedding)}
    metrics["structure_new"] = told


def _around(data: LoadedData) -> tuple[Neighbourhoods, np.ndarray]:
    """Find whose neighbourhoods count, and the rows of the prepared cells that are among them."""
    import numpy as np

    if "around" not in data.made:
        if data.prepared.has_counts:
            placed = np.flatnonzero(~np.isnan(data.common).any(axis=1))
            space = data.common[placed]
        else:
            # as they are, whatever a recipe makes of them
            placed, space = data.prepared.cell_index, data.dataset.adata.X
        data.made["around"] = _neighbourhoods(space), placed
    found: tuple[Neighbourhoods, np.ndarray] = data.made["around"]
    return found


def _neighbourhoods(points: np.ndarray) -> Neighbourhoods:
    from scinfovae.metrics.neighbourhoods import Neighbourhoods

    return Neighbourhoods(points)


def _scores(around: Neighbourhoods, embedding: np.ndarray) -> dict[str, list[Any]]:
    from scinfovae.metrics.structure import STRUCTURE_KS, structure_scores

    if len(around) <= STRUCTURE_KS[0]:
        names = ("k", "overlap", "chance_overlap", "agreement", "chance_agreement")
        return {name: [] for name in names}
    return structure_scores(around, embedding)
