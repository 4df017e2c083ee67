"""The likelihood of counts and its gradient for a CPU in float32, every entry in one pass.

Written with tensor operations the same sum takes about a hundred passes over memory and a third
of a training step; compiled into one loop, which the compiler turns into vector instructions, a
tenth. The formulas are those of `scinfovae.model.heads`, `scinfovae.model.negative_binomial` and
`scinfovae.model.log_gamma`, which serve a GPU and float64 and explain them; tests hold the two
together. This is the one module of `scinfovae.model` that needs more than torch. It is imported
on first use and its machine code is kept on disk.

exp and log are written out because calls of the C library would keep the loop from being
vectorised. Comparisons are written so that NaN stays NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_F, _I = np.float32, np.int32
_ONE, _ZERO = _F(1), _F(0)
_LOG2_E, _LN_2_HIGH, _LN_2_LOW = _F(1.4426950408889634), _F(0.693359375), _F(-2.12194440e-4)
_ROOT_HALF = _I(0x3F3504F3)  # bits of the float32 below which a mantissa is doubled
_LOG_MEAN_BOUND, _LOWEST_LOGIT, _LINEAR_FROM = _F(15), _F(-40), _F(20)
_LEAST_DISPERSION, _LARGEST_DISPERSION = _F(1e-6), _F(1e4)

# contraction to fused multiply-add; no reordering of sums, which would undo compensation, and no
# assumption that NaN does not occur
_MATH = {"contract", "nsz"}


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile to be called from Python; kept on disk where there is a place to keep it."""
    options: Any = {"fastmath": _MATH, "error_model": "numpy", "nogil": True}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder is writable
        return njit(**options)(function)


_inline = njit(fastmath=_MATH, error_model="numpy", inline="always")


@_inline
def _exp(x):  # type: ignore[no-untyped-def]
    """2^n times the Taylor series of the rest, |rest| <= log(2) / 2; within [exp(-87), exp(88)]."""
    x = _F(-87) if x < _F(-87) else x
    x = _F(88) if x > _F(88) else x
    n = np.floor(x * _LOG2_E + _F(0.5))
    r = (x - n * _LN_2_HIGH) - n * _LN_2_LOW
    series = _F(1 / 720) + r * _F(1 / 5040)
    series = _F(1 / 24) + r * (_F(1 / 120) + r * series)
    series = _F(1 / 2) + r * (_F(1 / 6) + r * series)
    power = _I((_I(n) + _I(127)) << _I(23)).view(_F)
    return (_ONE + (r + r * r * series)) * power


def _log_coefficients(n: int) -> list[np.float32]:
    """Interpolate (log(1 + f) - f + f^2 / 2) / f^3 where 1 + f is a mantissa, at n points."""
    low, high = 0.5**0.5 - 1, 2**0.5 - 1
    angles = (np.arange(n) + 0.5) * np.pi / n
    f = (high + low) / 2 + (high - low) / 2 * np.cos(angles)
    wanted = (np.log1p(f) - f + f**2 / 2) / f**3
    return [_F(c) for c in np.linalg.solve(np.vander(f, increasing=True), wanted)]


_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = _log_coefficients(8)


@_inline
def _log_of_parts(exponent, f):  # type: ignore[no-untyped-def]
    """Logarithm of 2^exponent (1 + f)."""
    square = f * f
    series = (_L4 + f * _L5) + square * (_L6 + f * _L7)  # in parallel rather than by Horner
    series = (_L0 + f * _L1) + square * ((_L2 + f * _L3) + square * series)
    n = _F(exponent)
    small = n * _LN_2_LOW + (f * square * series - _F(0.5) * square)
    return n * _LN_2_HIGH + (small + f)


@_inline
def _log(x):  # type: ignore[no-untyped-def]
    bits = _F(x).view(_I)
    exponent = _I(_I(bits - _ROOT_HALF) >> _I(23))
    mantissa = _I(bits - (exponent << _I(23))).view(_F)
    return _log_of_parts(exponent, mantissa - _ONE)


@_inline
def _log1p(x):  # type: ignore[no-untyped-def]
    bits = _F(_ONE + x).view(_I)
    exponent = _I(_I(bits - _ROOT_HALF) >> _I(23))
    mantissa = _I(bits - (exponent << _I(23))).view(_F)
    return _log_of_parts(exponent, x if exponent == _I(0) else mantissa - _ONE)


@_inline
def _series(z):  # type: ignore[no-untyped-def]
    """Stirling's series, shifted by two, two terms; see `scinfovae.model.log_gamma`."""
    w = z + _F(1.5)
    inverse = _ONE / w
    square = inverse * inverse
    tail = (_F(-1 / 24) + _F(7 / 2880) * square) * inverse
    product = z * (z + _ONE)
    slope = (_F(1 / 24) + _F(-7 / 960) * square) * square - (z + z + _ONE) / product
    return w, tail, product, slope


