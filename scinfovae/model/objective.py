"""The objective, each term per seed in nats per cell (paper, Eq. 3 and 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.model import divergence, likelihood
from scinfovae.model.heads import layer_nll

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
    log_factorials
        Sum over genes of log Gamma(x + 1), array of shape (n_seeds, n_cells).
    """

    scaled: Tensor
    counts: Tensor
    log_size_factors: Tensor
    log_factorials: Tensor


def reconstruction_loss(config: ModelConfig, batch: Batch, decoded: Reconstruction) -> Tensor:
    """Reconstruction term, summed over genes, for every cell.

    Summed, not averaged: with a mean over genes both regularisers would weigh as many times
    more as there are genes, and the posterior collapses.

    Returns
    -------
    Array of shape (n_seeds, n_cells), nats.
    """
    kind = config.likelihood
    if kind in ("zinb", "nb"):
        return layer_nll(
            decoded.hidden,
            decoded.heads.weight,
            decoded.heads.bias,
            batch.counts,
            decoded.log_size_factors,
            batch.log_factorials,
        )
    if kind == "mse":
        values = likelihood.squared_error(batch.scaled, decoded.mean)
    elif kind == "gaussian":
        values = likelihood.gaussian_nll(batch.scaled, decoded.mean)
    else:
        log_mean, _, dropout_logit = decoded.parameters()
        assert dropout_logit is not None
        values = likelihood.zinb_squared_error(
            batch.counts, log_mean, dropout_logit, config.mse_scale
        )
    return values.sum(-1)


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(m, diag(v)) || N(0, I)) of every cell, nats; array of shape (n_seeds, n_cells)."""
    return 0.5 * (mean * mean + log_variance.expm1() - log_variance).sum(-1)


def divergence_loss(config: ModelConfig, latent: Tensor, prior: Tensor) -> Tensor:
    """D between the minibatch's samples and as many prior draws, MMD or Stein, shape (n_seeds,).

    The adversarial Jensen-Shannon divergence has weights of its own and lives in
    `scinfovae.model.divergence.Discriminator`.
    """
    if config.divergence == "stein":
        return divergence.stein_loss(latent)
    return divergence.mmd(latent, prior, config.mmd_kernel, config.mmd_estimator)
