"""How classes spread over clusters, and how pure each cluster is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.classes import colour_of, ordered
from scinfovae.figures.short_names import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_CLASSES = 30
_MOST_NUMBERS = 16
_MOST_CHARACTERS = 48
_LONGEST_CLASS, _LONGEST_CLUSTER = 30, 8


def draw_confusion(axes: Axes, reference: Any, predicted: Any, clusters: dict[Any, int]) -> Any:
    """Draw how the cells of each class spread over clusters; gives the counts.

    Parameters
    ----------
    axes
        The panel.
    reference, predicted
        Classes and clusters, arrays of shape (n_cells,).
    clusters
        Index of each cluster in the palette.

    Returns
    -------
    One row per class and cluster: ``cells``, and their ``share`` of the class.
    """
    import pandas as pd

    order = sorted(clusters, key=lambda cluster: clusters[cluster])
    classes = ordered(reference)
    table = pd.crosstab(pd.Series(reference), pd.Series(predicted)).reindex(
        index=classes, columns=order, fill_value=0
    )
    share = table.to_numpy() / table.to_numpy().sum(axis=1, keepdims=True)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02, ticks=[0, 0.5, 1])
    bar.set_label("share of the class")
    bar.outline.set(visible=False)
    sizes = table.to_numpy().sum(axis=1)
    named = shortened([str(name) for name in classes], _LONGEST_CLASS, [f" ({n})" for n in sizes])
    if len(classes) <= _MOST_CLASSES:
        axes.set_yticks(range(len(classes)), named)
    names = shortened([str(name) for name in order], _LONGEST_CLUSTER)
    turned = 90 if len(names) * (max(map(len, names)) + 1) > _MOST_CHARACTERS else 0
    axes.set_xticks(range(len(names)), names, rotation=turned)
    axes.set_xlabel("cluster")
    axes.set_ylabel("class (cells)")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if len(classes) <= _MOST_NUMBERS and len(order) <= _MOST_NUMBERS:
        for i, j in np.ndindex(*share.shape):
            if share[i, j] >= 0.1:
                ink = "white" if share[i, j] > 0.55 else "#222222"
                axes.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", color=ink)
    table.index.name, table.columns.name = "reference", "predicted"
    long = table.reset_index().melt("reference", value_name="cells")
    whole = long.groupby("reference")["cells"].transform("sum")
    return long.assign(panel="confusion", share=long["cells"] / whole)


def draw_purity(axes: Axes, reference: Any, predicted: Any, clusters: dict[Any, int]) -> Any:
    """Draw the purity of every cluster; gives it.

    Parameters
    ----------
    axes
        The panel.
    reference, predicted
        Classes and clusters, arrays of shape (n_cells,).
    clusters
        Index of each cluster in the palette.

    Returns
    -------
    One row a cluster: its ``commonest`` class, its ``cells``, and its ``purity``.
    """
    import pandas as pd

    rows = []
    for cluster in sorted(clusters, key=lambda c: clusters[c]):
        own = reference[predicted == cluster]
        classes, counts = np.unique(own, return_counts=True)
        commonest = classes[counts.argmax()]
        told = {"predicted": cluster, "commonest": commonest, "cells": len(own)}
        rows.append({**told, "purity": float(counts.max() / len(own))})
    table = pd.DataFrame(rows).assign(panel="purity")
    colours = [colour_of(clusters[name]) for name in table["predicted"]]
    axes.barh(range(len(table)), table["purity"], 0.74, color=colours)
    names = shortened([str(name) for name in table["predicted"]], _LONGEST_CLUSTER)
    axes.set_yticks(range(len(table)), names)
    for i, (share, n) in enumerate(zip(table["purity"], table["cells"], strict=True)):
        axes.text(share + 0.02, i, str(n), va="center")
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xlim(0, 1.22)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xlabel("purity (number: cells of the cluster)")
    axes.set_ylabel("cluster")
    return table
