"""The divergences against loops, closed forms and quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.spatial.distance import cdist
from scipy.stats import norm

from scinfovae.model.divergence import (
    Discriminator,
    jensen_shannon,
    mmd,
    squared_distances,
    stein_direction,
    stein_loss,
)


def sample(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


KERNELS = {
    "rbf": lambda d2, dim: np.exp(-d2 / dim),
    "imq": lambda d2, dim: 2 * dim / (2 * dim + d2),
    "mq": lambda d2, dim: -np.sqrt(1 + d2 / (2 * dim)),
}


@pytest.mark.parametrize("kernel", list(KERNELS))
@pytest.mark.parametrize("estimator", ["v", "u"])
def test_mmd_equals_its_definition(kernel, estimator):
    a, b = sample(2, 30, 4), sample(2, 30, 4, seed=1) + 0.5
    ours = mmd(a, b, kernel, estimator)
    for s in range(2):
        aa, bb, ab = (
            KERNELS[kernel](cdist(p, q, "sqeuclidean"), 4)
            for p, q in ((a[s], a[s]), (b[s], b[s]), (a[s], b[s]))
        )
        if estimator == "v":
            expected = aa.mean() + bb.mean() - 2 * ab.mean()
        else:
            pairs = 30 * 29
            expected = (aa.sum() - np.trace(aa) + bb.sum() - np.trace(bb)) / pairs - 2 * ab.mean()
        assert ours[s].item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kernel", list(KERNELS))
@pytest.mark.parametrize("estimator", ["v", "u"])
def test_the_gradient_of_mmd_is_that_of_its_value(kernel, estimator):
    a, b = sample(2, 12, 4).requires_grad_(), sample(2, 12, 4, seed=1) + 0.5
    assert torch.autograd.gradcheck(lambda points: mmd(points, b, kernel, estimator), a)


def test_only_the_multiquadric_reaches_a_far_group():
    pulls = {}
    for kernel in KERNELS:
        a, b = sample(1, 100, 10), sample(1, 100, 10, seed=1)
        a[0, :20, 0] += 30.0
        a.requires_grad_()
        mmd(a, b, kernel).sum().backward()
        pulls[kernel] = 100 * a.grad[0, :20, 0].mean().item()
    assert abs(pulls["rbf"]) < 1e-12
    assert 0 < pulls["imq"] < 0.002
    assert pulls["mq"] > 0.05


def test_unbiased_mmd_of_equal_distributions_averages_to_zero():
    a, b = sample(400, 64, 3), sample(400, 64, 3, seed=1)
    values = mmd(a, b, "rbf", "u")
    standard_error = values.std() / math.sqrt(len(values))
    assert abs(values.mean()) < 4 * standard_error
    assert mmd(a, b, "rbf", "v").mean() > 10 * standard_error  # the biased one does not


def test_squared_distances():
    a, b = sample(1, 5, 3), sample(1, 7, 3, seed=1)
    np.testing.assert_allclose(squared_distances(a, b)[0], cdist(a[0], b[0], "sqeuclidean"))


def test_stein_direction_equals_its_definition():
    z = sample(2, 12, 3) * 2 + 1
    ours = stein_direction(z)
    for s in range(2):
        d2 = torch.tensor(cdist(z[s], z[s], "sqeuclidean"))
        h = d2.flatten().median() / math.log(12)
        expected = torch.zeros(12, 3, dtype=torch.float64)
        for i in range(12):
            for j in range(12):
                zj = z[s, j].clone().requires_grad_()
                k = torch.exp(-((zj - z[s, i]) ** 2).sum() / h)
                (slope,) = torch.autograd.grad(k, zj)
                expected[i] += (k.detach() * -z[s, j] + slope) / 12
        torch.testing.assert_close(ours[s], expected)


def test_stein_steps_move_a_sample_to_the_prior():
    z = (sample(1, 200, 2) * 0.3 + 4).requires_grad_()
    optimizer = torch.optim.Adam([z], lr=0.05)
    for _ in range(600):
        optimizer.zero_grad()
        (stein_loss(z).sum() * 200).backward()
        optimizer.step()
    assert z.mean(1).abs().max() < 0.15
    assert (z.var(1) - 1).abs().max() < 0.3


def test_jensen_shannon_at_the_optimal_discriminator_equals_quadrature():
    q = norm(1.0, 0.7)
    n = 400_000
    rng = np.random.default_rng(0)
    z, prior = q.rvs(n, random_state=rng), norm.rvs(size=n, random_state=rng)

    class Optimal(Discriminator):
        def __init__(self):
            torch.nn.Module.__init__(self)

        def forward(self, x):
            x = x.squeeze(-1).numpy()
            return torch.tensor(norm.logpdf(x) - q.logpdf(x))

    loss = Optimal().loss(*(torch.tensor(v).view(1, -1, 1) for v in (z, prior)))

    def integrand(x):
        p, r = norm.pdf(x), q.pdf(x)
        m = (p + r) / 2
        return 0.5 * (p * np.log(p / m) + r * np.log(r / m))

    assert jensen_shannon(loss).item() == pytest.approx(quad(integrand, -6, 6)[0], abs=0.003)


def test_encoder_loss_pulls_towards_what_the_discriminator_takes_for_prior():
    generators = [torch.Generator().manual_seed(s) for s in (0, 1)]
    discriminator = Discriminator(2, generators, torch.float64)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.01)
    for step in range(200):
        far, prior = sample(2, 128, 2, seed=2 * step) + 4, sample(2, 128, 2, seed=2 * step + 1)
        optimizer.zero_grad()
        discriminator.loss(far, prior).sum().backward()
        optimizer.step()
    z = (sample(2, 50, 2, seed=999) + 4).requires_grad_()
    discriminator.encoder_loss(z).sum().backward()
    assert (z.grad.mean(1).sum(-1) > 0).all()  # descending lowers the coordinates
