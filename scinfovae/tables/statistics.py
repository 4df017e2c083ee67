"""Mean ranks, Friedman with Nemenyi, and bootstrap over datasets; the unit is a dataset."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.errors import DataError
from scinfovae.tables.variants import collapse_variants

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

__all__ = [
    "FriedmanResult",
    "Interval",
    "collapse_variants",
    "friedman_nemenyi",
    "mean_ranks",
    "paired_bootstrap",
]

FEWEST_DATASETS = 8
FEWEST_ENTRIES = 3
_TIE_DIGITS = 12


@dataclass(frozen=True)
class Interval:
    """A mean with its bootstrap interval.

    Attributes
    ----------
    mean
        NaN where there is no value at all.
    low, high
        The bounds; NaN with fewer than two values.
    n
        How many values, one a dataset.
    """

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class FriedmanResult:
    """Whether entries differ over datasets, and from what distance two of them do.

    Attributes
    ----------
    statistic, p_value
        Friedman's chi-squared and its p-value; NaN where `message` says why there is none.
    mean_ranks
        Mean rank by entry, 1 the best.
    critical_difference
        Two entries differ at the level if their mean ranks are further apart (Nemenyi).
    n_datasets
        How many datasets have a score of every entry; the others are left out.
    message
        Why there is no test, or an empty text.
    """

    statistic: float
    p_value: float
    mean_ranks: pd.Series
    critical_difference: float
    n_datasets: int
    message: str


def paired_bootstrap(
    differences: ArrayLike,
    *,
    n_resamples: int = 10_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Compute the mean of paired differences and its bootstrap interval over datasets.

    Parameters
    ----------
    differences
        Array of shape (n_datasets,): one difference (or score) a dataset.
    n_resamples, seed
        How often and with which random numbers the datasets are drawn again.
    confidence
        Coverage of the interval: bias-corrected and accelerated, the percentile interval where
        that is not defined.

    Returns
    -------
    Mean, bounds and n. Equal differences give an interval of length 0.

    Raises
    ------
    DataError
        If a difference is not finite, or they are not a vector.
    """
    import numpy as np
    from scipy import stats

    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise DataError("Differences for a bootstrap must be one finite number per dataset.")
    n, nan = len(values), float("nan")
    mean = float(values.mean()) if n else nan
    if n < 2:
        return Interval(mean, nan, nan, n)
    if np.ptp(values) == 0.0:
        return Interval(mean, mean, mean, n)
    bounds = (nan, nan)
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            # nearly equal differences have no acceleration; the percentile interval is left
            warnings.simplefilter("ignore")
            found = stats.bootstrap(
                (values,),
                np.mean,
                n_resamples=n_resamples,
                confidence_level=confidence,
                method=method,
                rng=np.random.default_rng(seed),
            ).confidence_interval
        bounds = (float(found.low), float(found.high))
        if np.isfinite(bounds).all():
            break
    return Interval(mean, *bounds, n)


def widest_interval(differences: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Compute the mean of paired differences with the wider of two intervals, bound by bound.

    Parameters
    ----------
    differences
        Array of shape (n_datasets,).
    confidence
        Coverage of the bootstrap interval and of Student's t interval.

    Returns
    -------
    Mean, bounds and n. Equal differences give an interval of length 0.

    Raises
    ------
    DataError
        If a difference is not finite, or they are not a vector.
    """
    import numpy as np
    from scipy import stats

    found = paired_bootstrap(differences, confidence=confidence)
    values = np.asarray(differences, dtype=np.float64)
    if found.n < 2 or np.ptp(values) == 0.0:
        return found
    student = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
    low, high = min(found.low, student.low), max(found.high, student.high)
    return Interval(found.mean, float(low), float(high), found.n)


def mean_ranks(scores: pd.DataFrame, *, higher_is_better: bool = True) -> pd.Series:
    """Rank the entries on every dataset, then take the mean over datasets.

    Parameters
    ----------
    scores
        One row a dataset, one column an entry. Datasets without a score of every entry are left
        out. Scores that agree to 12 digits are tied.
    higher_is_better
        Whether rank 1 is the largest score.

    Returns
    -------
    Mean rank by entry; tied entries share the mean of their ranks. NaN if no dataset is left.
    """
    ranks = rank_datasets(scores, higher_is_better=higher_is_better)
    return ranks.mean(axis="index").rename("mean_rank")


def rank_datasets(scores: pd.DataFrame, *, higher_is_better: bool = True) -> pd.DataFrame:
    """Rank the entries on every dataset.

    Parameters
    ----------
    scores, higher_is_better
        As in `mean_ranks`.

    Returns
    -------
    Ranks, 1 the best; datasets without a score of every entry are left out.
    """
    whole = scores.dropna(axis="index", how="any").astype(float).round(_TIE_DIGITS)
    return whole.rank(axis="columns", ascending=not higher_is_better, method="average")


def friedman_nemenyi(scores: pd.DataFrame, *, alpha: float = 0.05) -> FriedmanResult:
    """Test whether entries differ over datasets (Friedman), with Nemenyi's critical difference.

    Parameters
    ----------
    scores
        One row a dataset (mean over seeds, variants collapsed), one column an entry; higher is
        better. Datasets without a score of every entry are left out.
    alpha
        Level of the critical difference (Demsar 2006, Journal of Machine Learning Research 7:1).

    Returns
    -------
    The test; under 8 datasets or 3 entries the mean ranks only, and a message.
    """
    import numpy as np
    from scipy import stats

    whole = scores.dropna(axis="index", how="any").astype(float).round(_TIE_DIGITS)
    n, k = whole.shape
    ranks, nan = mean_ranks(whole), float("nan")
    message = ""
    if n < FEWEST_DATASETS:
        message = f"not enough datasets ({n} of {FEWEST_DATASETS})"
    elif k < FEWEST_ENTRIES:
        message = f"not enough entries ({k} of {FEWEST_ENTRIES})"
    if message:
        return FriedmanResult(nan, nan, ranks, nan, n, message)
    if (whole.nunique(axis="columns") == 1).all():
        statistic, p_value = 0.0, 1.0  # all tied everywhere: 0 / 0 for the formula
    else:
        found = stats.friedmanchisquare(*(whole[entry].to_numpy() for entry in whole.columns))
        statistic, p_value = float(found.statistic), float(found.pvalue)
    quantile = float(stats.studentized_range.ppf(1.0 - alpha, k, np.inf)) / np.sqrt(2.0)
    distance = float(quantile * np.sqrt(k * (k + 1) / (6.0 * n)))
    return FriedmanResult(statistic, p_value, ranks, distance, n, "")
