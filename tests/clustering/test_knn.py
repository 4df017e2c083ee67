"""Neighbour graphs against distances compared one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from scinfovae.clustering.knn import components, join_components, neighbour_graph, union_graph


@pytest.mark.parametrize("n_dimensions", [2, 30])
def test_neighbours_are_the_nearest(n_dimensions):
    points = np.random.default_rng(0).normal(size=(150, n_dimensions))
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    graph = neighbour_graph(points, 7).toarray()
    nearest = np.argsort(distances, axis=1)[:, :7]
    assert (graph.sum(axis=1) == 7).all()
    assert np.take_along_axis(graph, nearest, axis=1).all()


def test_the_union_holds_each_edge_that_either_end_names():
    points = np.random.default_rng(1).normal(size=(120, 3))
    directed = neighbour_graph(points, 5).toarray()
    graph = union_graph(points, 5)
    assert (graph.toarray() == np.maximum(directed, directed.T)).all()
    assert set(graph.data.tolist()) == {1.0}
    assert graph.has_sorted_indices


def test_no_cell_neighbours_itself_even_where_points_repeat():
    points = np.repeat(np.random.default_rng(2).normal(size=(10, 2)), 30, axis=0)
    graph = union_graph(points, 6)
    assert not graph.diagonal().any()
    assert np.diff(graph.indptr).min() >= 6


def test_with_few_cells_all_others_are_neighbours():
    assert (union_graph(np.eye(4), 15).toarray() == 1 - np.eye(4)).all()


def test_components_are_counted():
    graph = csr_array(np.kron(np.eye(3), np.ones((4, 4)) - np.eye(4)))
    count, which = components(graph)
    assert count == 3
    assert which.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_joining_adds_one_edge_per_gap_between_the_closest():
    points = (np.array([[0.0], [10.0], [100.0]]) + 0.1 * np.arange(20)).reshape(60, 1)
    graph = union_graph(points, 4)
    joined, count = join_components(graph, points)
    assert count == 3
    assert components(joined)[0] == 1
    assert (joined != joined.T).nnz == 0
    added = np.argwhere(np.triu((joined - graph).toarray()))
    # neighbours on the line are joined, not the first group with the last
    assert sorted((added // 20).tolist()) == [[0, 1], [1, 2]]


def test_joining_leaves_a_connected_graph_alone():
    points = np.random.default_rng(4).normal(size=(60, 2))
    graph = union_graph(points, 15)
    joined, count = join_components(graph, points)
    assert count == 1
    assert joined is graph
