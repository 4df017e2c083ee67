"""The likelihoods against scipy, mpmath, torch.distributions and plain autograd."""

from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import pytest
import torch
from scipy.special import gammaln
from scipy.stats import nbinom, norm

from scinfovae.model.cpu_kernel import nll_of_rows
from scinfovae.model.likelihood import (
    gaussian_nll,
    nb_nll,
    squared_error,
    zinb_nll,
    zinb_squared_error,
)

DECADES = [10.0**k for k in range(-6, 7, 2)]
COUNTS = [0, 1, 3, 40, 1000, 10**6]
LOGITS = [-30.0, -2.0, 0.0, 5.0, 30.0]


def exact_zinb_nll(x: float, mean: float, dispersion: float, logit: float) -> float:
    """Evaluate the definition with 60 digits."""
    with mpmath.workdps(60):
        x, mean, dispersion, logit = map(mpmath.mpf, (x, mean, dispersion, logit))
        dropout = 1 / (1 + mpmath.exp(-logit))
        log_nb = (
            mpmath.loggamma(x + dispersion)
            - mpmath.loggamma(dispersion)
            - mpmath.loggamma(x + 1)
            + dispersion * mpmath.log(dispersion / (dispersion + mean))
            + x * mpmath.log(mean / (dispersion + mean))
        )
        if x == 0:
            return float(-mpmath.log(dropout + (1 - dropout) * mpmath.exp(log_nb)))
        return float(-(mpmath.log(1 - dropout) + log_nb))


def grid() -> tuple[np.ndarray, np.ndarray]:
    points = np.array(list(product(COUNTS, DECADES, DECADES, LOGITS)))
    return points, np.array([exact_zinb_nll(*point) for point in points])


def evaluate(points: np.ndarray, dtype: torch.dtype) -> tuple[torch.Tensor, list[torch.Tensor]]:
    x, mean, dispersion, logit = (torch.tensor(column, dtype=dtype) for column in points.T)
    variables = [mean.double().log().to(dtype), dispersion, logit]
    for variable in variables:
        variable.requires_grad_()
    value = zinb_nll(x, *variables)
    value.sum().backward()
    return value.detach().double(), [v.grad for v in variables]


def test_zinb_in_float64_has_six_digits_at_the_extremes():
    points, exact = grid()
    value, gradients = evaluate(points, torch.float64)
    np.testing.assert_allclose(value, exact, rtol=1e-6, atol=0)
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_zinb_in_float32_is_finite_and_within_a_hundredth():
    points, exact = grid()
    value, gradients = evaluate(points, torch.float32)
    assert value.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in gradients)
    usual = (points[:, 2] <= 1e4) & (points[:, 0] <= 1e3)
    np.testing.assert_allclose(value.numpy()[usual], exact[usual], atol=0.01, rtol=0)


def test_the_compiled_loop_is_within_a_hundredth_too():
    points, exact = grid()
    usual = (points[:, 2] <= 1e4) & (points[:, 0] <= 1e3)
    x, mean, dispersion, logit = points[usual].T
    # one cell of one gene for every point; outputs before their activations
    outputs = np.stack([np.log(mean), np.log(np.expm1(np.minimum(dispersion, 30))), logit], 1)
    outputs[:, 1] = np.where(dispersion > 30, dispersion, outputs[:, 1])
    outputs, zeros = outputs.astype(np.float32), np.zeros(3, np.float32)
    value = np.empty(len(x), np.float32)
    counts = x.astype(np.float32)[:, None]
    nll_of_rows(outputs, zeros, counts, np.zeros(len(x), np.float32), value)
    assert np.isfinite(outputs).all()  # by now the gradient
    np.testing.assert_allclose(value + gammaln(x + 1), exact[usual], atol=0.01, rtol=0)


def test_large_dispersion_in_float32_is_the_poisson_limit():
    value = zinb_nll(*(torch.tensor(v) for v in (3.0, 0.0, 1e6, -100.0)))
    assert value.item() == pytest.approx(2.791757, abs=1e-4)  # -log Poisson(3; 1)


