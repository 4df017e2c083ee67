"""What the posterior of a trained stack looks like, and whether it collapsed.

All functions take arrays with a leading axis of seeds and return one number per seed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from scinfovae.model.divergence import mmd
from scinfovae.model.objective import kl_to_prior

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.model.config import Kernel

_ACTIVE_ABOVE = 0.01
_COLLAPSED_BELOW = 0.01
_ROWS = 2048
_MMD_CELLS = 2048


def active_units(mean: Tensor) -> Tensor:
    """Count latent dimensions whose posterior mean varies over cells by more than .01.

    Parameters
    ----------
    mean
        Posterior means, array of shape (n_seeds, n_cells, latent_dim).

    References
    ----------
    Burda et al., Importance weighted autoencoders, ICLR 2016.
    """
    return (mean.var(dim=1) > _ACTIVE_ABOVE).sum(-1)


def mutual_information(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Estimate I_q(x; z) = E log q(z|x) - E log (1/n) sum_j q(z|x_j) over all cells, one draw.

    At most log n, its ceiling. Rows are worked through in blocks, so no n x n array is formed.

    Parameters
    ----------
    mean, log_variance
        Posteriors, arrays of shape (n_seeds, n_cells, latent_dim).
    noise
        Standard normal draws of the same shape.

    Returns
    -------
    Array of shape (n_seeds,), nats.
    """
    mean, log_variance, noise = mean.double(), log_variance.double(), noise.double()
    z = mean + (log_variance / 2).exp() * noise
    precision = (-log_variance).exp()
    constant = (log_variance + mean**2 * precision).sum(-1).unsqueeze(1)
    n = mean.shape[1]
    log_own = -0.5 * (noise**2 + log_variance).sum(-1)
    log_all = torch.empty_like(log_own)
    for start in range(0, n, _ROWS):
        rows = z[:, start : start + _ROWS]
        quadratic = torch.bmm(rows**2, precision.transpose(1, 2))
        quadratic -= 2 * torch.bmm(rows, (mean * precision).transpose(1, 2))
        quadratic += constant
        log_all[:, start : start + _ROWS] = torch.logsumexp(-0.5 * quadratic, dim=-1)
    return (log_own - log_all).mean(-1) + math.log(n)


def describe_posterior(
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    prior: Tensor,
    kernel: Kernel,
    stochastic: bool,
) -> dict[str, Tensor | None]:
    """Summarise the posteriors of all cells.

    Parameters
    ----------
    mean, log_variance, noise, prior
        Posteriors, and two sets of standard normal draws, arrays of shape
        (n_seeds, n_cells, latent_dim).
    kernel
        Of the MMD between aggregated posterior and prior, taken over at most 2048 cells.
    stochastic
        Whether the encoder is; a deterministic one has no KL and no mutual information.

    Returns
    -------
    Names to arrays of shape (n_seeds,), None where undefined.
    """
    z = mean + (log_variance / 2).exp() * noise if stochastic else mean
    return {
        "active_units": active_units(mean),
        "mutual_information": mutual_information(mean, log_variance, noise) if stochastic else None,
        "kl": kl_to_prior(mean, log_variance).mean(-1) if stochastic else None,
        "mmd": mmd(z[:, :_MMD_CELLS], prior[:, :_MMD_CELLS], kernel, "u"),
    }


def is_collapsed(active: Tensor, loss: Tensor, loss_permuted: Tensor) -> Tensor:
    """Say whether the decoder ignores z.

    Parameters
    ----------
    active
        Number of active units per seed.
    loss, loss_permuted
        Mean reconstruction loss per seed with each cell's own z and with z permuted over cells.

    Returns
    -------
    Boolean array of shape (n_seeds,): at most one active unit, or permuting raises the loss by
    less than 1 %.
    """
    gain = (loss_permuted - loss) / loss.abs().clamp(min=1e-12)
    return (active <= 1) | (gain < _COLLAPSED_BELOW)
