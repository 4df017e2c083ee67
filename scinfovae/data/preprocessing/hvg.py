"""Choice of highly variable genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scinfovae.data.preprocessing.moments import mean_and_variance
from scinfovae.data.preprocessing.normalize import as_anndata
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from scipy import sparse

SEURAT_BINS = 20
"""Bins of the mean within which dispersions are compared."""
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

    As scanpy computes it, but without its copies of the matrix.

    Parameters
    ----------
    values
        Normalised values of shape (n_cells, n_genes).
    logged
        Whether log(1 + x) was taken already; it is undone here.

    Returns
    -------
    Array of shape (n_genes,), NaN for a gene that does not vary; 1 for one alone in its bin.
    """
    import pandas as pd

    # not logged, scanpy would take the logarithm and undo it, in single precision
    undo = np.expm1 if logged else (lambda data: np.expm1(np.log1p(data)))
    mean, variance = mean_and_variance(values, undo)
    mean[mean == 0] = 1e-12
    # a gene that does not vary has no dispersion, and no score
    with np.errstate(divide="ignore", invalid="ignore"):
        dispersion = np.where(variance == 0, np.nan, np.log(variance / mean))
        table = pd.DataFrame({"dispersion": dispersion, "bin": pd.cut(np.log1p(mean), SEURAT_BINS)})
        bins = table.groupby("bin", observed=True)["dispersion"]
        centre, spread = bins.transform("mean").to_numpy(), bins.transform("std").to_numpy()
        alone = np.isnan(spread)
        return (dispersion - np.where(alone, 0.0, centre)) / np.where(alone, centre, spread)


def cell_ranger_scores(values: sparse.csr_matrix) -> np.ndarray:
    """Dispersion of each gene, standardised by median and MAD within bins (Zheng et al. 2017).

    Parameters
    ----------
    values
        Log-normalised values of shape (n_cells, n_genes), taken as they are.

    Returns
    -------
    Array of shape (n_genes,), NaN where a bin has no spread.
    """
    import scanpy as sc

    with np.errstate(invalid="ignore", divide="ignore"):
        table = sc.pp.highly_variable_genes(as_anndata(values), flavor="cell_ranger", inplace=False)
    return table["dispersions_norm"].to_numpy(np.float64)


def genes_within(
    values: sparse.csr_matrix,
    flavor: Literal["seurat", "cell_ranger"],
    thresholds: tuple[float, float, float],
    *,
    logged: bool,
) -> np.ndarray:
    """Pick the genes whose mean and standardised dispersion pass thresholds, as scanpy does.

    Parameters
    ----------
    values
        Normalised values of shape (n_cells, n_genes).
    flavor
        How the dispersion is standardised.
    thresholds
        Lowest mean, highest mean (of the scale scanpy uses for the flavor), lowest dispersion.
    logged
        Whether log(1 + x) was taken already.

    Returns
    -------
    Positions in ascending order.

    Raises
    ------
    DataError
        If none passes.
    """
    import scanpy as sc

    low, high, dispersion = thresholds
    with np.errstate(invalid="ignore", divide="ignore"):
        table = sc.pp.highly_variable_genes(
            as_anndata(values if logged else values.log1p()),
            flavor=flavor,
            min_mean=low,
            max_mean=high,
            min_disp=dispersion,
            inplace=False,
        )
    chosen = np.flatnonzero(table["highly_variable"].to_numpy())
    if chosen.size == 0:
        raise DataError(
            f"No gene passes hvg_thresholds={list(thresholds)}: lower them, or choose by n_hvg."
        )
    return chosen


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
    return mean_and_variance(values)[1]


def _first_line(error: BaseException) -> str:
    raw = error.args[0] if error.args else ""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
