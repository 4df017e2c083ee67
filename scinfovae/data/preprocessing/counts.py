"""Counts of an AnnData as a checked CSR matrix, and the filter of genes and cells."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scinfovae.data.preprocessing.subset import BLOCK, column_sums, row_sums, take
from scinfovae.errors import DataError, ScInfoVAEWarning, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scinfovae.data.preprocessing.config import PreprocessingConfig


def count_matrix(adata: Any) -> tuple[sparse.csr_matrix, bool]:
    """Read and check the counts of an AnnData.

    Memory is shared with the caller wherever nothing has to change, so the result is read only.

    Parameters
    ----------
    adata
        AnnData with counts in ``X``: CSR, CSC or dense, of shape (n_cells, n_genes).

    Returns
    -------
    Canonical float32 CSR matrix of shape (n_cells, n_genes) without stored zeros, and whether
    non-integer counts had to be rounded up.

    Raises
    ------
    DataError
        If there are no counts, or negative or non-finite ones, or repeated gene names.
    """
    from anndata import AnnData

    if not isinstance(adata, AnnData):
        raise UsageError(f"An AnnData with counts in X is needed, not {type(adata).__name__}.")
    if not adata.var_names.is_unique:
        repeated = list(dict.fromkeys(adata.var_names[adata.var_names.duplicated()]))
        raise DataError(
            f"{len(repeated)} gene names are repeated ({_some(repeated)}): make them unique "
            "first, for example with adata.var_names_make_unique()."
        )
    matrix = _own_csr(adata.X)
    if matrix.nnz == 0:
        raise DataError(
            f"The count matrix ({matrix.shape[0]} cells x {matrix.shape[1]} genes) is all zero."
        )
    low, high = matrix.data.min(), matrix.data.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError("The count matrix holds NaN or infinite values: give raw counts.")
    if low < 0:
        raise DataError(
            f"The count matrix holds negative values (lowest {low:g}): give raw counts, "
            "not scaled or centred values."
        )
    rounded = any(np.any(np.ceil(values) != values) for values in _blocks(matrix.data))
    data = np.ceil(matrix.data) if rounded else matrix.data
    if rounded:
        warnings.warn(
            "Counts that are not whole numbers were rounded up.", ScInfoVAEWarning, stacklevel=3
        )
    counts = data.astype(np.float32, copy=False)
    return sparse.csr_matrix((counts, matrix.indices, matrix.indptr), shape=matrix.shape), rounded


def _own_csr(values: Any) -> sparse.csr_matrix:
    """Return a canonical CSR matrix without stored zeros, leaving the caller's untouched."""
    if not (sparse.issparse(values) or isinstance(values, np.ndarray)):
        raise DataError(
            f"X is {'missing' if values is None else type(values).__name__}: give an AnnData in "
            "memory with counts in X (adata.to_memory() loads a backed one)."
        )
    if values.dtype.kind not in "biuf":
        raise DataError(f"X holds values of type {values.dtype}: give numbers.")
    if values.dtype in (np.bool_, np.float16):
        values = values.astype(np.float32)
    csr = sparse.csr_matrix(values)  # shares the arrays of a CSR matrix, converts all else
    # A new object: the flags that the checks below cache must not land on the caller's matrix.
    matrix = sparse.csr_matrix((csr.data, csr.indices, csr.indptr), shape=csr.shape)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    if np.count_nonzero(matrix.data) < matrix.nnz:
        matrix = matrix.copy()
        matrix.eliminate_zeros()
    return matrix


def filter_counts(
    counts: sparse.csr_matrix, config: PreprocessingConfig
) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Drop rare genes, then cells that express few of the remaining genes, in this order.

    Parameters
    ----------
    counts
        CSR matrix of shape (n_cells, n_genes) without stored zeros.
    config
        The two fractions.

    Returns
    -------
    A new matrix of what is left, the rows kept, and the columns kept. Cells without any count
    never survive.

    Raises
    ------
    DataError
        If no gene, or fewer than two cells are left.
    """
    n_cells, n_genes = counts.shape
    fewest_cells = _at_least(config.min_cell_fraction, n_cells)
    expressed = counts.getnnz(axis=0) >= max(fewest_cells, config.min_cells)
    if config.min_gene_counts:
        expressed &= column_sums(counts) >= config.min_gene_counts
    genes = np.flatnonzero(expressed)
    if genes.size == 0:
        raise DataError(
            f"No gene is left: all {n_genes} are expressed in fewer than "
            f"{max(fewest_cells, config.min_cells)} of {n_cells} cells{_fewer(config, 'gene')}; "
            f"lower min_cell_fraction={config.min_cell_fraction:g}{_also(config, 'gene')}."
        )
    fewest_genes = max(1, _at_least(config.min_gene_fraction, genes.size))
    fewest_genes = max(fewest_genes, config.min_genes)
    rich = row_sums(counts, expressed, stored=True) >= fewest_genes
    if config.min_cell_counts:
        rich &= row_sums(counts, expressed) >= config.min_cell_counts
    cells = np.flatnonzero(rich)
    if cells.size < 2:
        raise DataError(
            f"{cells.size} of {n_cells} cells left, at least 2 are needed: {n_genes - genes.size} "
            f"of {n_genes} genes were dropped (expressed in fewer than {fewest_cells} cells), "
            f"then {n_cells - cells.size} cells (expressing fewer than {fewest_genes} of the "
            f"{genes.size} remaining genes{_fewer(config, 'cell')}); "
            f"lower min_gene_fraction={config.min_gene_fraction:g}{_also(config, 'cell')}."
        )
    return take(counts, cells, genes), cells, genes


def _fewer(config: PreprocessingConfig, which: str) -> str:
    fewest = getattr(config, f"min_{which}_counts")
    return f" or hold fewer than {fewest} counts" if fewest else ""


def _also(config: PreprocessingConfig, which: str) -> str:
    names = (
        ("min_cells", "min_gene_counts") if which == "gene" else ("min_genes", "min_cell_counts")
    )
    said = [f"{name}={getattr(config, name)}" for name in names if getattr(config, name)]
    return "".join(f" or {one}" for one in said)


def _at_least(fraction: float, of: int) -> int:
    # 0.07 * 100 is 7.000000000000001: 7 of 100 must still count as 7 %
    return math.ceil(fraction * of - 1e-9 * max(1, of))


def _blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    return (values[first : first + BLOCK] for first in range(0, values.size, BLOCK))


def _some(names: list[str], n: int = 3) -> str:
    return ", ".join(map(str, names[:n])) + (", ..." if len(names) > n else "")
