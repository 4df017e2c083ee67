"""The cell graph of scGNN, and the clusters whose number it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scinfovae.clustering import cluster
from scinfovae.clustering.neighbours import nearest_neighbours
from scinfovae.methods._louvain import louvain
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from scinfovae.methods.scgnn import ScGNNConfig


class CellGraph(NamedTuple):
    """Undirected edges between cells, arrays of shape (n_edges, 2), the smaller cell first.

    Attributes
    ----------
    n_cells
        How many cells.
    all_edges
        To the nearest neighbours.
    kept_edges
        Those of them that are left after pruning.
    """

    n_cells: int
    all_edges: np.ndarray
    kept_edges: np.ndarray


def cell_graph(embedding: np.ndarray, n_neighbors: int, seed: int) -> CellGraph:
    """Connect each cell with its nearest neighbours, and prune those far away.

    A neighbour is pruned when its distance exceeds the mean by more than the standard deviation
    of the distances of all neighbours of the cell. Where two cells are neighbours of each other
    and do not agree, the later one decides, as in the authors' code.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    n_neighbors
        Neighbours of a cell, itself not among them.
    seed
        Of the search for neighbours, where so many cells allow no exact one.

    Returns
    -------
    The graph.
    """
    points = np.asarray(embedding, dtype=np.float64)
    indices = nearest_neighbours(points, n_neighbors, seed).indices
    distances = np.stack(
        [np.linalg.norm(points - points[column], axis=1) for column in indices.T], axis=1
    )
    found = indices >= 0
    distances = np.where(found, distances, np.nan)
    most = np.nanmean(distances, axis=1) + np.nanstd(distances, axis=1)
    near = distances <= most[:, None]
    cells, neighbours = np.nonzero(found)[0], indices[found]
    pairs = np.sort(np.stack([cells, neighbours], axis=1), axis=1)
    # the verdict of the later cell comes last; unique keeps the first of the reversed order
    order = np.lexsort([cells, pairs[:, 1], pairs[:, 0]])[::-1]
    edges, first = np.unique(pairs[order], axis=0, return_index=True)
    return CellGraph(len(points), edges, edges[near[found][order][first]])


def find_clusters(
    embedding: np.ndarray, graph: CellGraph, config: ScGNNConfig, seed: int
) -> tuple[np.ndarray, int]:
    """Cluster by K-means, with K from the number of Louvain communities of the pruned graph.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    graph
        The cell graph.
    config
        The choices.
    seed
        The seed of the run.

    Returns
    -------
    Clusters of shape (n_cells,), and how many communities there are.
    """
    import igraph

    network = igraph.Graph(graph.n_cells, graph.kept_edges)
    start = derive_seed(seed, "scgnn/louvain") % 2**31  # a C int
    n_communities = len(np.unique(louvain(network, 1.0, start)))
    n_clusters = min(clusters_of(n_communities, graph.n_cells, config), graph.n_cells)
    found = cluster("kmeans", embedding, n_clusters, seed, {"n_init": 10})
    return trimmed(found.labels, config), n_communities


def clusters_of(n_communities: int, n_cells: int, config: ScGNNConfig) -> int:
    """Say how many clusters so many communities give, at least 2."""
    share = config.community_share or (0.8 if n_cells < 2000 else 0.5)
    wanted = int(n_communities * share)
    return wanted if wanted >= 3 else 2


def trimmed(labels: np.ndarray, config: ScGNNConfig) -> np.ndarray:
    """Put small clusters and those beyond the most together, where there are too many."""
    groups, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if 1 < len(groups) <= config.most_clusters:
        return labels
    left_over = (sizes < config.least_members) | (np.arange(len(sizes)) >= config.most_clusters)
    return np.unique(
        np.where(left_over[labels], config.most_clusters, labels), return_inverse=True
    )[1]
