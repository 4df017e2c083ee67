"""The growth of log-gamma against 60 digits."""

from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import pytest
import torch

from scinfovae.model.log_gamma import log_gamma_growth

POINTS = np.array(
    list(product([0, 1, 2, 7, 300, 10**5], [1e-6, 1e-3, 0.1, 0.7, 1, 5.5, 40, 1e3, 1e6]))
)


def exact():
    values, slopes = [], []
    with mpmath.workdps(60):
        for x, theta in POINTS:
            x, theta = mpmath.mpf(x), mpmath.mpf(theta)
            values.append(float(mpmath.loggamma(x + theta) - mpmath.loggamma(theta)))
            slopes.append(float(mpmath.digamma(x + theta) - mpmath.digamma(theta)))
    return np.array(values), np.array(slopes)


@pytest.mark.parametrize(
    ("dtype", "absolute", "relative"),
    [(torch.float64, 1e-11, 1e-11), (torch.float32, 3e-4, 2e-4)],
)
def test_growth_equals_60_digits(dtype, absolute, relative):
    x, theta = (torch.tensor(column, dtype=dtype) for column in POINTS.T)
    growth = log_gamma_growth(x, theta)
    value = (x * (growth.far.log() - 1) + growth.rest).double().numpy()
    values, slopes = exact()
    np.testing.assert_allclose(value, values, rtol=max(relative / 100, 1e-11), atol=absolute)
    np.testing.assert_allclose(growth.slope.double(), slopes, rtol=relative, atol=absolute)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_count_of_zero_adds_exactly_nothing(dtype):
    theta = torch.logspace(-6, 6, 50, dtype=dtype)
    growth = log_gamma_growth(torch.zeros_like(theta), theta)
    assert not growth.rest.any()
    assert not growth.slope.any()
