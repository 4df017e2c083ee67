"""What preprocessing returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from scinfovae.data.preprocessing.reference import PreprocessingReference


@dataclass(frozen=True, eq=False)
class Prepared:
    """Preprocessed cells.

    Parameters
    ----------
    scaled
        Model input, float32 array of shape (n_cells, n_genes).
    counts
        Raw counts of the same genes, rounded up, float32 array of shape (n_cells, n_genes).
    size_factors
        Total count of each cell over the median total, float32 array of shape (n_cells,).
    gene_names
        Names of the chosen genes in their original order, shape (n_genes,).
    cell_index
        Rows of the input that were kept, int64 array of shape (n_cells,).
    report
        How much was dropped, and what else a record should hold.
    reference
        What is needed to repeat the steps on new cells.
    """

    scaled: np.ndarray
    counts: np.ndarray
    size_factors: np.ndarray
    gene_names: np.ndarray
    cell_index: np.ndarray
    report: dict[str, int | bool]
    reference: PreprocessingReference
