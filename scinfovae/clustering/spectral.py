"""Spectral clustering as scikit-learn defines it, solved by Lanczos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from scinfovae.clustering.base import Clustering, check_at_least, check_choice
from scinfovae.clustering.eigen import smallest_eigenpairs
from scinfovae.clustering.kmeans import KMeansConfig, cluster_kmeans
from scinfovae.clustering.knn import neighbour_graph
from scinfovae.clustering.neighbours import nearest_neighbours
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

RBF_CELLS = 10_000


@dataclass(frozen=True)
class SpectralConfig:
    """Settings of spectral clustering; the defaults are those of scikit-learn.

    Parameters
    ----------
    affinity
        "nearest_neighbors": a sparse graph; "rbf": exp(-gamma d^2) between all pairs, which
        needs memory for all of them and is refused above 10 000 cells.
    n_neighbors
        How many neighbours a cell has, itself among them.
    gamma
        Inverse squared width of the RBF kernel.
    assign
        How eigenvectors become labels; only "kmeans".
    n_init
        How many starts K-means makes on the eigenvectors.
    """

    needs_k: ClassVar[bool] = True
    affinity: Literal["nearest_neighbors", "rbf"] = "nearest_neighbors"
    n_neighbors: int = 10
    gamma: float = 1.0
    assign: Literal["kmeans"] = "kmeans"
    n_init: int = 10

    def __post_init__(self) -> None:
        check_choice("affinity", self.affinity, ("nearest_neighbors", "rbf"))
        check_choice("assign", self.assign, ("kmeans",))
        check_at_least("n_neighbors", self.n_neighbors, 2)
        check_at_least("n_init", self.n_init, 1)
        if not self.gamma > 0:
            raise UsageError(f"gamma={self.gamma} is not possible; it must be positive.")


def cluster_spectral(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: SpectralConfig
) -> Clustering:
    """Cluster points by K-means on the leading eigenvectors of their affinity graph.

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
    The clusters; ``info`` has the number of ``components`` of the graph (with more of them than
    clusters, some clusters are whole components and most structure inside is lost), the
    ``eigenvalues``, the ``inertia`` on the eigenvectors, and how ``neighbours`` were searched.

    Raises
    ------
    UsageError
        If an RBF affinity is asked for more cells than fit in memory.
    """
    graph, searched = affinity_graph(points, config, seed)
    found = smallest_eigenpairs(graph, n_clusters, seed)
    clusters = cluster_kmeans(
        found.generalized, n_clusters, seed, KMeansConfig(n_init=config.n_init)
    )
    info: dict[str, Any] = {
        "clusters": clusters.info["clusters"],
        "components": found.components,
        "eigenvalues": found.values.tolist(),
        "inertia": clusters.info["inertia"],
        **searched,
    }
    return Clustering(clusters.labels, info)


def affinity_graph(
    points: NDArray[np.float64], config: SpectralConfig, seed: int
) -> tuple[csr_array, dict[str, Any]]:
    """Build the affinity between cells that scikit-learn's SpectralClustering uses.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    config
        The settings.
    seed
        Seed of the neighbour search, which needs one for very many cells.

    Returns
    -------
    Symmetric sparse array of shape (n_cells, n_cells), without self loops, which the
    normalised Laplacian ignores; and how the neighbours were searched, if they were.

    Raises
    ------
    UsageError
        If an RBF affinity is asked for more cells than fit in memory.
    """
    if config.affinity == "rbf":
        return _rbf_graph(points, config.gamma), {}
    neighbours = nearest_neighbours(points, config.n_neighbors - 1, seed)
    directed = neighbour_graph(neighbours)
    return (0.5 * (directed + directed.T)).tocsr(), neighbours.info


def _rbf_graph(points: NDArray[np.float64], gamma: float) -> csr_array:
    from scipy.sparse import csr_array
    from sklearn.metrics.pairwise import rbf_kernel

    if len(points) > RBF_CELLS:
        raise UsageError(
            f"affinity='rbf' compares all pairs of cells and is refused above {RBF_CELLS} cells, "
            f"here are {len(points)}; use affinity='nearest_neighbors'."
        )
    kernel = rbf_kernel(points, gamma=gamma)
    np.fill_diagonal(kernel, 0.0)
    return csr_array(kernel)
