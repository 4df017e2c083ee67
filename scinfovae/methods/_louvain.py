"""Louvain communities of an embedding, as the authors of several methods find them with scanpy."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering.knn import union_graph
from scinfovae.clustering.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igraph import Graph


def neighbour_network(embedding: np.ndarray, n_neighbors: int, seed: int) -> Graph:
    """Build the graph of scanpy's ``pp.neighbors``, every connection an edge without a weight.

    Without weights, as scanpy's Louvain takes it by default, that graph is the union of the
    nearest neighbours; scanpy counts a cell among its own.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    n_neighbors
        Size of the neighbourhoods, the cell itself included; smaller where there are fewer cells.
    seed
        Of the search for neighbours, where so many cells allow no exact one.

    Returns
    -------
    Undirected graph of the cells.
    """
    import igraph

    points = np.asarray(embedding, dtype=np.float64)
    graph = union_graph(nearest_neighbours(points, n_neighbors - 1, seed))
    rows = np.repeat(np.arange(len(embedding)), np.diff(graph.indptr))
    once = rows < graph.indices
    return igraph.Graph(len(embedding), np.stack([rows[once], graph.indices[once]], axis=1))


def louvain(
    network: Graph, resolution: float, seed: int, *, use_weights: bool = False
) -> np.ndarray:
    """Find Louvain communities.

    Parameters
    ----------
    network
        Undirected graph of the cells.
    resolution
        Larger values give more and smaller communities.
    seed
        Of the order in which cells are visited.
    use_weights
        Weigh the edges by their ``weight``; scanpy's Louvain does not by default.

    Returns
    -------
    Array of shape (n_cells,).
    """
    weights = "weight" if use_weights else None
    with _igraph_seed(seed):
        found = network.community_multilevel(weights=weights, resolution=resolution)
    return np.unique(found.membership, return_inverse=True)[1]


@contextmanager
def _igraph_seed(seed: int) -> Iterator[None]:
    import igraph

    igraph.set_random_number_generator(random.Random(seed))
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)
