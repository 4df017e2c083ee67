"""How alike the layouts of several runs are, whatever their position, size and orientation."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.errors import DataError
from scinfovae.metrics.neighbourhoods import finite_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Consistency:
    """The Procrustes disparity over all pairs of runs.

    Attributes
    ----------
    mean
        0 where all layouts are the same, about 1 where they have nothing in common.
    sd
        Standard deviation over pairs (n - 1 in the denominator); NaN for one pair. Pairs share
        runs, so that it is no standard error.
    n_runs, n_pairs
        How many.
    """

    mean: float
    sd: float
    n_runs: int
    n_pairs: int


def procrustes_disparities(layouts: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Compute the Procrustes disparity of every pair of layouts of the same cells.

    Both layouts are centred and scaled to unit size; what is left of the squared differences
    after the best rotation, reflection and scaling is the disparity, from 0 to 1.

    Parameters
    ----------
    layouts
        Arrays of shape (n_cells, n_dimensions), rows in the same order.

    Returns
    -------
    Array of shape (n (n - 1) / 2,), pairs in the order of `itertools.combinations`.

    Raises
    ------
    DataError
        If shapes differ, values are not finite, or all cells of a layout lie at one point.
    """
    from scipy.spatial import procrustes

    points = [finite_matrix(layout) for layout in layouts]
    shapes = sorted({layout.shape for layout in points})
    if len(shapes) > 1:
        raise DataError(f"Layouts of shapes {shapes} are not of the same cells and dimensions.")
    for place, layout in enumerate(points):
        if not np.ptp(layout, axis=0).any():
            raise DataError(f"All cells of layout {place} lie at one point; it has no shape.")
    pairs = itertools.combinations(points, 2)
    return np.array([procrustes(first, second)[2] for first, second in pairs])


def layout_consistency(layouts: Sequence[ArrayLike]) -> Consistency:
    """Compute the mean pairwise Procrustes disparity of the layouts of several runs.

    Parameters
    ----------
    layouts
        Arrays of shape (n_cells, n_dimensions), rows in the same order.

    Returns
    -------
    Mean and spread over the pairs.

    Raises
    ------
    DataError
        If there are fewer than two layouts, or one cannot be compared.
    """
    if len(layouts) < 2:
        raise DataError(f"{len(layouts)} layouts cannot be compared; at least 2 runs are needed.")
    found = procrustes_disparities(layouts)
    sd = float(found.std(ddof=1)) if found.size > 1 else float("nan")
    return Consistency(float(found.mean()), sd, len(layouts), int(found.size))
