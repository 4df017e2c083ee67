"""The nearest neighbours of cells, exact, with ties decided by the order of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scinfovae.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_KEPT_ENTRIES = 40_000_000


class Neighbourhoods:
    """The nearest neighbours in some data, found once for all embeddings of them.

    Kept where they need at most 160 MB, which is 26 000 cells with 1500 neighbours each; else
    they are found anew each time.

    Parameters
    ----------
    points
        The data, array of shape (n_cells, n_features).

    Raises
    ------
    DataError
        If that is not a finite matrix.
    """

    def __init__(self, points: ArrayLike) -> None:
        self.points = finite_matrix(points)
        self._k = 0
        self._found: dict[int, NDArray[np.int32]] = {}

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.points)

    def of(self, rows: slice, k: int) -> NDArray[np.intp] | NDArray[np.int32]:
        """Find the k nearest neighbours of some cells.

        Parameters
        ----------
        rows
            The cells.
        k
            How many neighbours.

        Returns
        -------
        Array of shape (number of rows, k), nearest first.
        """
        if k * len(self) > _KEPT_ENTRIES:
            return nearest(self.points, rows, k)
        if k > self._k:
            self._k, self._found = k, {}
        if rows.start not in self._found or len(self._found[rows.start]) < rows.stop - rows.start:
            self._found[rows.start] = nearest(self.points, rows, self._k).astype(np.int32)
        return self._found[rows.start][: rows.stop - rows.start, :k]


def nearest(points: NDArray[np.float64], rows: slice, k: int) -> NDArray[np.intp]:
    """Find the k nearest cells of some cells, Euclidean; a cell is no neighbour of itself.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    rows
        The cells whose neighbours are wanted.
    k
        How many.

    Returns
    -------
    Array of shape (number of rows, k), nearest first; of cells at the same distance the one that
    comes first is the nearer.
    """
    from scipy.spatial.distance import cdist

    distances = cdist(points[rows], points, "sqeuclidean")
    here = np.arange(len(distances))
    distances[here, here + rows.start] = np.inf
    found = np.argpartition(distances, k - 1, axis=1)[:, :k]
    kth = np.take_along_axis(distances, found, axis=1).max(axis=1, keepdims=True)
    # which of several cells at the k-th distance belong to them is decided by their order alone
    tied = np.flatnonzero((distances <= kth).sum(axis=1) > k)
    for row in tied:
        closer, equal = (how(distances[row], kth[row]) for how in (np.less, np.equal))
        room = k - np.count_nonzero(closer)
        found[row] = np.concatenate([np.flatnonzero(closer), np.flatnonzero(equal)[:room]])
    found.sort(axis=1)
    order = np.argsort(np.take_along_axis(distances, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def finite_matrix(values: ArrayLike) -> NDArray[np.float64]:
    """Take data or an embedding as a float64 matrix.

    Parameters
    ----------
    values
        Array of shape (n_cells, n_dimensions).

    Returns
    -------
    The same in float64.

    Raises
    ------
    DataError
        If it is no matrix, or not finite.
    """
    points = np.asarray(values, dtype=np.float64)
    if points.ndim != 2:
        raise DataError(
            f"Data or an embedding of shape {points.shape} do not hold one row per cell; a matrix "
            "is needed."
        )
    if not np.isfinite(points).all():
        raise DataError("The data or the embedding holds NaN or infinite values.")
    return points
