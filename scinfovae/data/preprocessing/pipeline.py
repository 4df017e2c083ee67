"""Preprocessing of a dataset, step by step."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.data.preprocessing import hvg
from scinfovae.data.preprocessing.config import PreprocessingConfig
from scinfovae.data.preprocessing.continuous import prepare_continuous
from scinfovae.data.preprocessing.counts import count_matrix, filter_counts
from scinfovae.data.preprocessing.normalize import gene_moments, normalize_in_place, scale
from scinfovae.data.preprocessing.prepared import Prepared
from scinfovae.data.preprocessing.reference import PreprocessingReference
from scinfovae.data.preprocessing.subset import row_sums, take
from scinfovae.errors import ScInfoVAEWarning

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy import sparse


def preprocess(adata: AnnData, config: PreprocessingConfig | None = None) -> Prepared:
    """Filter, normalise, choose genes and scale.

    In this order: counts that are not whole are rounded up; genes expressed in too few cells are
    dropped, then cells that express too few of the remaining genes; size factors are the totals
    over those genes divided by their median; normalisation to the median and log(1 + x); the
    ``n_hvg`` most variable genes, in their original order; centring, unit variance and clip.
    The matrix stays sparse until the genes are chosen, so memory grows with the non-zero counts.

    Parameters
    ----------
    adata
        Counts in ``X`` (CSR, CSC or dense) of shape (n_cells, n_genes); never modified. With
        ``config.values="continuous"``, any finite values.
    config
        The choices; defaults if left out.

    Returns
    -------
    Input, target, size factors, what was kept, and the reference that transforms new cells.

    Raises
    ------
    DataError
        If counts are negative or not finite, gene names repeat, or nothing is left.
    UsageError
        If ``adata`` is not an AnnData.
    """
    config = config or PreprocessingConfig()
    if config.values == "continuous":
        return prepare_continuous(adata, config)
    counts, rounded = count_matrix(adata)
    kept, cells, genes = filter_counts(counts, config)
    totals = row_sums(kept)
    median_total = float(np.median(totals))
    chosen, values = _choose_genes(kept, median_total, config)
    scaled = values[:, chosen].toarray()
    del kept, values
    mean, std = gene_moments(scaled)
    names = adata.var_names.to_numpy().astype(str)[genes]
    reference = PreprocessingReference(
        config=config,
        surviving_genes=names,
        gene_names=names[chosen],
        gene_mean=mean,
        gene_std=std,
        median_total=median_total,
    )
    return Prepared(
        scaled=scale(scaled, mean, std, config),
        counts=take(counts, cells, genes[chosen]).toarray(),
        size_factors=reference.size_factors(totals),
        gene_names=names[chosen],
        cell_index=cells.astype(np.int64),
        report={
            "n_cells_input": counts.shape[0],
            "n_genes_input": counts.shape[1],
            "n_genes_dropped": counts.shape[1] - genes.size,
            "n_cells_dropped": counts.shape[0] - cells.size,
            "n_cells": int(cells.size),
            "n_genes_surviving": int(genes.size),
            "n_genes": int(chosen.size),
            "counts_rounded_up": rounded,
        },
        reference=reference,
    )


def _choose_genes(
    kept: sparse.csr_matrix, median_total: float, config: PreprocessingConfig
) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Overwrite the kept counts by normalised values and pick the columns to use."""
    n_genes = kept.shape[1]
    wanted = n_genes if config.n_hvg is None else config.n_hvg
    all_of_them = n_genes <= wanted
    if n_genes < wanted:
        warnings.warn(
            f"Only {n_genes} genes are left, fewer than n_hvg={wanted}: all are used.",
            ScInfoVAEWarning,
            stacklevel=3,
        )
    # seurat_v3 ranks raw counts, which the normalisation overwrites
    scores = None
    if config.hvg_flavor == "seurat_v3" and not all_of_them:
        scores = hvg.seurat_v3_scores(kept)
    values = normalize_in_place(kept, median_total, config)
    if config.hvg_thresholds is not None and config.hvg_flavor in ("seurat", "cell_ranger"):
        flavor, within = config.hvg_flavor, config.hvg_thresholds
        return hvg.genes_within(values, flavor, within, logged=config.log1p), values
    if all_of_them:
        return np.arange(n_genes), values
    if config.hvg_flavor == "cell_ranger":
        scores = hvg.cell_ranger_scores(values)
    elif scores is None and config.hvg_flavor == "seurat":
        scores = hvg.seurat_scores(values, logged=config.log1p)
    elif scores is None:
        scores = hvg.variance_scores(values)
    return hvg.top_genes(scores, wanted), values
