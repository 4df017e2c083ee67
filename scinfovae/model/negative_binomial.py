"""The negative binomial, plain and zero-inflated: value and gradient at once, in closed form.

Nothing here knows of autograd; `scinfovae.model.likelihood` and `scinfovae.model.heads` hand the
gradients on. Every entry is worked out the same way, zero or not: evaluating the positive counts
alone saves arithmetic but pays for picking them, on a GPU with a wait, on a CPU with a branch per
entry; measured, it only wins on very sparse counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from scinfovae.model.log_gamma import log_gamma_growth

if TYPE_CHECKING:
    from torch import Tensor

# A dropout probability below exp(-40) counts as exp(-40); its square still is a float32.
_LOWEST_LOGIT = -40.0


class Terms(NamedTuple):
    """Negative log-likelihood without log Gamma(x + 1), and its slope in each parameter.

    log Gamma(x + 1) does not depend on the parameters; it is constant over a training.
    """

    value: Tensor
    log_mean: Tensor
    dispersion: Tensor
    dropout_logit: Tensor | None


def nll_terms(
    counts: Tensor, log_mean: Tensor, dispersion: Tensor, dropout_logit: Tensor | None = None
) -> Terms:
    """Evaluate pi delta_0 + (1 - pi) NB(mu, theta), or NB(mu, theta) alone.

    Parameters
    ----------
    counts
        x, not negative.
    log_mean, dispersion, dropout_logit
        log mu, theta, and logit pi or None, of the same shape. None of them is written to.

    Returns
    -------
    Tensors of that shape, in nats.
    """
    growth = log_gamma_growth(counts, dispersion)  # 0 where counts are
    mean = log_mean.exp()
    total = mean + dispersion
    # all of log Gamma(x + theta) - log Gamma(theta) + x log(mu / (theta + mu))
    rest = growth.rest.addcmul_(growth.far.div_(total).log_().add_(log_mean).sub_(1), counts)
    log_ratio = (mean / dispersion).log1p_()
    value = dispersion * log_ratio  # -log NB(0)
    excess = mean.sub_(counts).div_(total)
    to_dispersion = log_ratio.sub_(excess)
    to_log_mean = excess.mul_(dispersion)
    to_logit = None
    if dropout_logit is not None:
        value, kept, to_logit = _inflate(counts, value, dropout_logit)
        to_log_mean.mul_(kept)
        to_dispersion.mul_(kept)
    return Terms(value.sub_(rest), to_log_mean, to_dispersion.sub_(growth.slope), to_logit)


def _inflate(counts: Tensor, zero_cost: Tensor, logit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Add zeros from dropout to a distribution that gives zero the cost c = -log P(0).

    With a = exp(-logit) and b = exp(-logit - c), a zero costs log(1 + a) - log(1 + b), which is
    one log1p of a ratio, accurate near 0; a positive count costs log(1 + a) + logit more than
    without dropout, the same expression with b = 0.

    Returns
    -------
    Cost of a zero, resp. c plus the cost of not dropping out where the count is positive; the
    probability that the entry does not stem from dropout; the slope in the logit.
    """
    bounded = logit.clamp(min=_LOWEST_LOGIT)
    zero = torch.eq(counts, 0, out=torch.empty_like(counts))
    a = bounded.neg().exp_()
    cost = bounded.add_(zero_cost)
    b = cost.neg().exp_().mul_(zero)
    denominator = b + 1
    value = torch.sub(a, b, out=b).div_(denominator).log1p_()
    from_dropout = torch.div(zero, denominator, out=denominator)
    to_logit = a.add_(1).reciprocal_().sub_(from_dropout)
    value.addcmul_(cost, zero.sub_(1), value=-1)
    return value, from_dropout.neg_().add_(1), to_logit
