"""Distances between named classes in an embedding, comparable between spaces (the paper's Fig. 6).

A cell type near another in an embedding says nothing by itself: the data may show it already. So
distances are taken in every space in the same unit, the spread of all cells, and side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.errors import DataError, UsageError, did_you_mean
from scinfovae.metrics.neighbourhoods import finite_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

NEIGHBOURS = 15


@dataclass(frozen=True)
class ClassDistance:
    """How far two classes are from each other in one space.

    Attributes
    ----------
    space
        The name of the space.
    first, second
        The classes.
    centroid
        Distance of their means.
    neighbours
        Mean distance of a cell to its nearest cells of the other class, averaged over both
        classes.
    centroid_ratio, neighbours_ratio
        The same over that of the two classes that are claimed to be near; above 1 where those
        are nearer. 1 for that pair itself.
    """

    space: str
    first: str
    second: str
    centroid: float
    neighbours: float
    centroid_ratio: float
    neighbours_ratio: float


def class_distance(
    points: ArrayLike, labels: ArrayLike, first: str, second: str, *, k: int = NEIGHBOURS
) -> tuple[float, float]:
    """Compute how far two classes are from each other.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    labels
        Names of classes, array of shape (n_cells,).
    first, second
        Two of them.
    k
        How many nearest cells of the other class count; all of them where there are fewer.

    Returns
    -------
    Distance of the means, and mean distance to the `k` nearest cells of the other class averaged
    over both classes. Both are Euclidean, over the root of the mean squared distance of all cells
    to their mean, so that neither the scale of a space nor its position matters.

    Raises
    ------
    DataError
        If points and labels do not go together, or all cells lie at one point.
    UsageError
        If there is no such class, or `k` is below 1.
    """
    cells, names = _checked(points, labels)
    one, other = (cells[names == _known(name, names)] for name in (first, second))
    if k < 1:
        raise UsageError(f"k={k} must be at least 1.")
    scale = np.sqrt(((cells - cells.mean(axis=0)) ** 2).sum(axis=1).mean())
    if not scale > 0:
        raise DataError("All cells lie at one point, so there are no distances to speak of.")
    centroid = float(np.linalg.norm(one.mean(axis=0) - other.mean(axis=0)))
    near = (_mean_nearest(one, other, k) + _mean_nearest(other, one, k)) / 2
    return centroid / float(scale), near / float(scale)


def compare_class_distances(
    spaces: Mapping[str, ArrayLike],
    labels: ArrayLike,
    *,
    anchor: str,
    near: str,
    others: Sequence[str],
    k: int = NEIGHBOURS,
) -> list[ClassDistance]:
    """Compare the distance of two classes with that to others, in several spaces.

    Of Fig. 6: ``anchor="ependymal"``, ``near="endothelial"``, ``others=["oligos", "neurons"]``,
    and the spaces the embedding and the first 50 principal components. An embedding shows what
    the data do not where its ratios are above those in the components.

    Parameters
    ----------
    spaces
        For each name an array of shape (n_cells, n_dimensions).
    labels
        Names of classes, array of shape (n_cells,).
    anchor, near, others
        The class that is looked at, the one that is claimed to be near it, and those that are
        claimed to be farther.
    k
        As in `class_distance`.

    Returns
    -------
    For every space one row for `near` and one for each of `others`.

    Raises
    ------
    DataError, UsageError
        As `class_distance`, and if no other class is named.
    """
    if not others:
        raise UsageError("name at least one other class to compare with.")
    rows = []
    for space, points in spaces.items():
        nearer = class_distance(points, labels, anchor, near, k=k)
        for second in (near, *others):
            found = class_distance(points, labels, anchor, second, k=k)
            ratios = (_ratio(a, b) for a, b in zip(found, nearer, strict=True))
            rows.append(ClassDistance(space, anchor, second, *found, *ratios))
    return rows


def _mean_nearest(cells: NDArray[np.float64], others: NDArray[np.float64], k: int) -> float:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(k, len(others)), algorithm="brute").fit(others)
    return float(search.kneighbors(cells)[0].mean())


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")


def _known(name: str, names: NDArray[np.str_]) -> str:
    known = np.unique(names).tolist()
    if name not in known:
        raise UsageError(
            f"there is no class '{name}'.{did_you_mean(name, known)} Known are {', '.join(known)}."
        )
    return name


def _checked(points: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    cells, names = finite_matrix(points), np.asarray(labels).astype(str)
    if names.shape != (len(cells),):
        raise DataError(
            f"Labels of shape {names.shape} do not go with {len(cells)} cells; one each is needed."
        )
    return cells, names
