"""Nearest neighbours of every cell, without any n x n matrix.

How they are searched depends on how many dimensions and cells there are, as measured (one thread,
15 neighbours, seconds of processor time; from clusters, and from one round normal cloud):

=================  ==================  ============  ============
cells x dimensions  kd-tree             brute force   NN-descent
=================  ==================  ============  ============
100 000 x 10        5, and 26           36            28
100 000 x 15        15, and 110         28-40
100 000 x 50        151, and 700        51
10^6 x 10           100, and 530        2600          107
10^6 x 15           600, and 7600       2800
=================  ==================  ============  ============
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# up to so many dimensions a kd-tree is exact and fast enough however many cells there are
TREE_DIMENSIONS = 10
# with more dimensions, the search is exact up to so many cells: by kd-tree up to 15 dimensions ...
EXACT_CELLS = 100_000
# ... and by comparing all pairs beyond, where a kd-tree would look at nearly all of them anyway
_EXACT_TREE_DIMENSIONS = 15
RECALL_CELLS = 1000
# the descent finds more of the nearest where it looks for more
_DESCENT_NEIGHBORS = 30
_LEAF_CELLS = 32
_CHUNK_CELLS = 20_000


@dataclass(frozen=True)
class Neighbours:
    """The nearest neighbours of every cell.

    Parameters
    ----------
    indices
        Array of shape (n_cells, n_neighbors), int32: rows of the neighbours, never the cell
        itself; -1 where an approximate search found too few.
    info
        ``neighbours``: "exact" or "nn-descent"; of the latter also ``neighbour_recall``, the
        share of the true neighbours that were found for ``neighbour_recall_cells`` random cells.
    """

    indices: NDArray[np.int32]
    info: dict[str, Any] = field(default_factory=lambda: {"neighbours": "exact"})


def nearest_neighbours(points: NDArray[np.float64], n_neighbors: int, seed: int = 0) -> Neighbours:
    """Find the nearest neighbours of every cell (Euclidean).

    Exact up to 100 000 cells, and for any number of cells in up to 10 dimensions; else by
    nearest-neighbour descent (Dong, Moses and Li, 2011), which is approximate and seeded.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_neighbors
        How many neighbours; all other cells where there are fewer.
    seed
        Seed of the approximate search, below 2**32; the exact one leaves nothing to chance.

    Returns
    -------
    The neighbours, and how they were found.
    """
    n_cells, n_dimensions = points.shape
    n_neighbors = min(n_neighbors, n_cells - 1)
    if n_cells > EXACT_CELLS and n_dimensions > TREE_DIMENSIONS:
        return _by_descent(points, n_neighbors, seed)
    if n_dimensions <= _EXACT_TREE_DIMENSIONS:
        return Neighbours(_by_tree(points, n_neighbors))
    return Neighbours(_by_brute_force(points, n_neighbors))


def _by_tree(points: NDArray[np.float64], n_neighbors: int) -> NDArray[np.int32]:
    from scipy.spatial import KDTree

    # cells near in space are put near in memory, which at 10^6 cells is three times as fast
    order = KDTree(points, leafsize=_LEAF_CELLS).indices
    near = points[order]
    tree = KDTree(near, leafsize=_LEAF_CELLS)
    found = np.empty((len(points), n_neighbors), dtype=np.int32)
    for start in range(0, len(points), _CHUNK_CELLS):
        rows = np.arange(start, min(start + _CHUNK_CELLS, len(points)))
        _, indices = tree.query(near[rows], n_neighbors + 1)
        found[order[rows]] = order[_others(indices, rows)]
    return found


def _by_brute_force(points: NDArray[np.float64], n_neighbors: int) -> NDArray[np.int32]:
    """Compare all pairs, in blocks whose distances are forgotten at once."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(points)
    return search.kneighbors(return_distance=False).astype(np.int32)


def _by_descent(points: NDArray[np.float64], n_neighbors: int, seed: int) -> Neighbours:
    import warnings

    from pynndescent import NNDescent

    centred = (points - points.mean(axis=0)).astype(np.float32)
    with warnings.catch_warnings():
        # the share that was found is measured below
        warnings.simplefilter("ignore")
        # with more jobs the result would depend on how many
        search = NNDescent(
            centred,
            n_neighbors=max(_DESCENT_NEIGHBORS, n_neighbors + 1),
            random_state=seed,
            n_jobs=1,
        )
        indices = search.neighbor_graph[0]
    found = _others(indices, np.arange(len(points)))[:, :n_neighbors].astype(np.int32)
    cells = np.random.default_rng(seed).choice(
        len(points), min(RECALL_CELLS, len(points)), replace=False
    )
    info = {
        "neighbours": "nn-descent",
        "neighbour_recall": recall(points, found, cells),
        "neighbour_recall_cells": len(cells),
    }
    return Neighbours(found, info)


def recall(
    points: NDArray[np.float64], indices: NDArray[np.int32], cells: NDArray[np.intp]
) -> float:
    """Measure how many of the true neighbours of some cells were found.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    indices
        Array of shape (n_cells, n_neighbors), -1 where none was found.
    cells
        Rows of the cells to look at.

    Returns
    -------
    The share of the neighbours given that are no farther than the last true one.
    """
    from sklearn.neighbors import NearestNeighbors

    n_neighbors = indices.shape[1]
    search = NearestNeighbors(n_neighbors=n_neighbors + 1, algorithm="brute").fit(points)
    # the cell itself is the nearest of all
    last = search.kneighbors(points[cells])[0][:, -1]
    given = indices[cells]
    distances = np.linalg.norm(points[given] - points[cells, None], axis=2)
    # equal distances are rounded differently by matrix products
    near = (distances <= last[:, None] * (1 + 1e-6)) & (given >= 0)
    return float(near.mean())


def _others(indices: NDArray[np.integer], cells: NDArray[np.intp]) -> NDArray[np.integer]:
    """Drop each cell from its own neighbours, or the last one where it is not among them."""
    itself = indices == cells[:, None]
    itself[~itself.any(axis=1), -1] = True
    return indices[~itself].reshape(len(indices), -1)
