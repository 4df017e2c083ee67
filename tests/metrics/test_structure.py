"""kNN preservation in both definitions, against graphs built by scikit-learn and by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.neighbors import kneighbors_graph

from scinfovae.errors import DataError, UsageError
from scinfovae.metrics import neighbourhoods, structure
from scinfovae.metrics.neighbourhoods import Neighbourhoods
from scinfovae.metrics.structure import (
    chance_agreement,
    chance_overlap,
    graph_agreement,
    neighbour_overlap,
    structure_scores,
)

KS = (1, 2, 7, 30, 149)


@pytest.fixture
def clouds() -> tuple[np.ndarray, np.ndarray]:
    """Return data and an embedding that keeps part of it."""
    rng = np.random.default_rng(0)
    high = rng.normal(size=(150, 9))
    return high, high[:, :2] + 0.3 * rng.normal(size=(150, 2))


def graph(points: np.ndarray, k: int) -> np.ndarray:
    found = kneighbors_graph(points, k, mode="connectivity", include_self=False)
    return np.asarray(found.toarray())


def by_hand(points: np.ndarray, k: int) -> list[set[int]]:
    """Return the neighbours of each cell by sorting all distances, the first cell first."""
    near = []
    for i, point in enumerate(points):
        others = [j for j in range(len(points)) if j != i]
        near.append(set(sorted(others, key=lambda j: (((points[j] - point) ** 2).sum(), j))[:k]))
    return near


@pytest.mark.parametrize("k", KS)
def test_both_definitions_are_those_of_the_graphs(clouds, k) -> None:
    before, after = (graph(points, k) for points in clouds)
    overlap = neighbour_overlap(*clouds, [k])
    shared = np.logical_and(before, after).sum() / (150 * k)
    np.testing.assert_allclose(overlap, shared, rtol=1e-12)
    # the published definition: (pre == post).sum() / n ** 2 * 100
    published = (before == after).sum() / 150**2 * 100
    np.testing.assert_allclose(graph_agreement(overlap, [k], 150), published, rtol=1e-12)


def test_all_ks_at_once_are_each_alone(clouds) -> None:
    each = [neighbour_overlap(*clouds, [k])[0] for k in KS]
    np.testing.assert_array_equal(neighbour_overlap(*clouds, KS), each)
    np.testing.assert_array_equal(neighbour_overlap(*clouds, KS[::-1]), each[::-1])


def test_equal_distances_are_decided_by_the_order_of_the_cells() -> None:
    rng, ks = np.random.default_rng(1), (1, 5, 20, 40)
    high = rng.integers(0, 3, size=(60, 2)).astype(float)  # many cells share a place
    low = rng.integers(0, 4, size=(60, 1)).astype(float)
    expected = [
        np.mean([len(a & b) / k for a, b in zip(by_hand(high, k), by_hand(low, k), strict=True)])
        for k in ks
    ]
    np.testing.assert_allclose(neighbour_overlap(high, low, ks), expected, rtol=1e-12)


def test_an_embedding_of_a_single_point_is_no_better_than_chance() -> None:
    high = np.random.default_rng(2).normal(size=(400, 5))
    overlap = neighbour_overlap(high, np.zeros((400, 2)), [40])
    np.testing.assert_allclose(overlap, chance_overlap([40], 400), rtol=0.2)


def test_what_keeps_all_distances_keeps_all_neighbours(clouds) -> None:
    high, _ = clouds
    turned = np.linalg.qr(np.random.default_rng(3).normal(size=(9, 9)))[0]
    scores = structure_scores(high, 5.0 * high @ turned + 2.0, KS)
    assert scores["overlap"] == [1.0] * len(KS)
    assert scores["agreement"] == [100.0] * len(KS)


def test_all_other_cells_are_always_the_same(clouds) -> None:
    assert neighbour_overlap(*clouds, [149]).tolist() == [1.0]
    assert chance_overlap([149], 150).tolist() == [1.0]
    assert chance_agreement([149], 150).tolist() == [100.0]


def test_a_random_embedding_of_2200_points_agrees_in_91_percent_at_k_100() -> None:
    rng = np.random.default_rng(4)
    scores = structure_scores(rng.normal(size=(2200, 9)), rng.normal(size=(2200, 2)), [100])
    assert round(scores["agreement"][0]) == 91
    p = 100 / 2199
    assert scores["chance_agreement"][0] == pytest.approx(100 * (1 - 2 * p * (1 - p)), abs=0.01)
    assert scores["chance_overlap"] == [p]
    assert scores["overlap"][0] == pytest.approx(p, rel=0.1)
    assert scores["agreement"][0] == pytest.approx(scores["chance_agreement"][0], abs=0.05)


def test_blocks_of_rows_change_nothing(clouds, monkeypatch) -> None:
    whole = neighbour_overlap(*clouds, KS)
    for entries in (1, 150 * 7, 150 * 149):
        monkeypatch.setattr(structure, "_CHUNK_ENTRIES", entries)
        np.testing.assert_array_equal(neighbour_overlap(*clouds, KS), whole)


def test_no_matrix_of_all_pairs_is_held(monkeypatch) -> None:
    monkeypatch.setattr(structure, "_CHUNK_ENTRIES", 100_000)
    points = np.random.default_rng(5).normal(size=(3000, 2))
    neighbour_overlap(points[:50], points[:50], [10])  # imports
    tracemalloc.start()
    try:
        neighbour_overlap(points, points, [100])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3000 * 3000  # one byte a pair would be more


def test_the_ks_of_the_paper_as_far_as_there_are_cells() -> None:
    assert structure.STRUCTURE_KS[0] == 100
    assert structure.STRUCTURE_KS[-1] == 1500
    points = np.random.default_rng(6).normal(size=(301, 2))
    assert structure_scores(points, points)["k"] == [100, 200, 300]


def test_bad_input_is_named(clouds) -> None:
    high, low = clouds
    with pytest.raises(DataError, match=r"shape \(150, 9\) do not go with .* \(149, 2\)"):
        neighbour_overlap(high, low[:-1], [3])
    with pytest.raises(DataError, match="one row per cell"):
        neighbour_overlap(high[:, 0], low, [3])
    with pytest.raises(DataError, match="NaN or infinite"):
        neighbour_overlap(high, np.where(low > 2, np.nan, low), [3])
    for k in (0, 150, -1):
        with pytest.raises(UsageError, match=f"K={k} .* each of 150 cells has 149"):
            neighbour_overlap(high, low, [k])
    with pytest.raises(UsageError, match="90 cells are too few"):
        structure_scores(high[:90], low[:90])


def test_neighbourhoods_found_once_give_the_same_for_every_embedding(clouds, monkeypatch) -> None:
    monkeypatch.setattr(structure, "_CHUNK_ENTRIES", 150 * 40)
    high, low = clouds
    once = Neighbourhoods(high)
    for embedding in (low, low[:, :1], high[:, 3:5]):
        for ks in ((1, 7), KS, (30,)):
            expected = neighbour_overlap(high, embedding, ks)
            np.testing.assert_array_equal(neighbour_overlap(once, embedding, ks), expected)
    assert structure_scores(once, low, KS) == structure_scores(high, low, KS)


def test_neighbourhoods_too_many_to_keep_are_found_anew(clouds, monkeypatch) -> None:
    monkeypatch.setattr(neighbourhoods, "_KEPT_ENTRIES", 10)
    once = Neighbourhoods(clouds[0])
    expected = neighbour_overlap(*clouds, KS)
    np.testing.assert_array_equal(neighbour_overlap(once, clouds[1], KS), expected)
    assert once._found == {}
