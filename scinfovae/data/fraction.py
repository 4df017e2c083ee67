"""A random share of the cells of a dataset, the same for every run that asks for it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from scinfovae.errors import ScInfoVAEWarning, UsageError
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    import anndata as ad
    import numpy as np

# Raised whenever the same fraction and seed would draw other cells.
FRACTION_VERSION = 1


def check_fraction(fraction: float, seed: int) -> None:
    """Refuse a share that is none, or a seed below 0.

    Parameters
    ----------
    fraction
        Share of the cells.
    seed
        Seed of the draw.

    Raises
    ------
    UsageError
        If one of them is out of range.
    """
    if not 0 < fraction <= 1:
        raise UsageError(
            f"dataset.fraction={fraction} is out of range: give the share of the cells to keep, "
            "above 0 and at most 1."
        )
    if seed < 0:
        raise UsageError(f"dataset.fraction_seed={seed} is negative; seeds are integers from 0 on.")


def draw_cells(n_cells: int, fraction: float, seed: int) -> np.ndarray:
    """Draw a share of the cells, whatever their labels.

    A smaller share drawn with the same seed is part of a larger one, so that a series of shares
    differs by cells that are added, never by cells that are exchanged.

    Parameters
    ----------
    n_cells
        How many there are.
    fraction
        Share to keep; rounded to whole cells.
    seed
        Seed of the draw, not that of a run: all runs on one share see the same cells.

    Returns
    -------
    Their rows in ascending order.

    Raises
    ------
    UsageError
        If fewer than two cells would be left.
    """
    import numpy as np

    check_fraction(fraction, seed)
    kept = round(fraction * n_cells)
    if kept < 2:
        raise UsageError(
            f"dataset.fraction={fraction} of {n_cells} cells leaves {kept}: at least 2 are needed."
        )
    rng = np.random.default_rng(derive_seed(seed, "dataset/fraction"))
    return np.sort(rng.permutation(n_cells)[:kept])


def keep_fraction(adata: ad.AnnData, fraction: float, seed: int) -> ad.AnnData:
    """Keep a share of the cells, their labels with them.

    Parameters
    ----------
    adata
        All cells, with reference labels in the columns of ``obs``.
    fraction, seed
        As in `draw_cells`.

    Returns
    -------
    The chosen cells in their order; `adata` itself where all are kept. Classes of which no cell
    was drawn are told as a warning.

    Raises
    ------
    UsageError
        If the share is out of range or too small.
    """
    check_fraction(fraction, seed)
    if fraction == 1:
        return adata
    chosen = adata[draw_cells(adata.n_obs, fraction, seed)].copy()
    for key in adata.obs.columns:
        classes, left = adata.obs[key].nunique(), chosen.obs[key].nunique()
        if left < classes:
            warnings.warn(
                f"dataset.fraction={fraction} keeps cells of {left} of the {classes} classes of "
                f"'{key}'; the others have vanished, and K, unless it is given, counts what is "
                "left.",
                ScInfoVAEWarning,
                stacklevel=2,
            )
    return chosen
