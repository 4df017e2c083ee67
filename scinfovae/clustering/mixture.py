"""Mixture of Gaussians, fitted by expectation-maximisation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from scinfovae.clustering.base import Clustering, check_at_least, check_choice, consecutive
from scinfovae.errors import ScInfoVAEError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

COVARIANCES = ("full", "tied", "diag", "spherical")


@dataclass(frozen=True)
class MixtureConfig:
    """Settings of the Gaussian mixture.

    Parameters
    ----------
    covariance
        The shape of the components' covariances, as scikit-learn names them.
    n_init
        How many starts (from K-means) are made; the likeliest is kept.
    ridge
        Added to the covariances' diagonals, relative to the variance of the embedding.
    max_iter
        How many steps one start makes at most.
    """

    needs_k: ClassVar[bool] = True
    covariance: Literal["full", "tied", "diag", "spherical"] = "full"
    n_init: int = 1
    ridge: float = 1e-6
    max_iter: int = 200

    def __post_init__(self) -> None:
        check_choice("covariance", self.covariance, COVARIANCES)
        check_at_least("n_init", self.n_init, 1)
        check_at_least("max_iter", self.max_iter, 1)
        if not self.ridge > 0:
            raise UsageError(f"ridge={self.ridge} is not possible; it must be positive.")


def cluster_mixture(
    points: NDArray[np.float64], n_clusters: int, seed: int, config: MixtureConfig
) -> Clustering:
    """Assign each cell to the most probable component of a Gaussian mixture.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        How many components.
    seed
        Seed of the starts, below 2**32.
    config
        The settings.

    Returns
    -------
    The clusters; ``info`` has the mean ``log_likelihood`` per cell (nats, in the embedding
    scaled to variance 1), and whether the fit ``converged``.

    Raises
    ------
    ScInfoVAEError
        If a covariance becomes singular.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    centred = points - points.mean(axis=0)
    scaled = centred / (np.sqrt(np.square(centred).mean()) or 1.0)
    model = GaussianMixture(
        n_clusters,
        covariance_type=config.covariance,
        reg_covar=config.ridge,
        n_init=config.n_init,
        max_iter=config.max_iter,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # info["converged"] says it
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            labels = consecutive(model.fit_predict(scaled))
        except ValueError as error:
            raise ScInfoVAEError(
                f"A Gaussian mixture with covariance={config.covariance!r} became singular; "
                f"use a larger ridge than {config.ridge} or covariance='diag'."
            ) from error
    info: dict[str, Any] = {
        "clusters": int(labels.max()) + 1,
        "converged": bool(model.converged_),
        "log_likelihood": float(model.lower_bound_),
    }
    return Clustering(labels, info)
