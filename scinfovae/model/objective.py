"""The objective, each term per seed in nats per cell (paper, Eq. 3 and 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.model import divergence, likelihood

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.model.config import ModelConfig
    from scinfovae.model.network import Reconstruction


@dataclass(frozen=True)
class Batch:
    """Cells of one step, one row of cells per seed.

    Attributes
    ----------
    scaled, counts
        Arrays of shape (n_seeds, n_cells, n_genes).
    log_size_factors
        Array of shape (n_seeds, n_cells, 1).
    """

    scaled: Tensor
    counts: Tensor
    log_size_factors: Tensor


def reconstruction_loss(config: ModelConfig, batch: Batch, decoded: Reconstruction) -> Tensor:
    """Reconstruction term, summed over genes, for every cell.

    Summed, not averaged: with a mean over genes both regularisers would weigh as many times
    more as there are genes, and the posterior collapses.

    Returns
    -------
    Array of shape (n_seeds, n_cells), nats.
    """
    kind = config.likelihood
    if kind == "mse":
        values = likelihood.squared_error(batch.scaled, decoded.mean)
    elif kind == "gaussian":
        values = likelihood.gaussian_nll(batch.scaled, decoded.mean)
    elif kind == "nb":
        assert decoded.dispersion is not None
        values = likelihood.nb_nll(batch.counts, decoded.mean, decoded.dispersion)
    elif kind == "zinb":
        assert decoded.dispersion is not None
        assert decoded.dropout_logit is not None
        values = likelihood.zinb_nll(
            batch.counts, decoded.mean, decoded.dispersion, decoded.dropout_logit
        )
    else:
        assert decoded.dropout_logit is not None
        values = likelihood.zinb_squared_error(
            batch.counts, decoded.mean, decoded.dropout_logit, config.mse_scale
        )
    return values.sum(-1)


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(m, diag(v)) || N(0, I)) of every cell, nats; array of shape (n_seeds, n_cells)."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(-1)


def divergence_loss(config: ModelConfig, latent: Tensor, prior: Tensor) -> Tensor:
    """D between the minibatch's samples and as many prior draws, MMD or Stein, shape (n_seeds,).

    The adversarial Jensen-Shannon divergence has weights of its own and lives in
    `scinfovae.model.divergence.Discriminator`.
    """
    if config.divergence == "stein":
        return divergence.stein_loss(latent)
    return divergence.mmd(latent, prior, config.mmd_kernel, config.mmd_estimator)