@pytest.mark.parametrize("dispersion", [0.3, 20.0, 31.9, 32.1, 500.0])
def test_nb_equals_scipy(dispersion):
    x = np.arange(0, 400, 7.0)
    mean = np.linspace(0.05, 300, len(x))
    ours = nb_nll(
        torch.tensor(x),
        torch.tensor(mean).log(),
        torch.full((len(x),), dispersion, dtype=torch.float64),
    )
    theirs = -nbinom.logpmf(x, dispersion, dispersion / (dispersion + mean))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_nb_equals_torch_distributions():
    x = torch.arange(0, 60).double()
    log_mean, dispersion = torch.randn(60).double(), torch.rand(60).double() * 90 + 0.1
    theirs = torch.distributions.NegativeBinomial(dispersion, logits=log_mean - dispersion.log())
    torch.testing.assert_close(nb_nll(x, log_mean, dispersion), -theirs.log_prob(x))


def test_zinb_sums_to_one():
    x = torch.arange(0, 4000).double()
    parameters = (torch.tensor(v).double() for v in (1.3, 0.7, -0.4))
    probability = (-zinb_nll(x, *(p.expand_as(x) for p in parameters))).exp().sum()
    assert probability.item() == pytest.approx(1, abs=1e-10)


def plain_zinb(x, log_mean, dispersion, logit):
    """Write the definition down and leave the gradient to autograd."""
    log_nb = (
        torch.lgamma(x + dispersion)
        - torch.lgamma(dispersion)
        - torch.lgamma(x + 1)
        + dispersion * (dispersion.log() - (dispersion + log_mean.exp()).log())
        + x * (log_mean - (dispersion + log_mean.exp()).log())
    )
    dropout = torch.sigmoid(logit)
    mixture = ((x == 0) * dropout + (1 - dropout) * log_nb.exp()).log()
    return -mixture


@pytest.mark.parametrize("share_of_zeros", [0.0, 0.5, 0.92, 1.0])
def test_closed_form_gradient_equals_autograd(share_of_zeros):
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(1, 30, (3, 40, 50), generator=generator).double()
    x[torch.rand(x.shape, generator=generator) < share_of_zeros] = 0
    draws = [torch.randn(x.shape, generator=generator).double() for _ in range(3)]
    variables = [draws[0], draws[1].exp() * 20, draws[2]]
    results = []
    for function in (zinb_nll, plain_zinb):
        leaves = [v.clone().requires_grad_() for v in variables]
        value = function(x, *leaves)
        value.sum().backward()
        results.append([value.detach(), *(leaf.grad for leaf in leaves)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_gradient_by_finite_differences():
    generator = torch.Generator().manual_seed(2)
    x = torch.tensor([0.0, 1, 0, 7, 50, 3]).double()
    draws = [torch.randn(6, generator=generator).double() for _ in range(3)]
    variables = [draws[0], draws[1].exp() * 40, draws[2]]
    leaves = [v.requires_grad_() for v in variables]
    assert torch.autograd.gradcheck(lambda *v: zinb_nll(x, *v), leaves)
    assert torch.autograd.gradcheck(lambda *v: nb_nll(x, *v), leaves[:2])


def test_gaussian_and_squared_errors():
    x, m = np.array([0.5, -2.0]), np.array([1.0, 0.3])
    ours = gaussian_nll(torch.tensor(x), torch.tensor(m))
    np.testing.assert_allclose(ours, -norm.logpdf(x, m))
    np.testing.assert_allclose(squared_error(torch.tensor(x), torch.tensor(m)), (x - m) ** 2)
    # mean of the ZINB (1 - 1/2) * 6 = 3 against 7 counts: 16 / (2 * 4)
    arguments = (torch.tensor(v).double() for v in (7.0, np.log(6), 0.0))
    assert zinb_squared_error(*arguments, scale=4.0).item() == pytest.approx(2.0)
