"""The co-association of cells in several partitions, against the dense one."""

from __future__ import annotations

import numpy as np
import pytest

from scinfovae.clustering.consensus import co_association
from scinfovae.errors import DataError, UsageError


def noisy_partitions(n_partitions=15, n_cells=300, n_clusters=4, wrong=0.4, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_clusters, n_cells)
    names = np.stack([rng.permutation(n_clusters) for _ in range(n_partitions)])
    partitions = names[:, truth]
    moved = rng.random(partitions.shape) < wrong
    partitions[moved] = rng.integers(0, n_clusters, moved.sum())
    return partitions


def dense(partitions):
    return np.mean([p[:, None] == p[None, :] for p in partitions], axis=0)


@pytest.mark.parametrize("n_dims", [3, 50])  # by Lanczos, and dense
def test_spectrum_is_that_of_the_dense_co_association(n_dims):
    partitions = noisy_partitions()
    found = co_association(partitions, n_dims, seed=0)
    shares = dense(partitions)
    degree = shares.sum(axis=1)
    values, vectors = np.linalg.eigh(shares / np.sqrt(np.outer(degree, degree)))
    np.testing.assert_allclose(found.eigenvalues, values[::-1][:n_dims], atol=1e-8)
    assert found.eigenvalues[0] == pytest.approx(1)
    for k in range(3):  # the others lie close together
        ours = found.vectors[:, k] * np.sqrt(degree)
        assert abs(ours @ vectors[:, -1 - k]) == pytest.approx(1, abs=1e-5)


def test_partitions_that_agree_have_one_eigenvalue_of_1_for_each_cluster():
    partition = np.array([5, 5, 9, 9, 9, -1, -1])
    found = co_association([partition, partition + 3], 6, seed=1)
    np.testing.assert_allclose(found.eigenvalues, [1, 1, 1, 0, 0, 0], atol=1e-12)


def test_same_seed_same_spectrum():
    partitions = noisy_partitions()
    first, second = (co_association(partitions, 4, seed=3).vectors for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_hundred_thousand_cells_need_no_square_matrix():
    partitions = noisy_partitions(n_partitions=10, n_cells=100_000, n_clusters=6)
    found = co_association(partitions, 7, seed=0)  # 75 GiB if it were formed
    gaps = -np.diff(found.eigenvalues)[1:]  # the first eigenvalue is 1 in any case
    assert np.argmax(gaps) + 2 == 6


def test_what_has_no_consensus_is_refused():
    with pytest.raises(DataError, match="whole numbers"):
        co_association(np.ones((2, 5)), 2, seed=0)
    with pytest.raises(UsageError, match="n_dims=3"):
        co_association(np.zeros((1, 5), int), 3, seed=0)
