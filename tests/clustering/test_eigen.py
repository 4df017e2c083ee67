"""Eigenvectors of graph Laplacians against dense solvers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.sparse import block_diag, csr_array

from scinfovae.clustering import lanczos
from scinfovae.clustering.eigen import smallest_eigenpairs
from scinfovae.clustering.knn import union_graph
from scinfovae.clustering.neighbours import nearest_neighbours
from scinfovae.errors import ScInfoVAEError


def dense_laplacian(graph: csr_array) -> tuple[np.ndarray, np.ndarray]:
    degrees = graph.toarray().sum(axis=1)
    return np.diag(degrees) - graph.toarray(), np.diag(degrees)


def blob_graph(sizes: tuple[int, ...], spread: float, seed: int = 0) -> csr_array:
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(len(sizes), 3)) * spread, sizes, axis=0)
    return union_graph(nearest_neighbours(centres + rng.normal(size=centres.shape), 10))


GRAPHS = {
    "connected": blob_graph((150, 150, 150), 1.0),
    "three components": blob_graph((250, 120, 80), 50.0),
    "small": blob_graph((40, 30), 2.0),
    # every eigenvalue occurs twice, which Lanczos from one vector cannot see by itself
    "twins": csr_array(block_diag([blob_graph((200, 100), 2.0)] * 2)),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("k", [1, 2, 6])
def test_the_smallest_eigenpairs_are_those_of_a_dense_solver(name, normalized, k):
    graph = GRAPHS[name]
    laplacian, degrees = dense_laplacian(graph)
    expected = eigh(laplacian, degrees if normalized else None, eigvals_only=True)[:k]
    found = smallest_eigenpairs(graph, k, seed=0, normalized=normalized)
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
    vectors = found.generalized if normalized else found.vectors
    right = (degrees if normalized else np.eye(len(degrees))) @ vectors
    # residuals of vectors of length 1, at a tolerance of 1e-8 and eigenvalues up to 40
    np.testing.assert_allclose(laplacian @ vectors, right * found.values, atol=1e-6)
    np.testing.assert_allclose(vectors.T @ right, np.eye(k), atol=1e-8)


@pytest.mark.parametrize("normalized", [True, False])
def test_a_start_near_the_answer_changes_nothing(normalized):
    graph = GRAPHS["connected"]
    cold = smallest_eigenpairs(graph, 5, seed=0, normalized=normalized)
    warm = smallest_eigenpairs(graph, 5, seed=1, normalized=normalized, start=cold.vectors)
    np.testing.assert_allclose(warm.values, cold.values, atol=1e-11)
    np.testing.assert_allclose(abs(warm.vectors.T @ cold.vectors), np.eye(5), atol=1e-6)


def test_a_start_in_a_component_finds_the_rest():
    graph = GRAPHS["twins"]
    start = np.zeros((600, 2))
    start[:300] = np.random.default_rng(0).normal(size=(300, 2))
    cold = smallest_eigenpairs(graph, 6, seed=0)
    np.testing.assert_allclose(
        smallest_eigenpairs(graph, 6, seed=0, start=start).values, cold.values, atol=1e-9
    )


@pytest.mark.parametrize("normalized", [True, False])
def test_of_many_components_the_largest_get_their_vectors(normalized):
    sizes = (5, 9, 7, 3)
    graph = csr_array(block_diag([np.ones((n, n)) - np.eye(n) for n in sizes]))
    found = smallest_eigenpairs(graph, 2, seed=0, normalized=normalized)
    assert found.components == 4
    assert found.values.tolist() == [0.0, 0.0]
    which = np.repeat(range(4), sizes)
    assert set(which[found.vectors[:, 0] > 0]) == {1}
    assert set(which[found.vectors[:, 1] > 0]) == {2}


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("n_cells", [6, 400])
def test_a_cell_without_edges_is_a_component(normalized, n_cells):
    dense = np.zeros((n_cells, n_cells))
    dense[:-1, :-1] = 1 - np.eye(n_cells - 1)
    found = smallest_eigenpairs(csr_array(dense), 3, seed=0, normalized=normalized)
    assert found.components == 2
    # the complete graph's other eigenvalues are all n, or n / (n - 1)
    third = n_cells - 1 if not normalized else (n_cells - 1) / (n_cells - 2)
    np.testing.assert_allclose(found.values, [0, 0, third], atol=1e-9)


def test_failure_to_converge_is_told(monkeypatch):
    from scipy.sparse import linalg

    def fails(*args, **kwargs):
        raise linalg.ArpackError(-9)

    monkeypatch.setattr(lanczos, "_seeded_eigsh", lambda rng: fails)
    with pytest.raises(ScInfoVAEError, match=r"did not converge.*n_neighbors"):
        smallest_eigenpairs(GRAPHS["connected"], 3, seed=0)
