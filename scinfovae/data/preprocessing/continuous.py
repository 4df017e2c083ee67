"""Values that are no counts: taken as they are, perhaps scaled, and never filtered or logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.data.preprocessing.normalize import gene_moments, scale
from scinfovae.data.preprocessing.prepared import Prepared
from scinfovae.data.preprocessing.reference import PreprocessingReference
from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from anndata import AnnData

    from scinfovae.data.preprocessing.config import PreprocessingConfig


def prepare_continuous(adata: AnnData, config: PreprocessingConfig) -> Prepared:
    """Take continuous values as the input of a method.

    Parameters
    ----------
    adata
        Finite values in ``X``, array of shape (n_cells, n_features); never modified.
    config
        A recipe for continuous values: whether they are scaled and clipped.

    Returns
    -------
    All cells and all features, without counts.

    Raises
    ------
    DataError
        If values are not finite, feature names repeat, or there are fewer than two cells.
    UsageError
        If ``adata`` is not an AnnData.
    """
    values = continuous_matrix(adata)
    if len(values) < 2:
        raise DataError(f"{len(values)} cells are too few: at least 2 are needed.")
    names = adata.var_names.to_numpy().astype(str)
    mean, std = gene_moments(values)
    reference = PreprocessingReference(
        config=config,
        surviving_genes=names,
        gene_names=names,
        gene_mean=mean,
        gene_std=std,
        median_total=1.0,
    )
    return _prepared(values, reference)


def transform_continuous(adata: AnnData, reference: PreprocessingReference) -> Prepared:
    """Prepare new cells as those of a reference were prepared.

    Parameters
    ----------
    adata
        Finite values in ``X``, features matched by ``var_names``; never modified.
    reference
        Features and scaling of the training cells.

    Returns
    -------
    Prepared cells, as many as came in.

    Raises
    ------
    DataError
        If a feature is absent, or values are not finite.
    """
    import pandas as pd

    values = continuous_matrix(adata)
    position = pd.Index(adata.var_names.astype(str)).get_indexer(reference.gene_names)
    absent = reference.gene_names[position < 0]
    if absent.size:
        # a count that was not seen is 0; of a continuous value nothing is known
        raise DataError(
            f"{absent.size} of the {position.size} features the model uses are absent "
            f"({', '.join(absent[:5])}{', ...' if absent.size > 5 else ''}): give cells measured "
            "on the same features, named in var_names as in the training data."
        )
    return _prepared(values[:, position], reference)


def continuous_matrix(adata: Any) -> np.ndarray:
    """Read and check continuous values.

    Parameters
    ----------
    adata
        AnnData with values in ``X``.

    Returns
    -------
    A new float64 array of shape (n_cells, n_features).

    Raises
    ------
    UsageError, DataError
        If it is no AnnData, or values are not finite, or feature names repeat.
    """
    from anndata import AnnData
    from scipy import sparse

    if not isinstance(adata, AnnData):
        raise UsageError(f"An AnnData with values in X is needed, not {type(adata).__name__}.")
    if not adata.var_names.is_unique:
        raise DataError(
            "feature names are repeated: make them unique first, for example with "
            "adata.var_names_make_unique()."
        )
    found = adata.X.toarray() if sparse.issparse(adata.X) else adata.X
    values = np.array(found, dtype=np.float64)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise DataError("X holds NaN or infinite values, or is no matrix: give finite numbers.")
    return values


def _prepared(values: np.ndarray, reference: PreprocessingReference) -> Prepared:
    """Scale values, which are overwritten."""
    n_cells, n_features = values.shape
    scaled = scale(values, reference.gene_mean, reference.gene_std, reference.config)
    return Prepared(
        scaled=scaled.astype(np.float32),
        counts=None,
        size_factors=np.ones(n_cells, dtype=np.float32),
        gene_names=reference.gene_names,
        cell_index=np.arange(n_cells, dtype=np.int64),
        report={
            "n_cells_input": n_cells,
            "n_genes_input": n_features,
            "n_genes_dropped": 0,
            "n_cells_dropped": 0,
            "n_cells": n_cells,
            "n_genes_surviving": n_features,
            "n_genes": n_features,
            "counts_rounded_up": False,
        },
        reference=reference,
    )
