"""Library-size normalisation, log, and scaling: the steps applied alike to old and new cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.data.preprocessing.subset import row_blocks, row_sums

if TYPE_CHECKING:
    from scipy import sparse

    from scinfovae.data.preprocessing.config import PreprocessingConfig

ROWS = 4096
"""Cells handled at once in float64."""


def as_anndata(matrix: sparse.csr_matrix) -> Any:
    """Wrap a matrix for scanpy, under neutral names, without a copy."""
    import pandas as pd
    from anndata import AnnData

    n_cells, n_genes = matrix.shape
    return AnnData(
        matrix,
        obs=pd.DataFrame(index=pd.RangeIndex(n_cells).astype(str)),
        var=pd.DataFrame(index=pd.RangeIndex(n_genes).astype(str)),
    )


def normalize_in_place(
    counts: sparse.csr_matrix, median_total: float, config: PreprocessingConfig
) -> sparse.csr_matrix:
    """Scale every cell to the median or target total and take log(1 + x), as the config says.

    Parameters
    ----------
    counts
        Float32 CSR matrix of shape (n_cells, n_genes), every cell with a count; overwritten.
    median_total
        Median total count of the training cells.
    config
        Which of the two steps to take.

    Returns
    -------
    The same matrix.
    """
    if config.normalize_total:
        # to the digit as scanpy, whose own function holds a second copy of the matrix for a while
        factors = row_sums(counts).astype(np.float32) / (config.target_sum or median_total)
        for rows, part in row_blocks(counts):
            lengths = np.diff(counts.indptr[rows.start : rows.stop + 1])
            counts.data[part] /= np.repeat(factors[rows], lengths)
    if config.log1p:
        np.log1p(counts.data, out=counts.data)
    return counts


def gene_moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (n - 1 in the denominator) of each gene, in float64.

    Parameters
    ----------
    values
        Array of shape (n_cells, n_genes), at least two cells.

    Returns
    -------
    Two arrays of shape (n_genes,). A gene that does not vary has standard deviation 1, so that
    it scales to 0 and not to NaN.
    """
    n_cells = values.shape[0]
    mean = np.zeros(values.shape[1])
    square = np.zeros(values.shape[1])
    for block in _row_blocks(values):
        mean += block.sum(axis=0) / n_cells
    for block in _row_blocks(values):
        square += ((block - mean) ** 2).sum(axis=0)
    std = np.sqrt(square / (n_cells - 1))
    # below float32 resolution the spread is rounding of a constant
    return mean, np.where(std <= 1e-6 * np.abs(mean), 1.0, std)


def scale(
    values: np.ndarray, mean: np.ndarray, std: np.ndarray, config: PreprocessingConfig
) -> np.ndarray:
    """Centre, scale to unit variance and clip; ``scale_axis=none`` leaves the values alone.

    Parameters
    ----------
    values
        Array of shape (n_cells, n_genes), overwritten.
    mean, std
        Arrays of shape (n_genes,), used where ``config.scale_axis`` is ``gene``.
    config
        Axis and clip.

    Returns
    -------
    The same array, float32.
    """
    if config.scale_axis == "none":
        return values
    bound = np.inf if config.clip is None else config.clip
    for first in range(0, values.shape[0], ROWS):
        block = values[first : first + ROWS].astype(np.float64)
        if config.scale_axis == "gene":
            block = (block - mean) / std
        else:
            cell_mean, cell_std = gene_moments(block.T) if block.shape[1] > 1 else (block[:, 0], 1)
            block = (block - np.reshape(cell_mean, (-1, 1))) / np.reshape(cell_std, (-1, 1))
        values[first : first + ROWS] = np.clip(block, -bound, bound)
    return values


def _row_blocks(values: np.ndarray) -> Any:
    return (
        values[first : first + ROWS].astype(np.float64) for first in range(0, values.shape[0], ROWS)
    )
