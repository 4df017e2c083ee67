"""How often several partitions put two cells together, and the spectrum of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering.base import consecutive
from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

# a cluster more or less does not need more digits
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class CoAssociation:
    """Spectrum of the normalised co-association of cells.

    Attributes
    ----------
    eigenvalues
        Array of shape (n_dims,), falling from 1.
    vectors
        Array of shape (n_cells, n_dims): eigenvectors of D^-1 C, of unit length before the
        division by sqrt(D), as scikit-learn's spectral embedding scales them.
    """

    eigenvalues: NDArray[np.float64]
    vectors: NDArray[np.float64]


def checked_partitions(partitions: ArrayLike) -> NDArray[np.integer]:
    """Check several partitions of the same cells and give them as a matrix of whole numbers.

    Parameters
    ----------
    partitions
        Array of shape (n_partitions, n_cells).

    Raises
    ------
    DataError
        If it is none.
    """
    given = np.asarray(partitions)
    if given.ndim != 2 or not given.size or not np.issubdtype(given.dtype, np.integer):
        raise DataError(
            f"Partitions of shape {given.shape} and type {given.dtype} have no consensus; they "
            "must be a matrix of whole numbers, partitions by cells."
        )
    return given


def co_association(partitions: ArrayLike, n_dims: int, seed: int) -> CoAssociation:
    """Decompose the share of partitions in which two cells lie in one cluster.

    That share is C = H H^T / m for m partitions, with H the incidence of cells and clusters,
    array of shape (n_cells, number of clusters in all partitions together). The eigenvectors of
    D^-1/2 C D^-1/2 are the left singular vectors of D^-1/2 H / sqrt(m), so the cells x cells
    matrix is never formed, and cost grows linearly with the number of cells (Strehl & Ghosh 2002,
    Fred & Jain 2005; the bipartite form: Fern & Brodley 2004).

    Parameters
    ----------
    partitions
        Array of shape (n_partitions, n_cells): the cluster of each cell, any whole numbers.
    n_dims
        How many eigenvectors; no more than there are clusters in all partitions together.
    seed
        Of the start vector.

    Returns
    -------
    The largest eigenvalues and their vectors.

    Raises
    ------
    DataError
        If `partitions` is not a matrix of whole numbers.
    UsageError
        If `n_dims` is not from 1 to the number of cells or of clusters.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import svds

    incidence = _incidence(partitions)
    n_cells, n_columns = incidence.shape
    if not 1 <= n_dims <= min(n_cells, n_columns):
        raise UsageError(
            f"n_dims={n_dims} is not possible with {n_cells} cells and {n_columns} clusters in "
            "all partitions together."
        )
    m = np.asarray(partitions).shape[0]
    # how many cells, over the partitions, lie with a cell: never 0, for it lies with itself
    degree = incidence @ np.asarray(incidence.sum(axis=0)).ravel() / m
    scaled = diags_array(1 / np.sqrt(degree)) @ incidence / np.sqrt(m)
    if n_dims < min(scaled.shape) // 2:
        start = np.random.default_rng(seed).standard_normal(min(scaled.shape))
        left, values, _ = svds(scaled, k=n_dims, v0=start, tol=_TOLERANCE)
    else:
        left, values, _ = np.linalg.svd(scaled.toarray(), full_matrices=False)
    order = np.argsort(-values)[:n_dims]
    vectors = left[:, order]
    vectors *= np.where(vectors[np.abs(vectors).argmax(axis=0), range(n_dims)] < 0, -1, 1)
    return CoAssociation(values[order] ** 2, vectors / np.sqrt(degree)[:, None])


def _incidence(partitions: ArrayLike) -> csr_array:
    """Mark the cluster of each cell in each partition, one column a cluster."""
    from scipy.sparse import csr_array

    given = checked_partitions(partitions)
    columns, first = [], 0
    for partition in given:
        numbers = consecutive(partition)
        columns.append(numbers + first)
        first += int(numbers.max()) + 1
    n_partitions, n_cells = given.shape
    indices = np.stack(columns, axis=1).ravel()
    indptr = np.arange(0, n_cells * n_partitions + 1, n_partitions)
    return csr_array((np.ones(indices.size), indices, indptr), shape=(n_cells, first))
