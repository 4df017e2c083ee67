"""How much a score varies over the seeds of a method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import ArrayLike

SMALLEST_MEAN = 0.05


def coefficient_of_variation(values: ArrayLike, smallest_mean: float = SMALLEST_MEAN) -> float:
    """Compute the standard deviation over the mean's size, of one score on one dataset.

    Parameters
    ----------
    values
        Array of shape (n_seeds,): the score of each seed.
    smallest_mean
        Means closer to 0 than this give no sensible ratio. With 0 only a mean of exactly 0 is
        refused, which is how the published table treats them.

    Returns
    -------
    std(ddof=1) / |mean|, or NaN ("n/a") where the mean is too close to 0, where there are
    fewer than two seeds, or where a seed has no finite score.

    Raises
    ------
    DataError
        If `values` is not a vector.
    """
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1:
        raise DataError(f"Scores of shape {scores.shape} are not one score per seed.")
    if len(scores) < 2 or not np.isfinite(scores).all():
        return float("nan")
    size = abs(float(scores.mean()))
    if size < smallest_mean or size == 0.0:
        return float("nan")
    return float(scores.std(ddof=1)) / size


def mean_coefficient_of_variation(
    values: Mapping[str, ArrayLike] | Iterable[ArrayLike], smallest_mean: float = SMALLEST_MEAN
) -> float:
    """Compute the coefficient of variation per dataset, then the mean over datasets.

    Parameters
    ----------
    values
        For each dataset the scores of its seeds.
    smallest_mean
        As in `coefficient_of_variation`.

    Returns
    -------
    The mean over the datasets that have a coefficient, NaN where none has.
    """
    per_dataset = values.values() if hasattr(values, "values") else values
    each = np.array([coefficient_of_variation(scores, smallest_mean) for scores in per_dataset])
    defined = each[~np.isnan(each)]
    return float(defined.mean()) if len(defined) else float("nan")
