"""The choices of preprocessing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from scinfovae.errors import UsageError, did_you_mean

# Part of a run's identity: raised whenever the same choices would give other numbers.
PREPROCESSING_VERSION = 1

HVGFlavor = Literal["seurat", "variance", "seurat_v3"]
ScaleAxis = Literal["gene", "cell"]


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
        (highest variance of the log-normalised values, the paper's words) or ``seurat_v3``
        (variance of the counts standardised by a loess trend).
    n_hvg
        Number of highly variable genes to keep.
    scale_axis
        ``gene``: centre and scale each gene over the cells; ``cell``: each cell over its chosen
        genes, the paper's sentence taken to the letter.
    clip
        Scaled values are clipped at plus and minus this value, in standard deviations.

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
    n_hvg: int = 500
    scale_axis: ScaleAxis = "gene"
    clip: float = 10.0

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
        ):
            value = getattr(self, name)
            if value not in choices:
                raise UsageError(
                    f"{name}={value!r} is not known: give one of {', '.join(choices)}."
                    f"{did_you_mean(str(value), choices)}"
                )
        if isinstance(self.n_hvg, bool) or not isinstance(self.n_hvg, int) or self.n_hvg < 1:
            raise UsageError(f"n_hvg={self.n_hvg!r} is not allowed: give a whole number above 0.")
        if not _is_number(self.clip) or not self.clip > 0:
            raise UsageError(f"clip={self.clip!r} is not allowed: give a number above 0.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
