"""Reconstruction terms: negative log-likelihoods of counts and squared errors.

The zero-inflated negative binomial is parametrised by the logarithm of its mean, its dispersion
(inverse overdispersion) and the logit of its dropout probability. All functions work elementwise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import softplus

if TYPE_CHECKING:
    from torch import Tensor

# Above this argument the series of log-gamma is exact to float64 rounding.
_SERIES_FROM = 32.0


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
    return _ZINB.apply(counts, log_mean, dispersion, dropout_logit)


def nb_nll(counts: Tensor, log_mean: Tensor, dispersion: Tensor) -> Tensor:
    """Negative log-likelihood of the negative binomial (paper, Eq. 6); see `zinb_nll`."""
    return _ZINB.apply(counts, log_mean, dispersion, None)


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


class _ZINB(torch.autograd.Function):
    """Value and closed-form gradient in one pass.

    Only positive counts need log-gamma and digamma, the dearest operations of a training step;
    on a CPU they are evaluated for those entries alone. On a GPU picking entries would stop the
    stream to learn how many there are, so everything is evaluated there.
    """

    @staticmethod
    def forward(
        ctx: Any, counts: Tensor, log_mean: Tensor, dispersion: Tensor, dropout_logit: Tensor | None
    ) -> Tensor:
        mean = log_mean.exp()
        log_ratio = torch.log1p(mean / dispersion)
        log_zero = -dispersion * log_ratio  # log NB(0)
        excess = (mean - counts) / (mean + dispersion)
        gradient_log_mean = dispersion * excess
        gradient_dispersion = log_ratio - excess
        value = log_zero
        log_kept = gradient_logit = None
        index = _where_positive(counts)
        if dropout_logit is not None:
            log_kept = -softplus(dropout_logit)  # log(1 - pi)
            value = _log_mixture(dropout_logit, log_kept, log_zero)
            from_dropout = torch.sigmoid(dropout_logit - log_zero)
            from_dropout = _replace(from_dropout, index, torch.zeros_like(_take(index, mean)))
            gradient_log_mean *= 1 - from_dropout
            gradient_dispersion *= 1 - from_dropout
            gradient_logit = torch.sigmoid(dropout_logit) - from_dropout

        x, theta = _take(index, counts), _take(index, dispersion)
        log_share = _take(index, log_mean) - _take(index, log_ratio) - theta.log()
        positive = _log_gamma_ratio(x, theta) - torch.lgamma(x + 1) + x * log_share
        positive += _take(index, log_zero)
        if log_kept is not None:
            positive += _take(index, log_kept)
        value = _replace(value, index, positive)
        slope = _take(index, gradient_dispersion) - _digamma_ratio(x, theta)
        gradient_dispersion = _replace(gradient_dispersion, index, slope)
        ctx.save_for_backward(gradient_log_mean, gradient_dispersion, gradient_logit)
        return -value

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        (upstream,) = outputs
        log_mean, dispersion, logit = ctx.saved_tensors
        return (
            None,
            upstream * log_mean,
            upstream * dispersion,
            None if logit is None else upstream * logit,
        )


def _log_mixture(logit: Tensor, log_kept: Tensor, log_zero: Tensor) -> Tensor:
    """Return log(pi + (1 - pi) exp(log_zero)), accurate near 0 and far below it."""
    minus_lost = torch.sigmoid(-logit) * torch.expm1(log_zero)
    near = torch.log1p(minus_lost.clamp(min=-0.5))
    far = log_kept + torch.maximum(logit, log_zero) + softplus(-(logit - log_zero).abs())
    return torch.where(minus_lost > -0.5, near, far)


def _where_positive(counts: Tensor) -> Tensor:
    """Return flat positions of the positive counts; on a GPU a mask, which costs no wait."""
    positive = counts > 0
    return positive if counts.is_cuda else positive.flatten().nonzero().squeeze(1)


def _take(index: Tensor, values: Tensor) -> Tensor:
    return values if index.dtype == torch.bool else values.flatten()[index]


def _replace(values: Tensor, index: Tensor, new: Tensor) -> Tensor:
    if index.dtype == torch.bool:
        return torch.where(index, new, values)
    return values.flatten().index_copy_(0, index, new).view(values.shape)


def _log_gamma_ratio(x: Tensor, theta: Tensor) -> Tensor:
    """Return log Gamma(x + theta) - log Gamma(theta) without cancellation for large theta."""
    total = x + theta
    large = theta.clamp(min=_SERIES_FROM)
    series = (
        (large - 0.5) * torch.log1p(x / large)
        + x * (torch.log(x + large) - 1)
        + (_log_gamma_tail(x + large) - _log_gamma_tail(large))
    )
    return torch.where(theta > _SERIES_FROM, series, torch.lgamma(total) - torch.lgamma(theta))


def _log_gamma_tail(z: Tensor) -> Tensor:
    """Return log Gamma(z) - [(z - 1/2) log z - z + log(2 pi) / 2], Stirling's series."""
    inverse = 1 / z
    square = inverse * inverse
    return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))


def _digamma_ratio(x: Tensor, theta: Tensor) -> Tensor:
    """Return digamma(x + theta) - digamma(theta) without cancellation for large theta."""
    large = theta.clamp(min=_SERIES_FROM)
    total = x + large
    series = torch.log1p(x / large) + _digamma_tail(total) - _digamma_tail(large)
    return torch.where(
        theta > _SERIES_FROM, series, torch.digamma(x + theta) - torch.digamma(theta)
    )


def _digamma_tail(z: Tensor) -> Tensor:
    """Return digamma(z) - log z, asymptotic series."""
    inverse = 1 / z
    square = inverse * inverse
    return -inverse * (0.5 + inverse * (1 / 12 - square * (1 / 120 - square / 252)))
