"""Robust spectral clustering: solved by hand, and held against its definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.sparse import block_diag, csr_array
from sklearn.cluster import SpectralClustering
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from scinfovae.clustering import cluster
from scinfovae.clustering.decomposition import (
    choose_edges,
    decompose,
    edge_scores,
    removable,
)
from scinfovae.clustering.eigen import smallest_eigenpairs
from scinfovae.clustering.knn import union_graph
from scinfovae.clustering.neighbours import nearest_neighbours

LAPLACIANS = ("rw", "sym", "unnormalized")


def bridged_triangles() -> csr_array:
    """Cells 0 1 2 and 3 4 5, every pair within a triangle joined, and 2 with 3."""
    dense = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))
    dense[2, 3] = dense[3, 2] = 1.0
    return csr_array(dense)


def noisy_graph(seed: int) -> csr_array:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 500)
    points = rng.normal(size=(4, 5))[labels] * 1.3 + rng.normal(size=(500, 5))
    return union_graph(nearest_neighbours(points, 15))


@pytest.mark.parametrize(
    ("normalized", "second"),
    # h = (a, a, b, -b, -a, -a): (1 - 2x)(4 - 3x) = 2 with the degrees, (1 - x)(4 - x) = 2 without
    [(True, (11 - 73**0.5) / 12), (False, (5 - 17**0.5) / 2)],
)
def test_two_triangles_lose_their_bridge(normalized, second):
    parts = decompose(bridged_triangles(), 2, seed=0, theta=1, min_share=0.5, normalized=normalized)
    assert parts.removed.tolist() == [[2, 3]]
    # the sum before, as solved by hand, and 0 for two components
    assert parts.eigenvalue_sums == pytest.approx((second, 0.0), abs=1e-12)
    assert parts.eigenpairs.components == 2
    # once to remove, once to see that nothing changes any more
    assert parts.rounds == 2


def test_a_cell_that_must_keep_its_edges_keeps_the_bridge():
    # 2 and 3 have three edges each; two thirds of them leave one to lose, three quarters none
    for min_share, removed in ((2 / 3, 1), (0.75, 0)):
        parts = decompose(bridged_triangles(), 2, seed=0, theta=1, min_share=min_share)
        assert len(parts.removed) == removed


def test_scores_are_those_of_the_paper():
    graph = noisy_graph(0)
    edges = np.stack(np.triu(graph.toarray()).nonzero())
    for normalized in (True, False):
        pairs = smallest_eigenpairs(graph, 4, seed=0, normalized=normalized)
        h = pairs.generalized if normalized else pairs.vectors
        scaled = h * np.sqrt(pairs.values) if normalized else np.zeros_like(h)
        expected = [
            np.linalg.norm(h[i] - h[j]) ** 2
            - np.linalg.norm(scaled[i]) ** 2
            - np.linalg.norm(scaled[j]) ** 2
            for i, j in edges.T
        ]
        np.testing.assert_allclose(edge_scores(edges, pairs, normalized), expected, atol=1e-12)


def test_scores_foretell_the_change_of_the_objective():
    # the trace of H' (L - x D) H with H held fixed falls by p when one edge goes
    graph = noisy_graph(1)
    pairs = smallest_eigenpairs(graph, 4, seed=0)
    edges = np.stack(np.triu(graph.toarray()).nonzero())

    def objective(dense: np.ndarray) -> float:
        degrees = np.diag(dense.sum(axis=1))
        h = pairs.generalized
        return np.trace(h.T @ (degrees - dense) @ h - np.diag(pairs.values) * (h.T @ degrees @ h))

    scores, before = edge_scores(edges, pairs, True), objective(graph.toarray())
    for edge in (0, 7, 100):
        without = graph.toarray()
        without[edges[0, edge], edges[1, edge]] = without[edges[1, edge], edges[0, edge]] = 0.0
        assert before - objective(without) == pytest.approx(scores[edge], abs=1e-12)


@pytest.mark.parametrize("theta", [0, 1, 20, 300, 10_000])
def test_the_choice_is_that_of_a_plain_greedy_loop(theta):
    graph = noisy_graph(2)
    edges = np.stack(np.triu(graph.toarray()).nonzero())
    # rounded, so that there are ties, which go to the earlier edge
    scores = np.random.default_rng(0).normal(size=edges.shape[1]).round(1)
    left = removable(graph, 0.7)
    expected: list[int] = []
    for edge in sorted(range(len(scores)), key=lambda e: (-scores[e], e)):
        ends = edges[:, edge]
        if len(expected) < theta and scores[edge] > 0 and (left[ends] > 0).all():
            left[ends] -= 1
            expected.append(edge)
    chosen = choose_edges(edges, scores, removable(graph, 0.7), theta)
    assert np.array_equal(np.sort(scores[chosen]), np.sort(scores[expected]))
    assert len(chosen) == len(expected) <= theta
    lost = np.bincount(edges[:, chosen].ravel(), minlength=graph.shape[0])
    assert (lost <= removable(graph, 0.7)).all()


@pytest.mark.parametrize("min_share", [0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
def test_every_cell_keeps_its_share(min_share):
    graph = noisy_graph(0)
    degrees, spare = np.diff(graph.indptr), removable(graph, min_share)
    assert (degrees - spare >= min_share * degrees - 1e-9).all()
    # and not one edge more than that
    assert (degrees - spare - 1 < min_share * degrees).all()


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("theta", [5, 20, 200])
@pytest.mark.parametrize("min_share", [0.5, 0.8])
def test_the_definition_holds(normalized, theta, min_share):
    graph = noisy_graph(3)
    parts = decompose(graph, 4, 0, theta=theta, min_share=min_share, normalized=normalized)
    whole = graph.toarray()
    sums = np.array(parts.eigenvalue_sums)
    assert len(sums) >= 2
    assert (np.diff(sums) < 0).all()
    assert len(sums) - 1 <= parts.rounds <= 50
    first, second = parts.removed.T
    assert (first < second).all()
    assert whole[first, second].all()
    assert len({tuple(edge) for edge in parts.removed.tolist()}) == len(parts.removed) <= theta
    good = whole.copy()
    good[first, second] = good[second, first] = 0.0
    assert (good.sum(axis=1) >= min_share * whole.sum(axis=1)).all()
    for dense, expected in ((whole, sums[0]), (good, sums[-1])):
        degrees = np.diag(dense.sum(axis=1))
        values = eigh(degrees - dense, degrees if normalized else None, eigvals_only=True)
        assert values[:4].sum() == pytest.approx(expected, abs=1e-9)


def test_rounds_are_bounded_and_more_of_them_lower_the_sum():
    graph = noisy_graph(4)
    sums = [
        decompose(graph, 4, 0, theta=100, min_share=0.5, max_rounds=rounds).eigenvalue_sums
        for rounds in (0, 1, 2, 50)
    ]
    assert [len(one) for one in sums[:3]] == [1, 2, 3]
    assert all(later[: len(sooner)] == sooner for sooner, later in pairwise(sums))


@pytest.mark.parametrize("laplacian", LAPLACIANS)
@pytest.mark.parametrize("params", [{"theta": 0}, {"min_share": 1.0}, {"max_rounds": 0}])
def test_without_removal_it_is_spectral_clustering_of_the_same_graph(laplacian, params):
    points, _ = make_moons(600, noise=0.08, random_state=0)
    found = cluster("rsc", points, 2, seed=0, params={"laplacian": laplacian, **params})
    assert found.info["removed_edges"] == 0
    assert len(found.info["eigenvalue_sums"]) == 1
    if laplacian == "rw":
        peer = SpectralClustering(2, affinity="precomputed", random_state=0)
        expected = peer.fit_predict(union_graph(nearest_neighbours(points, 15)).toarray())
        assert adjusted_rand_score(expected, found.labels) >= 0.998


@pytest.mark.parametrize("laplacian", LAPLACIANS)
def test_nothing_is_removed_where_clusters_are_components(laplacian):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 150)
    points = labels[:, None] * 100.0 + rng.normal(size=(450, 2))
    found = cluster("rsc", points, 3, seed=0, params={"laplacian": laplacian})
    assert found.info["removed_edges"] == 0
    assert found.info["components"] == 3
    assert found.info["eigenvalue_sums"] == [0.0]
    assert adjusted_rand_score(labels, found.labels) == 1.0


def test_nothing_is_removed_from_a_graph_without_spare_edges():
    pairs = csr_array(block_diag([np.array([[0.0, 1.0], [1.0, 0.0]])] * 5))
    parts = decompose(pairs, 7, 0, theta=20, min_share=0.5)
    assert parts.removed.shape == (0, 2)
    assert parts.rounds == 1


@pytest.mark.parametrize("laplacian", LAPLACIANS)
@pytest.mark.parametrize("seed", range(4))
def test_noisy_moons_are_told_apart_where_spectral_clustering_fails(laplacian, seed):
    points, labels = make_moons(1000, noise=0.1, random_state=seed)
    robust = cluster("rsc", points, 2, seed, {"laplacian": laplacian})
    plain = cluster("spectral", points, 2, seed, {"n_neighbors": 16})
    assert adjusted_rand_score(labels, plain.labels) < 0.8
    assert adjusted_rand_score(labels, robust.labels) > 0.95
    assert robust.info["removed_edges"] == 20


@pytest.mark.parametrize("seed", range(4))
def test_noisier_moons_gain_too(seed):
    points, labels = make_moons(1000, noise=0.13, random_state=seed)
    scores = [
        adjusted_rand_score(labels, cluster("rsc", points, 2, seed, {"theta": theta}).labels)
        for theta in (0, 60)
    ]
    assert scores[1] > scores[0] + 0.1
