"""K-means with several starts, by itself and as the last step of the spectral clusterers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from scinfovae.clustering.base import (
    Clustering,
    check_at_least,
    check_n_clusters,
    checked_points,
    consecutive,
    single_thread,
)
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from sklearn.cluster import KMeans


@dataclass(frozen=True)
class KMeansConfig:
    """Settings of K-means.

    Parameters
    ----------
    n_init
        How many k-means++ starts are made; the one with the smallest inertia is kept.
    max_iter
        How many Lloyd steps one start makes at most.
    """

    needs_k: ClassVar[bool] = True
    n_init: int = 5
    max_iter: int = 300

    def __post_init__(self) -> None:
        check_at_least("n_init", self.n_init, 1)
        check_at_least("max_iter", self.max_iter, 1)


def cluster_kmeans(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: KMeansConfig
) -> Clustering:
    """Cluster points by K-means.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        How many clusters.
    seed
        Seed of the starts, below 2**32.
    config
        The settings.

    Returns
    -------
    The clusters; ``info`` has the ``inertia``, the sum of squared distances to the centres.
    """
    fitted = _fit(points, n_clusters, seed, config)
    labels = consecutive(fitted.labels_)
    info = {
        "clusters": int(labels.max()) + 1,
        "inertia": float(fitted.inertia_),
        "iterations": int(fitted.n_iter_),
    }
    return Clustering(labels, info)


def kmeans_centres(
    embedding: ArrayLike, n_clusters: int, seed: int, n_init: int = 20
) -> NDArray[np.float64]:
    """Find the centres from which fine-tuning starts.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    n_clusters
        How many centres.
    seed
        The seed of the run.
    n_init
        How many starts are made; the one with the smallest inertia is kept.

    Returns
    -------
    Array of shape (n_clusters, n_dimensions); centres repeat where the embedding has fewer
    distinct points.

    Raises
    ------
    DataError
        If the embedding is not a finite matrix.
    UsageError
        If `n_clusters` is below 2 or above the number of cells.
    """
    points = checked_points(embedding)
    check_n_clusters(n_clusters, len(points))
    with single_thread():
        fitted = _fit(
            points, n_clusters, derive_seed(seed, "cluster_centres"), KMeansConfig(n_init=n_init)
        )
    return np.asarray(fitted.cluster_centers_, dtype=np.float64)


def _fit(points: NDArray[np.float64], n_clusters: int, seed: int, config: KMeansConfig) -> KMeans:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(n_clusters, n_init=config.n_init, max_iter=config.max_iter, random_state=seed)
    with warnings.catch_warnings():
        # raised where points repeat so often that clusters stay empty; info["clusters"] says it
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(points)
