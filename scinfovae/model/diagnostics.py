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
_MMD_CELLS = 2048
_MUTUAL_INFORMATION_CELLS = 16_384
_ROWS, _COLUMNS = 1024, 8192


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

    At most log n, its ceiling. Worked through in blocks, so no n x n array is formed. The sum over
    j always is over all cells; above 16384 of them the expectations are over as many, evenly
    spaced.

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
    n = mean.shape[1]
    chosen = evenly_spaced(n, _MUTUAL_INFORMATION_CELLS, mean.device)
    noise, own_log_variance = noise[:, chosen].double(), log_variance[:, chosen].double()
    z = mean[:, chosen].double() + (own_log_variance / 2).exp() * noise
    log_own = -0.5 * (noise**2 + own_log_variance).sum(-1)
    log_all = torch.full_like(log_own, -math.inf)
    for start in range(0, n, _COLUMNS):
        m, v = (x[:, start : start + _COLUMNS].double() for x in (mean, log_variance))
        precision = (-v).exp()
        constant = (v + m**2 * precision).sum(-1).unsqueeze(1)
        by_precision, by_mean = precision.transpose(1, 2), (m * precision).transpose(1, 2)
        for rows in torch.arange(z.shape[1], device=z.device).split(_ROWS):
            quadratic = torch.bmm(z[:, rows] ** 2, by_precision)
            quadratic -= 2 * torch.bmm(z[:, rows], by_mean)
            quadratic += constant
            part = torch.logsumexp(-0.5 * quadratic, dim=-1)
            log_all[:, rows] = torch.logaddexp(log_all[:, rows], part)
    return (log_own - log_all).mean(-1) + math.log(n)


def evenly_spaced(n: int, at_most: int, device: torch.device) -> Tensor:
    """Positions of at most so many of n cells; files often hold cells sorted by type."""
    count = min(n, at_most)
    return torch.arange(count, device=device) * n // count


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
        Of the MMD between aggregated posterior and prior, taken over at most 2048 cells, evenly
        spaced.
    stochastic
        Whether the encoder is; a deterministic one has no KL and no mutual information.

    Returns
    -------
    Names to arrays of shape (n_seeds,), None where undefined.
    """
    z = mean + (log_variance / 2).exp() * noise if stochastic else mean
    some = evenly_spaced(mean.shape[1], _MMD_CELLS, mean.device)
    return {
        "active_units": active_units(mean),
        "mutual_information": mutual_information(mean, log_variance, noise) if stochastic else None,
        "kl": kl_to_prior(mean, log_variance).mean(-1) if stochastic else None,
        "mmd": mmd(z[:, some], prior[:, some], kernel, "u"),
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
