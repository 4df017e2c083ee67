"""Classes and clusters as they are drawn: a colour and a marker each, clusters after classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's colours, readable with every common colour blindness; beyond them the shape changes
COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#000000",
)
MARKERS = ("o", "^", "s", "D", "v", "P", "*", "X")


def match_clusters(reference: np.ndarray, predicted: np.ndarray) -> dict[Any, int]:
    """Give each cluster the index of the class it shares most cells with, each class once.

    Parameters
    ----------
    reference, predicted
        Arrays of shape (n_cells,).

    Returns
    -------
    Index of a class in the order of `ordered`, by cluster; further clusters get further indices.
    """
    from scipy.optimize import linear_sum_assignment

    classes = ordered(reference)
    place = {name: i for i, name in enumerate(classes)}
    row = np.array([place[name] for name in reference.tolist()])
    clusters, column = np.unique(predicted, return_inverse=True)
    together = np.zeros((len(classes), len(clusters)), dtype=np.int64)
    np.add.at(together, (row, column), 1)
    which, whose = linear_sum_assignment(-together.T)
    matched = dict(zip(which.tolist(), whose.tolist(), strict=True))
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
    """Give the colour of a class; every further round of the palette is darker.

    Parameters
    ----------
    place
        Index of the class.

    Returns
    -------
    Red, green and blue.
    """
    from matplotlib.colors import to_rgb

    lap, index = divmod(place, len(COLOURS))
    red, green, blue = (0.6**lap * channel for channel in to_rgb(COLOURS[index]))
    return red, green, blue


def marker_of(place: int) -> str:
    """Give the marker of a class; it changes with every round of the palette.

    Parameters
    ----------
    place
        Index of the class.

    Returns
    -------
    For matplotlib.
    """
    return MARKERS[place // len(COLOURS) % len(MARKERS)]


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
    """Draw cells in the plane by class.

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
    for value, place in sorted(places.items(), key=lambda pair: pair[1]):
        own = points[values == value]
        axes.scatter(
            own[:, 0],
            own[:, 1],
            s=size,
            color=colour_of(place),
            marker=marker_of(place),
            linewidths=0,
            alpha=0.75,
            rasterized=True,
        )


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

    return [
        (
            Line2D(
                [], [], linestyle="none", marker=marker_of(i), color=colour_of(i), markersize=4.2
            ),
            str(value)[:28],
        )
        for value, i in sorted(places.items(), key=lambda pair: pair[1])
    ]
