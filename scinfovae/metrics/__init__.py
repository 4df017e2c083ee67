"""Metrics: agreement with reference labels, separation in a space, stability over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.errors import UsageError
from scinfovae.metrics.external import (
    adjusted_rand_index,
    clustering_accuracy,
    completeness,
    homogeneity,
    normalized_mutual_information,
)
from scinfovae.metrics.internal import calinski_harabasz, silhouette, subsample
from scinfovae.metrics.stability import (
    coefficient_of_variation,
    mean_coefficient_of_variation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

__all__ = [
    "adjusted_rand_index",
    "calinski_harabasz",
    "clustering_accuracy",
    "coefficient_of_variation",
    "completeness",
    "external_scores",
    "external_scores_multi",
    "homogeneity",
    "internal_scores",
    "mean_coefficient_of_variation",
    "normalized_mutual_information",
    "silhouette",
]


def external_scores(reference: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Compute every metric that compares clusters with reference labels.

    Parameters
    ----------
    reference
        Array of shape (n_cells,): classes as integers or strings.
    predicted
        Array of shape (n_cells,): clusters as integers or strings.

    Returns
    -------
    ``ari``, ``nmi``, ``accuracy``, ``homogeneity`` and ``completeness``.

    Raises
    ------
    DataError
        If one is not a vector, holds no cell or a missing value, or if their lengths differ.
    """
    return {
        "ari": adjusted_rand_index(reference, predicted),
        "nmi": normalized_mutual_information(reference, predicted),
        "accuracy": clustering_accuracy(reference, predicted),
        "homogeneity": homogeneity(reference, predicted),
        "completeness": completeness(reference, predicted),
    }


def external_scores_multi(
    references: Mapping[str, ArrayLike], predicted: ArrayLike
) -> dict[str, dict[str, float]]:
    """Score one clustering against several reference labelings of the same cells.

    Parameters
    ----------
    references
        For each label key an array of shape (n_cells,).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    The scores by label key, and under ``max`` the largest value of each metric by itself, as
    the paper defines its ARI.

    Raises
    ------
    UsageError
        If there is no label key, or if one is called ``max``.
    """
    if not references or "max" in references:
        raise UsageError(
            f"label_key={list(references)} cannot be scored: give at least one key, none of them "
            "called 'max'."
        )
    scores = {key: external_scores(labels, predicted) for key, labels in references.items()}
    metrics = next(iter(scores.values()))
    largest = {metric: max(one[metric] for one in scores.values()) for metric in metrics}
    return {**scores, "max": largest}


def internal_scores(embedding: ArrayLike, predicted: ArrayLike, seed: int = 0) -> dict[str, float]:
    """Compute every metric that looks only at the embedding and the predicted clusters.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    predicted
        Array of shape (n_cells,).
    seed
        The seed of the run; it chooses the cells of the silhouette above 50 000 cells.

    Returns
    -------
    ``silhouette``, ``calinski_harabasz``, both NaN where the number of clusters is 1 or that
    of the cells, and ``silhouette_cells``, on how many cells the silhouette was computed.

    Raises
    ------
    DataError
        If the embedding is not a finite matrix with one row per label.
    """
    import numpy as np

    points, labels = np.asarray(embedding), np.asarray(predicted)
    scores = {"calinski_harabasz": calinski_harabasz(points, labels)}
    chosen = subsample(len(points), seed)
    scores["silhouette"] = silhouette(points[chosen], labels[chosen])
    scores["silhouette_cells"] = len(chosen)
    return {key: scores[key] for key in ("silhouette", "calinski_harabasz", "silhouette_cells")}
