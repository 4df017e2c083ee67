"""How well separated clusters are in a space, without any reference labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scinfovae.errors import DataError, UsageError
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EXACT_SILHOUETTE_CELLS = 50_000
# small enough to stay in a processor's cache, which halves the time
_CHUNK_ENTRIES = 500_000
_NO_SCORE = float("nan")


def silhouette(embedding: ArrayLike, predicted: ArrayLike) -> float:
    """Compute the mean silhouette width over all cells (Rousseeuw, 1987), Euclidean.

    Exact, from blocks of rows of the distance matrix, so that memory stays at some MB beside the
    embedding while time grows with the square of the number of cells.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    A number in [-1, 1]; NaN where it is not defined, with one cluster or one cell in each.

    Raises
    ------
    DataError
        If the embedding is not a finite matrix with one row per label.
    """
    points, codes = _checked(embedding, predicted)
    sizes = np.bincount(codes)
    if not _is_defined(sizes):
        return _NO_SCORE
    by_cluster = np.argsort(codes, kind="stable")
    points, codes = points[by_cluster] - points.mean(axis=0), codes[by_cluster]
    squares = np.einsum("ij,ij->i", points, points)
    step = max(1, _CHUNK_ENTRIES // len(points))
    total = 0.0
    for start in range(0, len(points), step):
        rows = slice(start, start + step)
        total += _widths(points, squares, sizes, codes, rows).sum()
    return float(total / len(points))


def calinski_harabasz(embedding: ArrayLike, predicted: ArrayLike) -> float:
    """Compute the ratio of the variance between clusters to that within (Calinski, 1974).

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    A number that is not negative; its scale depends on the space, so it compares labelings
    of one embedding, not embeddings. 1 where every cluster is a single point repeated, as in
    scikit-learn; NaN with one cluster or one cell in each.

    Raises
    ------
    DataError
        If the embedding is not a finite matrix with one row per label.
    """
    from sklearn.metrics import calinski_harabasz_score

    points, codes = _checked(embedding, predicted)
    if not _is_defined(np.bincount(codes)):
        return _NO_SCORE
    return float(calinski_harabasz_score(points, codes))


def subsample(n_cells: int, seed: int, limit: int = EXACT_SILHOUETTE_CELLS) -> NDArray[np.intp]:
    """Choose the cells on which the silhouette is computed.

    Parameters
    ----------
    n_cells
        How many cells there are.
    seed
        The seed of the run.
    limit
        How many cells are taken at most.

    Returns
    -------
    Sorted row numbers: all of them up to `limit` cells, else `limit` without repeats.

    Raises
    ------
    UsageError
        If `limit` is below 2.
    """
    if limit < 2:
        raise UsageError(f"A silhouette needs at least 2 cells, not {limit}.")
    if n_cells <= limit:
        return np.arange(n_cells)
    rng = np.random.default_rng(derive_seed(seed, "metric/silhouette"))
    return np.sort(rng.choice(n_cells, size=limit, replace=False))


def _widths(
    points: NDArray[np.float64],
    squares: NDArray[np.float64],
    sizes: NDArray[np.intp],
    codes: NDArray[np.intp],
    rows: slice,
) -> NDArray[np.float64]:
    """Silhouette widths of some cells; all are sorted by cluster, and a lone cell has width 0."""
    distances = points[rows] @ points.T
    distances *= -2.0
    distances += squares[rows, None]
    distances += squares
    np.maximum(distances, 0.0, out=distances)
    np.sqrt(distances, out=distances)
    own = codes[rows]
    here = np.arange(len(own))
    # a cell is no neighbour of itself; rounding alone would leave a small distance there
    distances[here, here + rows.start] = 0.0
    sums = np.add.reduceat(distances, np.cumsum(sizes) - sizes, axis=1)
    within = sums[here, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[here, own] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    widths = np.divide(nearest - within, larger, out=np.zeros_like(larger), where=larger > 0)
    return np.where(sizes[own] == 1, 0.0, widths)


def _is_defined(sizes: NDArray[np.intp]) -> bool:
    return 2 <= len(sizes) < sizes.sum()


def _checked(
    embedding: ArrayLike, predicted: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    points = np.asarray(embedding, dtype=np.float64)
    codes = np.unique(np.asarray(predicted), return_inverse=True)[1]
    if points.ndim != 2 or len(points) != codes.size or codes.ndim != 1:
        raise DataError(
            f"An embedding of shape {points.shape} does not go with labels of shape "
            f"{np.shape(predicted)}; there must be one row per label."
        )
    if not np.isfinite(points).all():
        raise DataError("The embedding holds NaN or infinite values; nothing can be scored on it.")
    return points, codes
