"""What preprocessing returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.errors import NoCountsError

if TYPE_CHECKING:
    from scinfovae.data.preprocessing.reference import PreprocessingReference


class _Counts:
    """The counts of prepared cells; asking for them where there are none is an error."""

    def __get__(self, instance: Prepared | None, owner: type | None = None) -> np.ndarray:
        if instance is None:
            raise AttributeError("counts")  # says that the field has no default
        counts: np.ndarray | None = instance.__dict__["_counts"]
        if counts is None:
            raise NoCountsError("counts are needed, and the data hold continuous values.")
        return counts

    def __set__(self, instance: Prepared, value: np.ndarray | None) -> None:
        instance.__dict__["_counts"] = value


@dataclass(frozen=True, eq=False)
class Prepared:
    """Preprocessed cells.

    Parameters
    ----------
    scaled
        Model input, float32 array of shape (n_cells, n_genes).
    counts
        Raw counts of the same genes, rounded up, float32 array of shape (n_cells, n_genes); None
        for continuous values, and asking for them then is a `NoCountsError`.
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
    size_factors: np.ndarray
    gene_names: np.ndarray
    cell_index: np.ndarray
    report: dict[str, int | bool]
    reference: PreprocessingReference
    counts: _Counts = _Counts()

    @property
    def has_counts(self) -> bool:
        """Whether the data are counts."""
        return self.__dict__["_counts"] is not None

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
