"""K-means with a number of clusters that is estimated, without labels and without being told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from scinfovae.clustering.base import Clustering
from scinfovae.clustering.kmeans import KMeansConfig, cluster_kmeans
from scinfovae.clustering.number_of_clusters import Criterion, estimate_n_clusters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EstimatedConfig(KMeansConfig):
    """Settings of K-means once the number of clusters is estimated."""

    needs_k: ClassVar[bool] = False
    criterion: ClassVar[Criterion]


@dataclass(frozen=True)
class SilhouetteConfig(EstimatedConfig):
    """As many clusters as have the largest mean silhouette width."""

    criterion: ClassVar[Criterion] = "silhouette"


@dataclass(frozen=True)
class CalinskiHarabaszConfig(EstimatedConfig):
    """As many clusters as have the largest ratio of variances."""

    criterion: ClassVar[Criterion] = "calinski_harabasz"


@dataclass(frozen=True)
class AccumulatedConfig(EstimatedConfig):
    """As many clusters as the consensus of many partitions shows."""

    criterion: ClassVar[Criterion] = "consensus"


def cluster_estimated(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: EstimatedConfig
) -> Clustering:
    """Cluster points by K-means, with the number of clusters the data suggest.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        Not used.
    seed
        Seed of the estimate and of the starts, below 2**32.
    config
        The settings.

    Returns
    -------
    The clusters; ``info`` has the ``inertia``, and the ``criterion`` at every candidate.
    """
    estimated, curve = estimate_n_clusters(points, config.criterion, seed)
    found = cluster_kmeans(points, estimated, seed, config)
    return Clustering(
        found.labels, found.info | {"criterion": {str(k): v for k, v in curve.items()}}
    )