@_compile
def _activate(outputs, bias, offset, log_mean, theta, chain, free_mean):  # type: ignore[no-untyped-def]
    """Turn outputs into log mu and theta; slope of theta; 1 where log mu is not clamped, or 0."""
    k = theta.size
    for g in range(k):
        raw = outputs[g] + bias[g]
        inside = -_LOG_MEAN_BOUND if raw < -_LOG_MEAN_BOUND else raw
        inside = _LOG_MEAN_BOUND if inside > _LOG_MEAN_BOUND else inside
        free_mean[g] = _ONE if inside == raw else _ZERO
        log_mean[g] = inside + offset
        raw = outputs[k + g] + bias[k + g]
        exponential = _exp(_LINEAR_FROM if raw > _LINEAR_FROM else raw)
        softplus = _log1p(exponential)
        softplus = raw if raw > softplus else softplus
        inside = _LEAST_DISPERSION if softplus < _LEAST_DISPERSION else softplus
        inside = _LARGEST_DISPERSION if inside > _LARGEST_DISPERSION else inside
        chain[g] = exponential / (_ONE + exponential) if inside == softplus else _ZERO
        theta[g] = inside


@_compile
def _spread(x, log_mean, theta, inverse_total, cost, to_mean, to_theta):  # type: ignore[no-untyped-def]
    """Cost of a zero, and the slopes without the gamma functions."""
    for g in range(x.size):
        mu = _exp(log_mean[g])
        log_ratio = _log1p(mu / theta[g])
        inverse = _ONE / (mu + theta[g])
        excess = (mu - x[g]) * inverse
        inverse_total[g] = inverse
        cost[g] = theta[g] * log_ratio
        to_mean[g] = theta[g] * excess
        to_theta[g] = log_ratio - excess


@_compile
def _inflate(x, logit, bias, cost, to_mean, to_theta):  # type: ignore[no-untyped-def]
    """See `scinfovae.model.negative_binomial`; overwrites logit, cost and slopes."""
    for g in range(x.size):
        zero = _ONE if x[g] == _ZERO else _ZERO
        bounded = logit[g] + bias[g]
        bounded = _LOWEST_LOGIT if bounded < _LOWEST_LOGIT else bounded
        total = bounded + cost[g]
        a, b = _exp(-bounded), _exp(-total) * zero
        both = _ONE / ((_ONE + a) * (_ONE + b))
        inverse_b = both * (_ONE + a)
        kept = _ONE - zero * inverse_b
        logit[g] = both * (_ONE + b) - zero * inverse_b
        cost[g] = total * (_ONE - zero) + _log1p((a - b) * inverse_b)
        to_mean[g] *= kept
        to_theta[g] *= kept


@_compile
def _gamma_functions(x, log_mean, theta, inverse_total, cost, to_theta):  # type: ignore[no-untyped-def]
    """Subtract log Gamma(x + theta) - log Gamma(theta) + x log(mu / (theta + mu)) and slope."""
    for g in range(x.size):
        count = x[g]
        w, tail, product, slope = _series(theta[g])
        far_w, far_tail, far_product, far_slope = _series(theta[g] + count)
        step = _log1p(count / w)
        share = _log(far_w * inverse_total[g]) + log_mean[g] - _ONE
        rest = step * w + (far_tail - tail) + count * share - _log(far_product / product)
        cost[g] -= rest
        to_theta[g] -= far_slope - slope + step


@njit(fastmath=_MATH | {"reassoc"}, error_model="numpy")
def _sum(values):  # type: ignore[no-untyped-def]
    total = _ZERO
    for value in values:
        total += value
    return total


@_compile
def _finish(outputs, to_mean, to_theta, chain, free_mean):  # type: ignore[no-untyped-def]
    k = chain.size
    for g in range(k):
        outputs[g] = to_mean[g] * free_mean[g]
        outputs[k + g] = to_theta[g] * chain[g]


@_compile
def nll_of_rows(outputs, bias, counts, offsets, values):  # type: ignore[no-untyped-def]
    """Evaluate the negative log-likelihood without log Gamma(x + 1) and its gradient.

    Parameters
    ----------
    outputs
        Of the decoder before the bias, heads side by side, array of shape (n, 2 n_genes) for the
        negative binomial, (n, 3 n_genes) with zero inflation. Overwritten with the slope in each.
    bias
        Array of shape (n_heads x n_genes,).
    counts
        Array of shape (n, n_genes).
    offsets
        log s_i, array of shape (n,).
    values
        Written: sums over genes, array of shape (n,), nats.
    """
    n, k = counts.shape
    inflated = outputs.shape[1] == 3 * k
    work = np.empty((8, k), np.float32)  # stays in the innermost cache
    log_mean, theta, chain, free_mean = work[0], work[1], work[2], work[3]
    inverse_total, cost, to_mean, to_theta = work[4], work[5], work[6], work[7]
    for i in range(n):
        row, x = outputs[i], counts[i]
        _activate(row, bias, offsets[i], log_mean, theta, chain, free_mean)
        _spread(x, log_mean, theta, inverse_total, cost, to_mean, to_theta)
        if inflated:
            _inflate(x, row[2 * k :], bias[2 * k :], cost, to_mean, to_theta)
        _gamma_functions(x, log_mean, theta, inverse_total, cost, to_theta)
        _finish(row, to_mean, to_theta, chain, free_mean)
        values[i] = _sum(cost)
