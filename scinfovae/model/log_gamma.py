"""How log-gamma and its slope grow from theta to theta + x, for every entry of a matrix at once.

A negative binomial needs log Gamma(x + theta) - log Gamma(theta) and the same difference of
digamma. The library functions are the dearest operations of a training step and lose all digits
of the difference where theta is large. Here both come from one series (Stirling's, in De
Moivre's form) whose large terms cancel by algebra instead of by subtraction:

    log Gamma(z + n) = w log w - w + log(2 pi) / 2 - 1/(24 w) + 7/(2880 w^3) - ...,
    w = z + n - 1/2,

brought down to z by the product z (z + 1) ... (z + n - 1). In-place operations keep the passes
over memory few; that is what they cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from torch import Tensor

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_VALUE = tuple(
    -(1 - 2 ** (1 - 2 * k)) * b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1)
)
_SLOPE = tuple(-(2 * k - 1) * c for k, c in enumerate(_VALUE, 1))


class _Precision(NamedTuple):
    """Shift n and number of terms of the series."""

    shift: int
    terms: int


# largest errors over z > 0: 8e-5 and 1e-13, at z -> 0
_PRECISION = {torch.float32: _Precision(2, 2), torch.float64: _Precision(6, 8)}


class Growth(NamedTuple):
    """log Gamma(x + theta) - log Gamma(theta) = x (log(far) - 1) + rest, and its slope in theta.

    The first term is left to the caller because it cancels against x log(theta + mu) of the
    negative binomial, better as the logarithm of a ratio than as a difference of logarithms.
    """

    far: Tensor
    rest: Tensor
    slope: Tensor


def log_gamma_growth(x: Tensor, theta: Tensor) -> Growth:
    """Grow log-gamma from theta to theta + x; exactly 0 where x is 0.

    Parameters
    ----------
    x
        Not negative, float32 or float64.
    theta
        Positive, of the same shape and type.

    Returns
    -------
    Three tensors of that shape.
    """
    precision = _PRECISION[x.dtype]
    near, far = _series(theta, precision), _series(x + theta, precision)
    step = (x / near.w).log1p_()
    slope = far.slope.sub_(near.slope).add_(step)
    rest = far.tail.sub_(near.tail).addcmul_(step, near.w)
    rest.sub_(far.product.div_(near.product).log_())
    return Growth(far.w, rest, slope)


class _Series(NamedTuple):
    """log Gamma(z) = w log w - w + tail - log(product) + constant; slope of the last three."""

    w: Tensor
    tail: Tensor
    product: Tensor
    slope: Tensor


def _series(z: Tensor, precision: _Precision) -> _Series:
    w = z + (precision.shift - 0.5)
    inverse = w.reciprocal()
    square = inverse * inverse
    tail = _polynomial(_VALUE[: precision.terms], square).mul_(inverse)
    slope = _polynomial(_SLOPE[: precision.terms], square).mul_(square)
    factor = z + 1
    product, derivative = z * factor, z + factor
    for _ in range(2, precision.shift):
        factor.add_(1)
        derivative.mul_(factor).add_(product)
        product.mul_(factor)
    return _Series(w, tail, product, slope.sub_(derivative.div_(product)))


def _polynomial(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    """Evaluate c_0 + c_1 x + c_2 x^2 + ...; the first two factors in one pass over memory."""
    *lower, second, last = coefficients
    value = torch.rsub(x, second, alpha=-last)
    for coefficient in reversed(lower):
        value.mul_(x).add_(coefficient)
    return value
