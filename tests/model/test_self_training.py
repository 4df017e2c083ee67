"""Self-training against loops over the printed equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from scinfovae.model.self_training import clustering_kl, soft_assignment, target_distribution

Z = np.array([[0.0, 0.0], [1.0, 0.0], [4.0, 3.0]])
R = np.array([[0.0, 0.0], [3.0, 4.0]])


def ours(nu=1.0):
    return soft_assignment(torch.tensor(Z[None]), torch.tensor(R[None]), nu)


@pytest.mark.parametrize("nu", [1.0, 3.0])
def test_soft_assignment(nu):
    expected = np.array(
        [[(1 + ((z - r) ** 2).sum() / nu) ** (-(nu + 1) / 2) for r in R] for z in Z]
    )
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(ours(nu)[0], expected)


def test_soft_assignment_by_hand():
    # distances^2 of the first cell: 0 and 25, so weights 1 and 1/26
    assert ours()[0, 0, 0].item() == pytest.approx(26 / 27)


@pytest.mark.parametrize("target", ["paper", "literal"])
def test_target_distribution(target):
    q = ours()[0].numpy()
    frequency = q.sum(0) if target == "paper" else np.ones(2)
    expected = q**2 / frequency
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(target_distribution(ours(), target)[0], expected)


def test_clustering_kl_equals_scipy():
    q = ours()
    p = target_distribution(q)
    expected = np.mean([entropy(a, b) for a, b in zip(p[0], q[0], strict=True)])
    assert clustering_kl(p, q).item() == pytest.approx(expected)


def test_clustering_kl_of_a_sure_cell_is_finite():
    q = torch.tensor([[[1.0, 0.0]]])
    assert clustering_kl(q, q).item() == 0
