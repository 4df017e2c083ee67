"""Smallest eigenvectors of graph Laplacians by Lanczos, without any n x n matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering.knn import components
from scinfovae.clustering.lanczos import largest_eigenpairs

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Eigenpairs:
    """The smallest eigenvalues of a Laplacian and their vectors.

    Parameters
    ----------
    values
        Array of shape (k,), rising, never negative.
    vectors
        Array of shape (n_cells, k), the columns orthonormal.
    degrees
        Array of shape (n_cells,): the sum of each cell's weights, 1 for a cell without edges.
    components
        How many connected components the graph has.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]
    degrees: NDArray[np.float64]
    components: int

    @property
    def generalized(self) -> NDArray[np.float64]:
        """Solutions h = D^-1/2 u of L h = lambda D h, given the vectors u of I - D^-1/2 A D^-1/2.

        Array of shape (n_cells, k), with H' D H = I; the random-walk Laplacian's eigenvectors.
        """
        return self.vectors / np.sqrt(self.degrees)[:, None]


def smallest_eigenpairs(
    graph: csr_array,
    k: int,
    seed: int,
    *,
    normalized: bool = True,
    start: NDArray[np.float64] | None = None,
) -> Eigenpairs:
    """Find the `k` smallest eigenvalues of a graph's Laplacian, and their eigenvectors.

    They are the largest of a matrix that only has to be multiplied with, so that Lanczos finds
    them fast. The vectors of eigenvalue 0 are known beforehand, one per connected component, and
    only the others are sought. Of more than `k` components the `k` largest get their vectors.

    Parameters
    ----------
    graph
        Symmetric sparse array of shape (n_cells, n_cells), weights positive, no self loops.
    k
        How many, at most n_cells.
    seed
        Seed of the start vector.
    normalized
        Whether the Laplacian is I - D^-1/2 A D^-1/2 or D - A.
    start
        Array of shape (n_cells, any): vectors near those sought, to start from.

    Returns
    -------
    The eigenvalues and vectors, and the number of components.

    Raises
    ------
    ScInfoVAEError
        If Lanczos does not converge.
    """
    degrees = np.asarray(graph.sum(axis=1), dtype=np.float64).ravel()
    # a cell without edges is a component of its own; its degree must not divide
    degrees[degrees == 0] = 1.0
    count, which = components(graph)
    null = _null_space(which, np.sqrt(degrees) if normalized else np.ones_like(degrees), k)
    values, vectors = np.zeros(null.shape[1]), null
    if null.shape[1] < k:
        matrix, top = _to_maximise(graph, degrees, normalized)
        rng = np.random.default_rng(seed)
        found, rest = largest_eigenpairs(matrix, k - null.shape[1], null, top, rng, start)
        values = np.concatenate([values, np.maximum(top - found, 0.0)])
        vectors = np.hstack([null, rest])
    return Eigenpairs(values, vectors, degrees, count)


def _null_space(
    which: NDArray[np.int32], weights: NDArray[np.float64], k: int
) -> NDArray[np.float64]:
    """Orthonormal vectors of eigenvalue 0 for the `k` largest components."""
    largest = np.argsort(-np.bincount(which), kind="stable")[:k]
    null = np.where(which[:, None] == largest, weights[:, None], 0.0)
    return null / np.linalg.norm(null, axis=0)


def _to_maximise(
    graph: csr_array, degrees: NDArray[np.float64], normalized: bool
) -> tuple[csr_array, float]:
    """Build the matrix top * I - Laplacian; every eigenvalue of it is at least -top."""
    from scipy.sparse import diags_array

    isolated = np.diff(graph.indptr) == 0
    if not normalized:
        top = 2.0 * float(degrees.max())
        diagonal = np.where(isolated, top, top - degrees)
        return (graph + diags_array(diagonal)).tocsr(), top
    scale = 1.0 / np.sqrt(degrees)
    matrix = graph.copy()
    matrix.data = graph.data * np.repeat(scale, np.diff(graph.indptr)) * scale[graph.indices]
    if isolated.any():
        matrix = (matrix + diags_array(isolated.astype(np.float64))).tocsr()
    return matrix, 1.0
