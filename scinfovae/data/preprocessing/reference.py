"""How preprocessing is repeated on new cells."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.data.preprocessing.config import PreprocessingConfig
from scinfovae.data.preprocessing.counts import count_matrix
from scinfovae.data.preprocessing.normalize import normalize_in_place, scale
from scinfovae.data.preprocessing.prepared import Prepared
from scinfovae.data.preprocessing.subset import row_sums
from scinfovae.errors import DataError, ScInfoVAEWarning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData

MAX_MISSING = 0.2
"""Largest share of the chosen genes that new cells may lack."""


@dataclass(frozen=True, eq=False)
class PreprocessingReference:
    """Genes, scaling and size-factor reference of the training cells.

    Parameters
    ----------
    config
        The choices of the training run.
    surviving_genes
        Names of the genes that survived the filter, over which totals are taken.
    gene_names
        Names of the chosen genes, shape (n_genes,).
    gene_mean, gene_std
        Moments of the chosen genes' log-normalised values, shape (n_genes,).
    median_total
        Median total count of the training cells over the surviving genes.
    """

    config: PreprocessingConfig
    surviving_genes: np.ndarray
    gene_names: np.ndarray
    gene_mean: np.ndarray
    gene_std: np.ndarray
    median_total: float

    def transform(self, adata: AnnData) -> Prepared:
        """Prepare new cells as the training cells were prepared; no cell is dropped.

        Parameters
        ----------
        adata
            Counts in ``X``, genes matched by ``var_names``; never modified. Chosen genes that
            are absent count 0, with a warning. Of continuous values none may be absent.

        Returns
        -------
        Prepared cells, as many as came in.

        Raises
        ------
        DataError
            If more than 20 % of the chosen genes are absent, or a cell has no counts.
        """
        if self.config.values == "continuous":
            from scinfovae.data.preprocessing.continuous import transform_continuous

            return transform_continuous(adata, self)
        import pandas as pd

        counts, rounded = count_matrix(adata)
        position = pd.Index(adata.var_names.astype(str)).get_indexer(self.surviving_genes)
        column = np.cumsum(position >= 0) - 1
        chosen = pd.Index(self.surviving_genes).get_indexer(self.gene_names)
        present = position[chosen] >= 0
        self._judge_missing(present, position >= 0)
        kept = counts[:, position[position >= 0]]
        totals = row_sums(kept)
        if not totals.all():
            raise DataError(
                f"{np.count_nonzero(totals == 0)} of {totals.size} cells have no counts in the "
                f"{kept.shape[1]} genes shared with the training data: remove them first."
            )
        columns = column[chosen[present]]
        target = np.zeros((totals.size, chosen.size), dtype=np.float32)
        values = np.zeros_like(target)
        target[:, present] = kept[:, columns].toarray()
        normalized = normalize_in_place(kept, self.median_total, self.config)
        values[:, present] = normalized[:, columns].toarray()
        return Prepared(
            scaled=scale(values, self.gene_mean, self.gene_std, self.config),
            counts=target,
            size_factors=self.size_factors(totals),
            gene_names=self.gene_names,
            cell_index=np.arange(totals.size, dtype=np.int64),
            report={
                "n_cells_input": counts.shape[0],
                "n_genes_input": counts.shape[1],
                "n_cells": int(totals.size),
                "n_genes": int(chosen.size),
                "n_genes_missing": int(np.count_nonzero(~present)),
                "n_surviving_genes_missing": int(np.count_nonzero(position < 0)),
                "counts_rounded_up": rounded,
            },
            reference=self,
        )

    def size_factors(self, totals: np.ndarray) -> np.ndarray:
        """Divide totals by the stored median, or give ones without normalisation.

        Parameters
        ----------
        totals
            Total counts over the surviving genes, shape (n_cells,).

        Returns
        -------
        Float32 array of shape (n_cells,).
        """
        if not self.config.normalize_total:
            return np.ones(totals.size, dtype=np.float32)
        return (totals / self.median_total).astype(np.float32)

    def _judge_missing(self, present: np.ndarray, shared: np.ndarray) -> None:
        absent = self.gene_names[~present]
        some = ", ".join(absent[:5]) + (", ..." if absent.size > 5 else "")
        if absent.size > MAX_MISSING * self.gene_names.size:
            raise DataError(
                f"{absent.size} of the {self.gene_names.size} genes the model uses are absent "
                f"({some}), more than {MAX_MISSING:.0%}: give cells measured on the same genes, "
                "named in var_names as in the training data."
            )
        if absent.size:
            warnings.warn(
                f"{absent.size} of the {self.gene_names.size} genes the model uses are absent "
                f"({some}): they count as 0.",
                ScInfoVAEWarning,
                stacklevel=3,
            )
        lost = np.count_nonzero(~shared)
        if self.config.normalize_total and lost > MAX_MISSING * shared.size:
            warnings.warn(
                f"{lost} of the {shared.size} genes behind the size factors are absent: size "
                "factors are taken from the rest and come out too small.",
                ScInfoVAEWarning,
                stacklevel=3,
            )

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Split into float64 arrays and values that JSON can hold.

        Returns
        -------
        The arrays ``gene_mean`` and ``gene_std``, and the rest.
        """
        arrays = {"gene_mean": self.gene_mean, "gene_std": self.gene_std}
        metadata = {
            "config": asdict(self.config),
            "surviving_genes": self.surviving_genes.tolist(),
            "gene_names": self.gene_names.tolist(),
            "median_total": self.median_total,
        }
        return arrays, metadata

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]
    ) -> PreprocessingReference:
        """Undo :meth:`to_arrays`.

        Parameters
        ----------
        arrays
            ``gene_mean`` and ``gene_std``; other arrays are ignored.
        metadata
            The rest; other keys are ignored.

        Returns
        -------
        The reference.

        Raises
        ------
        DataError
            If something is missing or does not fit together.
        """
        try:
            reference = cls(
                config=PreprocessingConfig(**metadata["config"]),
                surviving_genes=np.asarray(metadata["surviving_genes"], dtype=str),
                gene_names=np.asarray(metadata["gene_names"], dtype=str),
                gene_mean=np.asarray(arrays["gene_mean"], dtype=np.float64),
                gene_std=np.asarray(arrays["gene_std"], dtype=np.float64),
                median_total=float(metadata["median_total"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"The stored preprocessing cannot be read: {error}.") from error
        shape = reference.gene_names.shape
        fits = (
            reference.gene_mean.shape == reference.gene_std.shape == shape
            and np.isin(reference.gene_names, reference.surviving_genes).all()
            and np.isfinite(reference.gene_mean).all()
            and (reference.gene_std > 0).all()
            and reference.median_total > 0
        )
        if not fits:
            raise DataError("The stored preprocessing does not fit together: the file is damaged.")
        return reference
