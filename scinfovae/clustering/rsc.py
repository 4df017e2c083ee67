"""Robust spectral clustering: a neighbour graph freed of the edges that hide its clusters.

Bojchevski, Matkovic and Guennemann, "Robust Spectral Clustering for Noisy Data", KDD 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from scinfovae.clustering.base import Clustering, check_at_least, check_choice
from scinfovae.clustering.decomposition import decompose
from scinfovae.clustering.kmeans import KMeansConfig, cluster_kmeans
from scinfovae.clustering.knn import union_graph
from scinfovae.clustering.neighbours import nearest_neighbours
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAPLACIANS = ("rw", "sym", "unnormalized")


@dataclass(frozen=True)
class RSCConfig:
    """Settings of robust spectral clustering; the defaults are the published ones.

    Parameters
    ----------
    n_neighbors
        How many neighbours each cell names; the graph is their union.
    theta
        How many edges are removed at most; with 0 this is spectral clustering.
    min_share
        The share of its edges that every cell keeps.
    laplacian
        "rw": generalized eigenvectors of (L, D); "sym": the same up to D^1/2, rows scaled to
        length 1 (Ng et al.); "unnormalized": eigenvectors of L.
    max_rounds
        How often edges are removed and eigenvectors found anew at most.
    n_init
        How many starts K-means makes on the eigenvectors.
    """

    needs_k: ClassVar[bool] = True
    n_neighbors: int = 15
    theta: int = 20
    min_share: float = 0.5
    laplacian: Literal["rw", "sym", "unnormalized"] = "rw"
    max_rounds: int = 50
    n_init: int = 10

    def __post_init__(self) -> None:
        check_choice("laplacian", self.laplacian, LAPLACIANS)
        check_at_least("n_neighbors", self.n_neighbors, 1)
        check_at_least("theta", self.theta, 0)
        check_at_least("max_rounds", self.max_rounds, 0)
        check_at_least("n_init", self.n_init, 1)
        if not 0 < self.min_share <= 1:
            raise UsageError(
                f"min_share={self.min_share} is not possible; it must be above 0 and at most 1."
            )


def cluster_rsc(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: RSCConfig
) -> Clustering:
    """Cluster points by K-means on the eigenvectors of their good graph.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        How many clusters, and how many eigenvectors.
    seed
        Seed of the eigensolver and of K-means, below 2**32.
    config
        The settings.

    Returns
    -------
    The clusters; ``info`` has the ``components`` of the good graph, its ``eigenvalues``, the
    ``eigenvalue_sums`` of the rounds kept, how many ``rounds`` there were, how many
    ``removed_edges`` of how many ``edges``, the ``inertia`` on the eigenvectors, and how
    ``neighbours`` were searched.
    """
    neighbours = nearest_neighbours(points, config.n_neighbors, seed)
    graph = union_graph(neighbours)
    parts = decompose(
        graph,
        n_clusters,
        seed,
        theta=config.theta,
        min_share=config.min_share,
        max_rounds=config.max_rounds,
        normalized=config.laplacian != "unnormalized",
    )
    vectors = parts.eigenpairs.vectors
    if config.laplacian == "rw":
        vectors = parts.eigenpairs.generalized
    elif config.laplacian == "sym":
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    clusters = cluster_kmeans(vectors, n_clusters, seed, KMeansConfig(n_init=config.n_init))
    info: dict[str, Any] = {
        "clusters": clusters.info["clusters"],
        "components": parts.eigenpairs.components,
        "eigenvalues": parts.eigenpairs.values.tolist(),
        "eigenvalue_sums": list(parts.eigenvalue_sums),
        "rounds": parts.rounds,
        "removed_edges": len(parts.removed),
        "edges": graph.nnz // 2,
        "inertia": clusters.info["inertia"],
        **neighbours.info,
    }
    return Clustering(clusters.labels, info)
