"""Clusterers: each turns an embedding into labels, from a seed and its settings."""

from __future__ import annotations

import warnings
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from scinfovae.clustering.base import (
    Clustering,
    check_n_clusters,
    checked_points,
    distinct_up_to,
    single_thread,
)
from scinfovae.clustering.estimated import (
    AccumulatedConfig,
    CalinskiHarabaszConfig,
    SilhouetteConfig,
    cluster_estimated,
)
from scinfovae.clustering.kmeans import KMeansConfig, cluster_kmeans, kmeans_centres
from scinfovae.clustering.leiden import LeidenConfig, cluster_leiden
from scinfovae.clustering.mixture import MixtureConfig, cluster_mixture
from scinfovae.clustering.rsc import RSCConfig, cluster_rsc
from scinfovae.clustering.spectral import SpectralConfig, cluster_spectral
from scinfovae.clustering.ward import WardConfig, cluster_ward
from scinfovae.errors import DataError, ScInfoVAEWarning, UsageError, did_you_mean
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

__all__ = ["CLUSTERERS", "Clustering", "cluster", "clusterer_config", "kmeans_centres"]

CLUSTERERS: dict[str, type[Any]] = {
    "kmeans": KMeansConfig,
    "spectral": SpectralConfig,
    "rsc": RSCConfig,
    "leiden": LeidenConfig,
    "gmm": MixtureConfig,
    "ward": WardConfig,
    "kmeans_silhouette": SilhouetteConfig,
    "kmeans_calinski_harabasz": CalinskiHarabaszConfig,
    "kmeans_consensus": AccumulatedConfig,
}
_FUNCTIONS: dict[str, Callable[..., Clustering]] = {
    "kmeans": cluster_kmeans,
    "spectral": cluster_spectral,
    "rsc": cluster_rsc,
    "leiden": cluster_leiden,
    "gmm": cluster_mixture,
    "ward": cluster_ward,
    "kmeans_silhouette": cluster_estimated,
    "kmeans_calinski_harabasz": cluster_estimated,
    "kmeans_consensus": cluster_estimated,
}


def clusterer_config(name: str, params: Mapping[str, Any] | None = None) -> Any:
    """Build the settings of a clusterer.

    Parameters
    ----------
    name
        One of `CLUSTERERS`.
    params
        Settings that differ from the defaults.

    Returns
    -------
    Its frozen settings; ``needs_k`` tells whether the number of clusters matters to it.

    Raises
    ------
    UsageError
        If the name or a setting is unknown, or a value is not possible.
    """
    if name not in CLUSTERERS:
        raise UsageError(
            f"There is no clusterer {name!r}; choose one of {', '.join(CLUSTERERS)}."
            + did_you_mean(name, CLUSTERERS)
        )
    config, given = CLUSTERERS[name], dict(params or {})
    known = [field.name for field in fields(config)]
    for key in given:
        if key not in known:
            raise UsageError(
                f"Clusterer {name!r} has no setting {key!r}; it has {', '.join(known)}."
                + did_you_mean(key, known)
            )
    return config(**given)


def cluster(
    name: str,
    embedding: ArrayLike,
    n_clusters: int,
    seed: int,
    params: Mapping[str, Any] | None = None,
) -> Clustering:
    """Cluster an embedding; the same arguments give the same labels, byte for byte.

    Parameters
    ----------
    name
        One of `CLUSTERERS`.
    embedding
        Array of shape (n_cells, n_dimensions).
    n_clusters
        How many clusters; clusterers that need no such number ignore it.
    seed
        The seed of the run.
    params
        Settings of the clusterer that differ from its defaults.

    Returns
    -------
    The labels and what the clusterer says about its work. An embedding with fewer distinct
    points than clusters gets one cluster per point and a warning.

    Raises
    ------
    UsageError
        If the name or a setting is unknown, a value is not possible, or the number of clusters
        is below 2 or above the number of cells.
    DataError
        If the embedding is not a finite matrix of at least two cells.
    """
    config = clusterer_config(name, params)
    points = checked_points(embedding)
    if len(points) < 2:
        raise DataError(f"An embedding of {len(points)} cells cannot be clustered.")
    if config.needs_k:
        check_n_clusters(n_clusters, len(points))
        which, count = distinct_up_to(points, n_clusters)
        if which is not None:
            warnings.warn(
                f"The embedding has only {count} distinct points, fewer than the {n_clusters} "
                f"clusters asked for; {name} gives each of them a cluster. Has it collapsed?",
                ScInfoVAEWarning,
                stacklevel=2,
            )
            return Clustering(which, {"clusters": count, "distinct_points": count})
    with single_thread():
        return _FUNCTIONS[name](points, n_clusters, derive_seed(seed, f"clusterer/{name}"), config)
