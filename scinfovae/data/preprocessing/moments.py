"""Moments of the genes of a sparse matrix, block by block and in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scinfovae.data.preprocessing.subset import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scipy import sparse


def mean_and_variance(
    values: sparse.csr_matrix, transform: Callable[[np.ndarray], np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (n - 1 in the denominator) of each gene, from the stored values alone.

    Parameters
    ----------
    values
        CSR matrix of shape (n_cells, n_genes).
    transform
        What is done to the stored values before; 0 must stay 0. Nothing as large as the matrix
        is made on the way.

    Returns
    -------
    Two arrays of shape (n_genes,), float64.
    """
    n_cells, n_genes = values.shape
    mean = np.zeros(n_genes)
    stored = np.zeros(n_genes)
    for gene, value in _blocks(values, transform):
        mean += np.bincount(gene, value, minlength=n_genes)
        stored += np.bincount(gene, minlength=n_genes)
    mean /= n_cells
    square = (n_cells - stored) * mean**2
    for gene, value in _blocks(values, transform):
        square += np.bincount(gene, (value - mean[gene]) ** 2, minlength=n_genes)
    return mean, square / (n_cells - 1)


def _blocks(
    values: sparse.csr_matrix, transform: Callable[[np.ndarray], np.ndarray] | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for first in range(0, values.nnz, BLOCK):
        part = slice(first, first + BLOCK)
        data = values.data[part]
        yield values.indices[part], data if transform is None else transform(data)
