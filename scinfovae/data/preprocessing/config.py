"""The choices of preprocessing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from scinfovae.errors import UsageError, did_you_mean

# Part of a run's identity: raised whenever the same choices would give other numbers.
PREPROCESSING_VERSION = 1

HVGFlavor = Literal["seurat", "variance", "seurat_v3", "cell_ranger"]
ScaleAxis = Literal["gene", "cell", "none"]
Values = Literal["counts", "continuous"]


@dataclass(frozen=True)
class PreprocessingConfig:
    """How counts become the input of a method.

    Parameters
    ----------
    min_cell_fraction
        Genes expressed in a smaller fraction of the cells are dropped, in [0, 1).
    min_gene_fraction
        Cells that express a smaller fraction of the remaining genes are dropped, in [0, 1).
    normalize_total
        Scale every cell to the median total count; without it all size factors are 1.
    log1p
        Take log(1 + x).
    hvg_flavor
        How genes are ranked: ``seurat`` (dispersion within bins of the mean), ``variance``
        (highest variance of the log-normalised values, the paper's words), ``seurat_v3``
        (variance of the counts standardised by a loess trend) or ``cell_ranger`` (as seurat, of
        the values as they are, standardised by median and MAD within bins).
    n_hvg
        Number of highly variable genes to keep; None keeps all that survive the filters.
    scale_axis
        ``gene``: centre and scale each gene over the cells; ``cell``: each cell over its chosen
        genes, the paper's sentence taken to the letter; ``none``: the values stay as they are.
    clip
        Scaled values are clipped at plus and minus this value, in standard deviations; None
        clips nothing.
    min_cells, min_gene_counts
        Genes expressed in fewer cells, or with fewer counts in all, are dropped too.
    min_genes, min_cell_counts
        Cells that express fewer of the remaining genes, or hold fewer counts, are dropped too.
    target_sum
        Total count to which cells are scaled; None is the median. Size factors are relative to
        the median either way.
    hvg_thresholds
        Lowest mean, highest mean and lowest standardised dispersion of a highly variable gene
        (``seurat`` and ``cell_ranger``): then their number is what passes, and `n_hvg` is None.
    values
        ``counts``, or ``continuous`` for values that are no counts: they are taken as they are,
        only `scale_axis` and `clip` apply, and methods that need counts do not. `CONTINUOUS` is
        this recipe.

    Raises
    ------
    UsageError
        If a value is not allowed.
    """

    min_cell_fraction: float = 0.01
    min_gene_fraction: float = 0.01
    normalize_total: bool = True
    log1p: bool = True
    hvg_flavor: HVGFlavor = "seurat"
    n_hvg: int | None = 500
    scale_axis: ScaleAxis = "gene"
    clip: float | None = 10.0
    min_cells: int = 0
    min_gene_counts: int = 0
    min_genes: int = 0
    min_cell_counts: int = 0
    target_sum: float | None = None
    hvg_thresholds: tuple[float, float, float] | None = None
    values: Values = "counts"

    def __post_init__(self) -> None:
        for name in ("min_cell_fraction", "min_gene_fraction"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value < 1:
                raise UsageError(f"{name}={value!r} is not a fraction: give 0 <= {name} < 1.")
        for name in ("normalize_total", "log1p"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise UsageError(f"{name}={value!r} is not allowed: give true or false.")
        for name, choices in (
            ("hvg_flavor", get_args(HVGFlavor)),
            ("scale_axis", get_args(ScaleAxis)),
            ("values", get_args(Values)),
        ):
            value = getattr(self, name)
            if value not in choices:
                raise UsageError(
                    f"{name}={value!r} is not known: give one of {', '.join(choices)}."
                    f"{did_you_mean(str(value), choices)}"
                )
        whole = isinstance(self.n_hvg, int) and not isinstance(self.n_hvg, bool)
        if self.n_hvg is not None and not (whole and self.n_hvg >= 1):
            raise UsageError(
                f"n_hvg={self.n_hvg!r} is not allowed: give a whole number above 0, or null for "
                "all genes."
            )
        for name in ("clip", "target_sum"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value > 0):
                raise UsageError(
                    f"{name}={value!r} is not allowed: give a number above 0, or null."
                )
        for name in ("min_cells", "min_gene_counts", "min_genes", "min_cell_counts"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise UsageError(f"{name}={value!r} is not allowed: give a whole number from 0 on.")
        self._check_thresholds()
        if self.values == "continuous":
            self._check_continuous()

    def _check_continuous(self) -> None:
        for name, neutral in _OFF.items():
            if getattr(self, name) != neutral:
                told, off = (
                    str("null" if value is None else value).lower()
                    for value in (getattr(self, name), neutral)
                )
                raise UsageError(
                    f"{name}={told} is a step for counts and does not apply to continuous values: "
                    f"leave it at {off}. Only scale_axis and clip apply."
                )

    def _check_thresholds(self) -> None:
        if self.hvg_thresholds is None:
            return
        given = tuple(self.hvg_thresholds)
        object.__setattr__(self, "hvg_thresholds", given)  # a list, as read from a file
        if len(given) != 3 or not all(_is_number(value) for value in given):
            raise UsageError(
                f"hvg_thresholds={list(given)} is not allowed: give lowest mean, highest mean and "
                "lowest dispersion, as in [0.0125,3,0.5]."
            )
        if self.hvg_flavor not in ("seurat", "cell_ranger") or self.n_hvg is not None:
            raise UsageError(
                f"hvg_thresholds={list(given)} goes with n_hvg=null and hvg_flavor=seurat or "
                f"cell_ranger, not with n_hvg={self.n_hvg} and hvg_flavor={self.hvg_flavor}."
            )


# what there is to be done with counts only, as it stands where it is not done
_OFF: dict[str, Any] = {
    "min_cell_fraction": 0.0,
    "min_gene_fraction": 0.0,
    "normalize_total": False,
    "log1p": False,
    "n_hvg": None,
    "min_cells": 0,
    "min_gene_counts": 0,
    "min_genes": 0,
    "min_cell_counts": 0,
    "target_sum": None,
    "hvg_thresholds": None,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


CONTINUOUS = PreprocessingConfig(**_OFF, scale_axis="none", clip=None, values="continuous")
"""The recipe for continuous data: they are taken as they are."""
