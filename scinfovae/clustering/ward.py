"""Ward's hierarchical clustering, along the neighbour graph where there are many cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from scinfovae.clustering.base import Clustering, check_at_least, consecutive
from scinfovae.clustering.knn import join_components, union_graph
from scinfovae.clustering.neighbours import nearest_neighbours

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class WardConfig:
    """Settings of Ward's clustering.

    Parameters
    ----------
    exact_up_to
        Up to so many cells any two clusters can merge, which takes memory for all pairs of
        cells; above, only those that the neighbour graph connects.
    n_neighbors
        How many neighbours each cell of that graph names.
    """

    needs_k: ClassVar[bool] = True
    exact_up_to: int = 5000
    n_neighbors: int = 15

    def __post_init__(self) -> None:
        check_at_least("exact_up_to", self.exact_up_to, 0)
        check_at_least("n_neighbors", self.n_neighbors, 1)


def cluster_ward(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: WardConfig
) -> Clustering:
    """Merge the two clusters that add least to the variance within, until enough are left.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        How many clusters are left.
    seed
        Seed of the neighbour search, which needs one for very many cells.
    config
        The settings.

    Returns
    -------
    The clusters; ``info`` says whether all merges were allowed (``exact``) and, where they were
    not, how many ``components`` the neighbour graph had before they were joined, and how
    ``neighbours`` were searched.
    """
    from sklearn.cluster import AgglomerativeClustering

    exact = len(points) <= config.exact_up_to
    info: dict[str, Any] = {"clusters": n_clusters, "exact": exact}
    graph = None
    if not exact:
        neighbours = nearest_neighbours(points, config.n_neighbors, seed)
        graph, info["components"] = join_components(union_graph(neighbours), points)
        info |= neighbours.info
    model = AgglomerativeClustering(n_clusters, linkage="ward", connectivity=graph)
    return Clustering(consecutive(model.fit_predict(points)), info)
