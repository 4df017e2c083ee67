"""Neighbour graphs: their edges, their parts, and how the parts are joined."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from scinfovae.clustering.knn import components, join_components, neighbour_graph, union_graph
from scinfovae.clustering.neighbours import Neighbours, nearest_neighbours


def test_the_graph_holds_an_edge_to_each_neighbour():
    neighbours = nearest_neighbours(np.random.default_rng(0).normal(size=(150, 3)), 7)
    graph = neighbour_graph(neighbours)
    assert (graph.sum(axis=1) == 7).all()
    assert np.take_along_axis(graph.toarray(), neighbours.indices, axis=1).all()
    assert graph.has_sorted_indices


def test_a_neighbour_that_was_not_found_is_no_edge():
    indices = np.array([[1, 2], [2, -1], [0, 1], [-1, -1]], dtype=np.int32)
    graph = neighbour_graph(Neighbours(indices))
    assert graph.toarray().tolist() == [[0, 1, 1, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_the_union_holds_each_edge_that_either_end_names():
    neighbours = nearest_neighbours(np.random.default_rng(1).normal(size=(120, 3)), 5)
    directed = neighbour_graph(neighbours).toarray()
    graph = union_graph(neighbours)
    assert (graph.toarray() == np.maximum(directed, directed.T)).all()
    assert set(graph.data.tolist()) == {1.0}
    assert graph.has_sorted_indices


def test_components_are_counted():
    graph = csr_array(np.kron(np.eye(3), np.ones((4, 4)) - np.eye(4)))
    count, which = components(graph)
    assert count == 3
    assert which.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_joining_adds_one_edge_per_gap_between_the_closest():
    points = (np.array([[0.0], [10.0], [100.0]]) + 0.1 * np.arange(20)).reshape(60, 1)
    graph = union_graph(nearest_neighbours(points, 4))
    joined, count = join_components(graph, points)
    assert count == 3
    assert components(joined)[0] == 1
    assert (joined != joined.T).nnz == 0
    added = np.argwhere(np.triu((joined - graph).toarray()))
    # neighbours on the line are joined, not the first group with the last
    assert sorted((added // 20).tolist()) == [[0, 1], [1, 2]]


def test_joining_leaves_a_connected_graph_alone():
    points = np.random.default_rng(4).normal(size=(60, 2))
    graph = union_graph(nearest_neighbours(points, 15))
    joined, count = join_components(graph, points)
    assert count == 1
    assert joined is graph
