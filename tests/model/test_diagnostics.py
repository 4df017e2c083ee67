"""Diagnostics against closed forms and brute force."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from scinfovae.model.diagnostics import active_units, is_collapsed, mutual_information
from scinfovae.model.objective import kl_to_prior


def draws(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_kl_to_prior_equals_torch_distributions():
    mean, log_variance = draws(2, 7, 3), draws(2, 7, 3, seed=1)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(kl_to_prior(mean, log_variance), expected)


def test_active_units_counts_dimensions_that_vary():
    mean = torch.zeros(2, 500, 3)
    mean[0, :, 0] = draws(500).float()
    mean[0, :, 1] = draws(500, seed=1).float() * 0.05  # variance .0025
    mean[1] = draws(500, 3, seed=2).float()
    assert active_units(mean).tolist() == [1, 3]


def test_mutual_information_of_separate_posteriors_is_its_ceiling():
    mean = torch.arange(300.0).view(1, -1, 1) * 100
    value = mutual_information(mean, torch.zeros_like(mean), draws(1, 300, 1))
    assert value.item() == pytest.approx(math.log(300), abs=1e-9)


def test_mutual_information_of_equal_posteriors_is_zero():
    mean = torch.ones(1, 300, 4)
    value = mutual_information(mean, torch.zeros_like(mean), draws(1, 300, 4))
    assert value.item() == pytest.approx(0, abs=1e-9)


def test_mutual_information_equals_brute_force():
    n = 40
    mean, log_variance, noise = draws(2, n, 3), draws(2, n, 3, seed=1), draws(2, n, 3, seed=2)
    z = mean + (log_variance / 2).exp() * noise
    ours = mutual_information(mean, log_variance, noise)
    for s in range(2):
        q = Normal(mean[s], (log_variance[s] / 2).exp())
        log_q = q.log_prob(z[s].unsqueeze(1)).sum(-1)  # [i, j] = log q(z_i | x_j)
        expected = log_q.diagonal().mean() - (log_q.logsumexp(1) - math.log(n)).mean()
        assert ours[s].item() == pytest.approx(expected.item())


def test_collapse_by_units_or_by_a_decoder_that_ignores_z():
    active = torch.tensor([1, 5, 5])
    loss = torch.tensor([100.0, 100.0, 100.0])
    permuted = torch.tensor([150.0, 100.9, 101.1])
    assert is_collapsed(active, loss, permuted).tolist() == [True, True, False]
