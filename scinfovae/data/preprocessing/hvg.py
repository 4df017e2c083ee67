"""Choice of highly variable genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scinfovae.data.preprocessing.counts import BLOCK
from scinfovae.data.preprocessing.normalize import as_anndata
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from scipy import sparse

FEWEST_FOR_TREND = 20
"""Fewest varying genes for a quadratic loess over 30 % of them at a time."""


def top_genes(scores: np.ndarray, n_hvg: int) -> np.ndarray:
    """Pick the genes with the highest scores, exactly as many as asked for.

    Scores equal in float32 count as ties, so that no order of summation or number of threads
    decides; ties go to the gene that comes first, and a gene without a score (NaN) comes last.

    Parameters
    ----------
    scores
        Array of shape (n_genes,).
    n_hvg
        How many.

    Returns
    -------
    Positions in ascending order, shape (min(n_hvg, n_genes),).
    """
    rank = np.argsort(-scores.astype(np.float32), kind="stable")
    return np.sort(rank[:n_hvg])


def seurat_scores(values: sparse.csr_matrix, *, logged: bool) -> np.ndarray:
    """Dispersion of each gene, standardised within 20 bins of the mean (Satija et al. 2015).

    Parameters
    ----------
    values
        Normalised values of shape (n_cells, n_genes).
    logged
        Whether log(1 + x) was taken already; scanpy undoes it.

    Returns
    -------
    Array of shape (n_genes,), NaN for a gene that does not vary.
    """
    import scanpy as sc

    adata = as_anndata(values if logged else values.log1p())
    # without n_top_genes scanpy neither warns nor fails where few genes have a dispersion
    # the variance of a gene with huge, nearly equal values can come out below 0: no score
    with np.errstate(invalid="ignore"):
        table = sc.pp.highly_variable_genes(adata, flavor="seurat", inplace=False)
    return table["dispersions_norm"].to_numpy(np.float64)


def seurat_v3_scores(counts: sparse.csr_matrix) -> np.ndarray:
    """Variance of the counts standardised by their loess trend (Stuart et al. 2019).

    Parameters
    ----------
    counts
        Raw counts of shape (n_cells, n_genes).

    Returns
    -------
    Array of shape (n_genes,).

    Raises
    ------
    DataError
        If the trend cannot be fitted, as happens with few genes or few distinct means.
    """
    import scanpy as sc

    remedy = "use hvg_flavor=seurat or variance"
    varying = int(np.count_nonzero(variance_scores(counts)))
    if varying < FEWEST_FOR_TREND:
        # loess does not refuse a handful of points, it ends the process
        raise DataError(
            f"hvg_flavor=seurat_v3 fits a trend over at least {FEWEST_FOR_TREND} genes that vary, "
            f"and only {varying} do: {remedy}."
        )
    try:
        table = sc.pp.highly_variable_genes(
            as_anndata(counts), flavor="seurat_v3", inplace=False, check_values=False
        )
    except (ValueError, RuntimeWarning, np.linalg.LinAlgError) as error:
        raise DataError(
            f"hvg_flavor=seurat_v3 could not fit its trend to {varying} genes that vary over "
            f"{counts.shape[0]} cells ({_first_line(error)}): {remedy}."
        ) from error
    return table["variances_norm"].to_numpy(np.float64)


def variance_scores(values: sparse.csr_matrix) -> np.ndarray:
    """Variance of each gene (n - 1 in the denominator), from the stored values alone.

    Parameters
    ----------
    values
        Log-normalised values of shape (n_cells, n_genes).

    Returns
    -------
    Array of shape (n_genes,), float64.
    """
    n_cells, n_genes = values.shape
    mean = np.zeros(n_genes)
    stored = np.zeros(n_genes)
    for gene, value in _blocks(values):
        mean += np.bincount(gene, value, minlength=n_genes)
        stored += np.bincount(gene, minlength=n_genes)
    mean /= n_cells
    square = (n_cells - stored) * mean**2
    for gene, value in _blocks(values):
        square += np.bincount(gene, (value - mean[gene]) ** 2, minlength=n_genes)
    return square / (n_cells - 1)


def _blocks(values: sparse.csr_matrix) -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (values.indices[first : first + BLOCK], values.data[first : first + BLOCK])
        for first in range(0, values.nnz, BLOCK)
    ]


def _first_line(error: BaseException) -> str:
    raw = error.args[0] if error.args else ""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
