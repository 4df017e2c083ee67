"""Nearest neighbours against distances compared one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from scinfovae.clustering import cluster, neighbours
from scinfovae.clustering.neighbours import nearest_neighbours, recall


def distances_between(points: np.ndarray) -> np.ndarray:
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    return distances


def clusters(n_cells: int, n_dimensions: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = 2.0 * rng.normal(size=(5, n_dimensions))
    return centres[rng.integers(0, 5, n_cells)] + rng.normal(size=(n_cells, n_dimensions))


@pytest.mark.parametrize("n_dimensions", [1, 2, 10, 15, 16, 300])
def test_neighbours_are_the_nearest(n_dimensions):
    points = clusters(400, n_dimensions)
    nearest = np.argsort(distances_between(points), axis=1)[:, :7]
    found = nearest_neighbours(points, 7)
    assert found.info == {"neighbours": "exact"}
    assert found.indices.dtype == np.int32
    assert (np.sort(found.indices) == np.sort(nearest)).all()


def test_the_order_of_the_search_does_not_matter(monkeypatch):
    monkeypatch.setattr(neighbours, "_CHUNK_CELLS", 7)
    points = clusters(100, 3)
    nearest = np.argsort(distances_between(points), axis=1)[:, :5]
    assert (nearest_neighbours(points, 5).indices == nearest).all()


@pytest.mark.parametrize("n_dimensions", [2, 20])
def test_no_cell_neighbours_itself_even_where_points_repeat(n_dimensions):
    points = np.repeat(clusters(10, n_dimensions), 30, axis=0)
    found = nearest_neighbours(points, 6).indices
    assert (found != np.arange(300)[:, None]).all()
    assert all(len(set(row)) == 6 for row in found.tolist())
    # all six are copies of the cell
    assert (found // 30 == np.arange(300)[:, None] // 30).all()


@pytest.mark.parametrize("n_dimensions", [2, 20])
def test_with_few_cells_all_others_are_neighbours(n_dimensions):
    found = nearest_neighbours(clusters(4, n_dimensions), 15).indices
    assert np.sort(found).tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_recall_counts_the_true_neighbours_that_were_found():
    points = np.arange(10.0)[:, None] ** 2
    nearest = np.argsort(distances_between(points), axis=1)[:, :2].astype(np.int32)
    cells = np.arange(10)
    assert recall(points, nearest, cells) == 1.0
    wrong = nearest.copy()
    wrong[0, 0], wrong[1, 1] = 9, -1
    assert recall(points, wrong, cells) == 0.9
    assert recall(points, wrong, cells[2:]) == 1.0


def test_another_cell_at_the_same_distance_is_as_good_a_neighbour():
    points = np.array([[0.0], [1.0], [-1.0], [5.0]])
    assert recall(points, np.array([[2], [0], [0], [1]], dtype=np.int32), np.array([0])) == 1.0


@pytest.mark.slow
def test_large_data_of_many_dimensions_are_searched_by_descent_and_the_record_says_so(monkeypatch):
    monkeypatch.setattr(neighbours, "EXACT_CELLS", 2000)
    points = clusters(2001, 12)
    nearest = np.argsort(distances_between(points), axis=1)[:, :15]
    found, again = (nearest_neighbours(points, 15, seed=3) for _ in range(2))
    assert (found.indices == again.indices).all()
    assert (found.indices != np.arange(2001)[:, None]).all()
    assert found.info["neighbours"] == "nn-descent"
    assert found.info["neighbour_recall_cells"] == 1000
    pairs = zip(found.indices.tolist(), nearest.tolist(), strict=True)
    true_recall = np.mean([len(set(a) & set(b)) / 15 for a, b in pairs])
    assert true_recall > 0.95
    assert found.info["neighbour_recall"] == pytest.approx(true_recall, abs=0.01)
    assert cluster("rsc", points, 5, seed=0).info["neighbours"] == "nn-descent"
    # one cell fewer is searched exactly, and so is any number of cells in ten dimensions
    assert nearest_neighbours(points[:-1], 15).info == {"neighbours": "exact"}
    assert nearest_neighbours(points[:, :10], 15).info == {"neighbours": "exact"}
