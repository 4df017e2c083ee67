"""What preprocessing returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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

    def normalized(self) -> np.ndarray:
        """Compute the normalised values of the same genes before scaling; not kept.

        Returns
        -------
        Float32 array of shape (n_cells, n_genes), not negative: counts scaled to the median or
        target total and log(1 + x) taken, as the recipe says.
        """
        config = self.reference.config
        values = self.counts / self.size_factors[:, None]
        if config.normalize_total and config.target_sum is not None:
            values *= np.float32(config.target_sum / self.reference.median_total)
        return np.log1p(values, out=values) if config.log1p else values
