"""Leiden communities of the neighbour graph, which need no number of clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from scinfovae.clustering.base import Clustering, check_at_least, consecutive
from scinfovae.clustering.knn import components, union_graph
from scinfovae.clustering.neighbours import nearest_neighbours
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LeidenConfig:
    """Settings of Leiden (Traag, Waltman and van Eck, 2019).

    Parameters
    ----------
    n_neighbors
        How many neighbours each cell names; the graph is their union.
    resolution
        Larger values give more and smaller communities.
    n_iterations
        How many sweeps are made; -1: until nothing changes.
    """

    needs_k: ClassVar[bool] = False
    n_neighbors: int = 15
    resolution: float = 1.0
    n_iterations: int = 2

    def __post_init__(self) -> None:
        check_at_least("n_neighbors", self.n_neighbors, 1)
        check_at_least("n_iterations", self.n_iterations, -1)
        if self.n_iterations == 0 or not self.resolution > 0:
            raise UsageError(
                f"n_iterations={self.n_iterations} with resolution={self.resolution} is not "
                "possible; n_iterations is -1 or at least 1, resolution above 0."
            )


def cluster_leiden(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: LeidenConfig
) -> Clustering:
    """Find the communities of the neighbour graph with the largest modularity.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        Not used: the communities say how many they are.
    seed
        Seed of the order in which cells are visited.
    config
        The settings.

    Returns
    -------
    The clusters, the largest first; ``info`` has their ``modularity`` at the resolution used
    (divided by twice the number of edges) and the ``components`` of the graph.
    """
    import igraph
    import leidenalg

    neighbours = nearest_neighbours(points, config.n_neighbors, seed)
    graph = union_graph(neighbours)
    rows = np.repeat(np.arange(len(points)), np.diff(graph.indptr))
    once = rows < graph.indices
    edges = np.stack([rows[once], graph.indices[once]], axis=1)
    partition = leidenalg.find_partition(
        igraph.Graph(n=len(points), edges=edges, directed=False),
        leidenalg.RBConfigurationVertexPartition,
        resolution_parameter=config.resolution,
        n_iterations=config.n_iterations,
        # leidenalg takes a C int
        seed=seed % 2**31,
    )
    labels = consecutive(partition.membership)
    info: dict[str, Any] = {
        "clusters": int(labels.max()) + 1,
        "components": components(graph)[0],
        "modularity": float(partition.quality()) / (2 * len(edges)),
        **neighbours.info,
    }
    return Clustering(labels, info)
