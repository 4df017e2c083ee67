"""Where the consensus method places the cells: the directions its models give them, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering import cluster
from scinfovae.data.preprocessing import principal_components
from scinfovae.fitted import FittedModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.model.config import ModelConfig


@dataclass(frozen=True)
class View:
    """What one model makes of the cells, at the end of its training or before.

    Attributes
    ----------
    seed
        Of the model, and of the K-means runs on what it gives.
    latent
        Its embedding, array of shape (n_cells, latent_dim).
    weights
        Its network by name.
    """

    seed: int
    latent: NDArray[np.floating]
    weights: Mapping[str, Tensor]


def decoded_directions(
    view: View,
    setting: ModelConfig,
    prepared: Prepared,
    spread: NDArray[np.floating],
    n_components: int,
    n_clusters: int,
) -> NDArray[np.float64]:
    """Place the cells by what a model says of their expression, whatever its strength.

    The expected counts at mean size factor, log(1 + mu), each gene over its `spread`, are
    brought to principal components. They are centred on the mean
    of K K-means centres, so that a large class does not put the origin into itself, and every cell
    gets length 1.

    Parameters
    ----------
    view
        A model.
    setting
        Its choices.
    prepared
        The cells it was trained on.
    spread
        The standard deviation of every gene's normalised log counts, array of shape (n_genes,).
    n_components
        Principal components that are kept.
    n_clusters
        K.

    Returns
    -------
    Array of shape (n_cells, at most `n_components`).
    """
    weights = {name: value for name, value in view.weights.items() if name != "centres"}
    none = np.zeros((0, setting.latent_dim), np.float32)
    model = FittedModel(setting, prepared.reference, weights, none)
    decoded = np.log1p(model.expected_counts(view.latent))
    decoded /= np.maximum(spread, 1e-6)
    components = principal_components(decoded, n_components).scores
    return balanced_directions(components, n_clusters, view.seed)


def latent_directions(view: View, n_clusters: int) -> NDArray[np.float64]:
    """Place the cells by their direction in the latent space of a model.

    Parameters
    ----------
    view
        A model.
    n_clusters
        K.

    Returns
    -------
    Array of shape (n_cells, latent_dim).
    """
    return balanced_directions(view.latent.astype(np.float64), n_clusters, view.seed)


def balanced_directions(
    points: NDArray[np.float64], n_clusters: int, seed: int
) -> NDArray[np.float64]:
    """Give every point length 1, seen from the mean of the K-means centres.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        Number of centres.
    seed
        Of K-means.
    """
    labels = cluster("kmeans", points, n_clusters, seed).labels
    centres = [points[labels == k].mean(axis=0) for k in np.unique(labels)]
    seen = points - np.mean(centres, axis=0)
    return seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-12)


def joined(spaces: Sequence[NDArray[np.float64]], n_components: int) -> NDArray[np.float32]:
    """Join spaces so that squared distances between cells are averaged over them.

    Parameters
    ----------
    spaces
        Arrays of shape (n_cells, n_dimensions of its own).
    n_components
        Principal components that are kept.

    Returns
    -------
    Array of shape (n_cells, at most `n_components`).
    """
    together = np.concatenate(spaces, axis=1) / np.sqrt(len(spaces))
    return principal_components(together, n_components).scores.astype(np.float32)
