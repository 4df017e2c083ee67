"""Sparse graphs of nearest neighbours, and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from scinfovae.clustering.neighbours import Neighbours


def neighbour_graph(neighbours: Neighbours) -> csr_array:
    """Connect each cell to its nearest neighbours.

    Parameters
    ----------
    neighbours
        The neighbours of every cell.

    Returns
    -------
    Sparse array of shape (n_cells, n_cells) with a 1 where the column is a neighbour of the row.
    """
    from scipy.sparse import csr_array

    indices = neighbours.indices
    n_cells, n_neighbors = indices.shape
    there = indices >= 0
    if there.all():
        starts = np.arange(0, indices.size + 1, n_neighbors)
    else:
        starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    columns = indices[there]
    graph = csr_array(
        (np.ones(columns.size), columns, starts.astype(np.int32)), shape=(n_cells, n_cells)
    )
    graph.sort_indices()
    return graph


def union_graph(neighbours: Neighbours) -> csr_array:
    """Connect two cells where at least one is among the nearest neighbours of the other.

    Parameters
    ----------
    neighbours
        The neighbours of every cell.

    Returns
    -------
    Symmetric sparse array of shape (n_cells, n_cells) of zeros and ones, no self loops.
    """
    directed = neighbour_graph(neighbours)
    graph = directed.maximum(directed.T.tocsr())
    graph.sort_indices()
    return graph


def components(graph: csr_array) -> tuple[int, NDArray[np.int32]]:
    """Find the connected components of an undirected graph.

    Parameters
    ----------
    graph
        Symmetric sparse array of shape (n_cells, n_cells).

    Returns
    -------
    How many there are, and array of shape (n_cells,): the component of each cell.
    """
    from scipy.sparse.csgraph import connected_components

    count, which = connected_components(graph, directed=False)
    return int(count), which


def join_components(graph: csr_array, points: NDArray[np.float64]) -> tuple[csr_array, int]:
    """Add the few edges that make a graph connected, between components close to each other.

    Components are joined along the minimum spanning tree of their centres; each edge of it
    becomes one edge between the cells nearest to the other component's centre.

    Parameters
    ----------
    graph
        Symmetric sparse array of shape (n_cells, n_cells).
    points
        Array of shape (n_cells, n_dimensions).

    Returns
    -------
    The connected graph, and how many components there were.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial.distance import cdist

    count, which = components(graph)
    if count == 1:
        return graph, count
    members = [np.flatnonzero(which == part) for part in range(count)]
    centres = np.stack([points[cells].mean(axis=0) for cells in members])
    # shifted, because a distance of 0 would read as no edge
    tree = minimum_spanning_tree(cdist(centres, centres) + 1.0).tocoo()
    ends = np.array(
        [
            (
                _nearest(points, members[a], centres[b]),
                _nearest(points, members[b], centres[a]),
            )
            for a, b in zip(tree.row, tree.col, strict=True)
        ]
    )
    rows, columns = np.concatenate([ends, ends[:, ::-1]]).T
    bridges = coo_array((np.ones(len(rows)), (rows, columns)), shape=graph.shape)
    return (graph + bridges).tocsr(), count


def _nearest(points: NDArray[np.float64], cells: NDArray[np.intp], target: NDArray) -> int:
    return int(cells[np.square(points[cells] - target).sum(axis=1).argmin()])
