"""The vote of partitions: by hand, and on partitions of which none is right."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from scinfovae.clustering.voting import cluster_vote
from scinfovae.errors import DataError, UsageError


def test_a_vote_by_hand():
    # named alike: 001122, 001122, 000122; cell 2 has two votes for 1 of three
    partitions = [[0, 0, 1, 1, 2, 2], [7, 7, 3, 3, 5, 5], [1, 1, 1, 2, 0, 0]]
    found = cluster_vote(partitions, 3)
    assert adjusted_rand_score([0, 0, 1, 1, 2, 2], found.labels) == 1
    assert found.info["agreement"] == pytest.approx((5 * 1 + 2 / 3) / 6)


def test_names_are_those_that_share_most_cells():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 60)
    other = np.where(rng.random(60) < 0.6, (truth + 1) % 4, rng.integers(0, 4, 60))
    found = cluster_vote([truth, other], 4)
    shared = max(np.mean(truth == np.array(names)[other]) for names in permutations(range(4)))
    # two partitions agree fully on the cells they share, and half on the others
    assert found.info["agreement"] == pytest.approx(shared + (1 - shared) / 2)


def test_many_wrong_partitions_make_a_right_one():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 5, 500)
    partitions = np.stack([rng.permutation(5) for _ in range(20)])[:, truth]
    moved = rng.random(partitions.shape) < 0.4
    partitions[moved] = rng.integers(0, 5, moved.sum())
    found = cluster_vote(partitions, 5)
    assert adjusted_rand_score(truth, found.labels) >= 0.98
    assert max(adjusted_rand_score(truth, p) for p in partitions) < 0.6


def test_partitions_may_have_fewer_or_more_clusters():
    truth = np.repeat([0, 1, 2], 20)
    finer, coarser = np.repeat(range(6), 10), np.repeat([0, 1, 1], 20)
    found = cluster_vote([truth, finer, coarser, truth], 3)
    assert adjusted_rand_score(truth, found.labels) == 1
    assert cluster_vote([finer], 3).info["clusters"] <= 3


def test_a_hundred_thousand_cells_need_no_square_matrix():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 6, 100_000)
    partitions = np.where(rng.random((10, 100_000)) < 0.3, rng.integers(0, 6, (10, 100_000)), truth)
    assert adjusted_rand_score(truth, cluster_vote(partitions, 6).labels) >= 0.95


def test_what_cannot_vote_is_refused():
    with pytest.raises(DataError, match="whole numbers"):
        cluster_vote(np.ones((2, 5)), 2)
    with pytest.raises(UsageError, match="n_clusters=9"):
        cluster_vote(np.zeros((1, 5), int), 9)
