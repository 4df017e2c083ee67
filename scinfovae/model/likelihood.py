"""Reconstruction terms: negative log-likelihoods of counts and squared errors.

The zero-inflated negative binomial is parametrised by the logarithm of its mean, its dispersion
(inverse overdispersion) and the logit of its dropout probability. All functions work elementwise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from scinfovae.model.negative_binomial import nll_terms

if TYPE_CHECKING:
    from torch import Tensor


def zinb_nll(counts: Tensor, log_mean: Tensor, dispersion: Tensor, dropout_logit: Tensor) -> Tensor:
    r"""Negative log-likelihood of the zero-inflated negative binomial.

    Paper, Eq. 5 to 7 with the second factor of Eq. 6 read as mu / (theta + mu):
    pi delta_0 + (1 - pi) NB(mu, theta).

    Parameters
    ----------
    counts
        Non-negative counts x.
    log_mean
        log mu of the negative binomial part.
    dispersion
        theta, positive.
    dropout_logit
        logit pi.

    Returns
    -------
    Tensor of the same shape, in nats.
    """
    return _NLL.apply(counts, log_mean, dispersion, dropout_logit)


def nb_nll(counts: Tensor, log_mean: Tensor, dispersion: Tensor) -> Tensor:
    """Negative log-likelihood of the negative binomial (paper, Eq. 6); see `zinb_nll`."""
    return _NLL.apply(counts, log_mean, dispersion, None)


def gaussian_nll(values: Tensor, mean: Tensor) -> Tensor:
    """Negative log-density of a Gaussian with unit variance, in nats."""
    return 0.5 * (values - mean) ** 2 + 0.5 * math.log(2 * math.pi)


def squared_error(values: Tensor, mean: Tensor) -> Tensor:
    """Squared error, the reconstruction term ``mse``."""
    return (values - mean) ** 2


def zinb_squared_error(
    counts: Tensor, log_mean: Tensor, dropout_logit: Tensor, scale: float
) -> Tensor:
    """Squared error against the mean of the ZINB, (x - (1 - pi) mu)^2 / 2c (paper, Eq. 8)."""
    mean = torch.sigmoid(-dropout_logit) * log_mean.exp()
    return (counts - mean) ** 2 / (2 * scale)


class _NLL(torch.autograd.Function):
    """Value with the gradient in closed form."""

    @staticmethod
    def forward(
        ctx: Any, counts: Tensor, log_mean: Tensor, dispersion: Tensor, dropout_logit: Tensor | None
    ) -> Tensor:
        value, *slopes = nll_terms(counts, log_mean, dispersion, dropout_logit)
        ctx.save_for_backward(*slopes)
        return value.add_(torch.lgamma(counts + 1))

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        (upstream,) = outputs
        slopes = ctx.saved_tensors
        return None, *(None if slope is None else upstream * slope for slope in slopes)
