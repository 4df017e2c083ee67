"""Classes and clusters as they are drawn: a colour and a marker each, clusters after classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.short_names import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's colours, readable with every common colour blindness; the others were found one by
# one, each as far as can be from those before it, from white, and so with red-green blindness too
COLOURS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"),
    *("#7800FF", "#00E196", "#5A0F00", "#E100FF", "#3C5A00", "#FFA5FF", "#000087", "#A50F69"),
    *("#5A2D96", "#003C4B", "#0F00E1", "#875A3C", "#FF3C69", "#E100A5", "#3C0F5A", "#7869E1"),
    *("#B4A596", "#00F000", "#FFC396", "#78B41E", "#96E1D2", "#D2001E", "#693C5A", "#875A96"),
)
MARKERS = ("o", "^", "s", "D", "v", "P", "*", "X")
_SAME_MARKER = 8
_LONGEST = 28
MATCHED = (
    "A cluster has the colour of the class it shares most cells with, if no cluster shares more "
    "with that class; all other clusters have colours that no class has."
)


def match_clusters(reference: np.ndarray, predicted: np.ndarray) -> dict[Any, int]:
    """Give each cluster the index of its commonest class, each class once: to the largest share.

    Parameters
    ----------
    reference, predicted
        Arrays of shape (n_cells,).

    Returns
    -------
    Index of a class in the order of `ordered`, by cluster; a cluster whose commonest class shares
    more cells with another cluster gets an index after those of all classes.
    """
    classes = ordered(reference)
    place = {name: i for i, name in enumerate(classes)}
    row = np.array([place[name] for name in reference.tolist()])
    clusters, column = np.unique(predicted, return_inverse=True)
    together = np.zeros((len(classes), len(clusters)), dtype=np.int64)
    np.add.at(together, (row, column), 1)
    pairs = np.argwhere(together == together.max(axis=0))
    matched: dict[int, int] = {}
    for which, cluster in sorted(pairs.tolist(), key=lambda pair: -together[tuple(pair)]):
        if cluster not in matched and which not in matched.values():
            matched[cluster] = which
    free = iter(range(len(classes), len(classes) + len(clusters)))
    return {
        cluster: matched[i] if i in matched else next(free)
        for i, cluster in enumerate(clusters.tolist())
    }


def ordered(labels: np.ndarray) -> list[Any]:
    """Sort the different labels, those that are numbers by their value.

    Parameters
    ----------
    labels
        Array of shape (n_cells,).

    Returns
    -------
    Each label once.
    """
    different = np.unique(labels).tolist()
    if all(str(label).isdigit() for label in different):
        return sorted(different, key=int)
    return list(different)


def colour_of(place: int) -> tuple[float, float, float]:
    """Give the colour of a class, different for the first 32.

    Parameters
    ----------
    place
        Index of the class.

    Returns
    -------
    Red, green and blue.
    """
    from matplotlib.colors import to_rgb

    return to_rgb(COLOURS[place % len(COLOURS)])


def marker_of(place: int) -> str:
    """Give the marker of a class; it changes after every eight.

    Parameters
    ----------
    place
        Index of the class.

    Returns
    -------
    For matplotlib.
    """
    return MARKERS[place // _SAME_MARKER % len(MARKERS)]


def marker_size(n_cells: int) -> float:
    """Give the area of a marker; the more cells, the smaller.

    Parameters
    ----------
    n_cells
        How many are drawn in one panel.

    Returns
    -------
    In points^2.
    """
    return float(np.clip(9000 / n_cells, 2, 20))


def places_of(reference: np.ndarray | None, values: np.ndarray) -> dict[Any, int]:
    """Give every class or cluster its index in the palette.

    Parameters
    ----------
    reference
        The classes, array of shape (n_cells,), with which clusters share colours; None if there
        are none.
    values
        What is drawn, array of shape (n_cells,).

    Returns
    -------
    Index by class or cluster.
    """
    if reference is None:
        return {value: place for place, value in enumerate(ordered(values))}
    return match_clusters(reference, values)


def scatter_classes(
    axes: Axes, points: np.ndarray, values: np.ndarray, places: dict[Any, int], size: float
) -> None:
    """Draw cells in the plane by class, in a random order that is always the same.

    Parameters
    ----------
    axes
        The panel.
    points
        Array of shape (n_cells, 2).
    values
        Class of each cell.
    places
        What `places_of` gives.
    size
        Area of a marker in points^2.
    """
    from matplotlib.markers import MarkerStyle

    # class after class, the last would cover all others
    order = np.random.default_rng(0).permutation(len(points))
    own = [places[value] for value in values[order].tolist()]
    styles = {name: MarkerStyle(name) for name in dict.fromkeys(map(marker_of, own))}
    paths = {
        name: style.get_path().transformed(style.get_transform()) for name, style in styles.items()
    }
    drawn = axes.scatter(
        points[order, 0],
        points[order, 1],
        s=size,
        color=[colour_of(place) for place in own],
        linewidths=0,
        alpha=0.75,
        rasterized=True,
    )
    drawn.set_paths([paths[marker_of(place)] for place in own])


def class_legend(places: dict[Any, int]) -> list[tuple[Any, str]]:
    """Make the legend of some classes.

    Parameters
    ----------
    places
        Index by class.

    Returns
    -------
    Handles with names.
    """
    from matplotlib.lines import Line2D

    order = sorted(places.items(), key=lambda pair: pair[1])
    names = shortened([str(value) for value, _ in order], _LONGEST)
    how: dict[str, Any] = {"linestyle": "none", "markersize": 4.2}
    return [
        (Line2D([], [], marker=marker_of(i), color=colour_of(i), **how), name)
        for (_, i), name in zip(order, names, strict=True)
    ]
