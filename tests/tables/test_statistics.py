"""Ranks, tests and intervals against published tables and outside implementations."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scinfovae.errors import DataError
from scinfovae.tables.statistics import (
    friedman_nemenyi,
    mean_ranks,
    paired_bootstrap,
    widest_interval,
)

# Demsar 2006, Table 5a: critical values of the two-tailed Nemenyi test, by number of entries
DEMSAR_05 = {3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}
DEMSAR_10 = {3: 2.052, 4: 2.291, 5: 2.459, 6: 2.589, 7: 2.693, 8: 2.780, 9: 2.855, 10: 2.920}


# Demsar 2006, Table 6: AUC of four variants of C4.5 on 14 datasets
def demsar_auc():
    columns = {
        name: [float(v) / 1000 for v in values.split()]
        for name, values in {
            "C4.5": "763 599 954 628 882 936 661 583 775 1000 940 619 972 957",
            "C4.5+m": "768 591 971 661 888 931 668 583 838 1000 962 666 981 978",
            "C4.5+cf": "771 590 968 654 886 916 609 563 866 1000 965 614 975 946",
            "C4.5+m+cf": "798 569 967 657 898 931 685 625 875 1000 962 669 975 970",
        }.items()
    }
    # printed with three digits and tied there, ranked 2 and 3 by him: voting
    columns["C4.5+cf"][12] += 1e-5
    return pd.DataFrame(columns)


def random_scores(n, k, seed=0, ties=False):
    values = np.random.default_rng(seed).random((n, k))
    return pd.DataFrame(np.round(values, 1) if ties else values, columns=list("abcdefghij")[:k])


def test_ranks_by_hand_with_ties():
    scores = pd.DataFrame({"a": [0.9, 0.5], "b": [0.7, 0.5], "c": [0.7, 0.1]}, index=["x", "y"])
    # x: 1, 2.5, 2.5; y: 1.5, 1.5, 3
    assert mean_ranks(scores).to_dict() == {"a": 1.25, "b": 2.0, "c": 2.75}


def test_ranks_of_seconds_have_the_smallest_first():
    scores = pd.DataFrame({"slow": [9.0], "fast": [1.0]})
    assert mean_ranks(scores, higher_is_better=False).to_dict() == {"slow": 2.0, "fast": 1.0}


def test_rounding_errors_are_ties():
    scores = pd.DataFrame({"a": [0.1 + 0.2], "b": [0.3]})
    assert mean_ranks(scores).to_dict() == {"a": 1.5, "b": 1.5}


def test_a_dataset_without_a_score_of_every_entry_counts_for_nobody():
    scores = pd.DataFrame({"a": [0.9, 0.1], "b": [0.7, math.nan]})
    assert mean_ranks(scores).to_dict() == {"a": 1.0, "b": 2.0}
    assert friedman_nemenyi(scores).n_datasets == 1
    assert mean_ranks(scores.iloc[1:]).isna().all()


def test_the_example_of_demsar():
    # as printed there: these mean ranks, chi-squared 9.28, CD 1.25 at .05 and 1.12 at .10
    found = friedman_nemenyi(demsar_auc())
    assert found.mean_ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    assert friedman_nemenyi(demsar_auc(), alpha=0.10).critical_difference == pytest.approx(
        1.12, abs=0.005
    )
    assert (found.n_datasets, found.message) == (14, "")
    # he prints the statistic without the correction for ties that scipy makes
    ranks = found.mean_ranks.to_numpy()
    assert 12 * 14 / 20 * (np.sum(ranks**2) - 25) == pytest.approx(9.28, abs=0.005)
    assert found.statistic == pytest.approx(9.28, rel=0.15)
    assert found.p_value < 0.05


@pytest.mark.parametrize(("alpha", "table"), [(0.05, DEMSAR_05), (0.10, DEMSAR_10)])
def test_critical_values_of_demsar(alpha, table):
    for k, critical in table.items():
        n = 12
        found = friedman_nemenyi(random_scores(n, k), alpha=alpha)
        expected = critical * math.sqrt(k * (k + 1) / (6 * n))
        # printed with three decimals, of which the last is off by one here and there
        assert found.critical_difference == pytest.approx(expected, abs=0.0015)


@pytest.mark.parametrize("ties", [False, True])
def test_friedman_equals_scipy(ties):
    scores = random_scores(10, 5, seed=3, ties=ties)
    expected = stats.friedmanchisquare(*scores.to_numpy().T)
    found = friedman_nemenyi(scores)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)


def test_the_distance_says_what_scikit_posthocs_says():
    posthocs = pytest.importorskip("scikit_posthocs", reason="scikit-posthocs is not installed")
    decisions = set()
    for seed in range(4):
        scores = random_scores(14, 4, seed) + np.array([0.0, 0.0, 0.3, 0.6])
        p_values = posthocs.posthoc_nemenyi_friedman(scores.to_numpy())
        found = friedman_nemenyi(scores)
        ranks = found.mean_ranks.to_numpy()
        for i in range(4):
            for j in range(i):
                differ = abs(ranks[i] - ranks[j]) > found.critical_difference
                assert differ == (p_values.iloc[i, j] < 0.05)
                decisions.add(bool(differ))
    assert decisions == {True, False}


@pytest.mark.parametrize("n", [0, 1, 7])
def test_no_p_value_under_eight_datasets(n):
    found = friedman_nemenyi(random_scores(n, 4))
    assert found.message == f"not enough datasets ({n} of 8)"
    assert math.isnan(found.p_value)
    assert math.isnan(found.critical_difference)
    assert found.mean_ranks.notna().all() == (n > 0)


def test_two_entries_are_not_enough():
    found = friedman_nemenyi(random_scores(9, 2))
    assert found.message == "not enough entries (2 of 3)"
    assert math.isnan(found.p_value)


def test_all_tied_is_no_difference():
    found = friedman_nemenyi(pd.DataFrame(np.ones((9, 3)), columns=list("abc")))
    assert (found.statistic, found.p_value) == (0.0, 1.0)
    assert found.mean_ranks.tolist() == [2.0, 2.0, 2.0]


def test_interval_covers_as_often_as_it_says():
    # 15 datasets, true difference .1: about 95 % of intervals must hold it (BCa: a little fewer)
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        found = paired_bootstrap(rng.normal(0.1, 0.2, 15), n_resamples=500)
        covered += found.low <= 0.1 <= found.high
    assert 0.87 <= covered / 200 <= 0.99


@pytest.mark.parametrize("n_datasets", [5, 8])
def test_the_widest_interval_covers_few_datasets_too(n_datasets):
    rng = np.random.default_rng(0)
    covered, bootstrap = 0, 0
    for _ in range(300):
        values = rng.normal(0.1, 0.2, n_datasets)
        found, narrow = widest_interval(values), paired_bootstrap(values)
        covered += found.low <= 0.1 <= found.high
        bootstrap += narrow.low <= 0.1 <= narrow.high
        student = stats.ttest_1samp(values, 0).confidence_interval()
        assert found.low <= min(student.low, narrow.low) + 1e-12
        assert found.high >= max(student.high, narrow.high) - 1e-12
    assert bootstrap / 300 < 0.92
    assert 0.93 <= covered / 300 <= 1


def test_interval_by_hand():
    # two values: resampled means are a, (a + b)/2 and b, the outer ones a quarter each
    found = paired_bootstrap([0.0, 1.0])
    assert (found.mean, found.low, found.high, found.n) == (0.5, 0.0, 1.0, 2)


def test_an_interval_is_the_same_each_time():
    values = np.random.default_rng(1).normal(size=9)
    assert paired_bootstrap(values) == paired_bootstrap(values)
    assert paired_bootstrap(values) != paired_bootstrap(values, seed=1)


def test_equal_differences_have_an_interval_without_length():
    found = paired_bootstrap([0.25, 0.25, 0.25])
    assert (found.mean, found.low, found.high, found.n) == (0.25, 0.25, 0.25, 3)


def test_nearly_degenerate_differences_have_a_finite_interval():
    found = paired_bootstrap([0.0, 0.0, 0.0, 1e-12])
    assert math.isfinite(found.low)
    assert math.isfinite(found.high)


@pytest.mark.parametrize("values", [[], [0.3]])
def test_one_dataset_has_no_interval(values):
    found = paired_bootstrap(values)
    assert found.n == len(values)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize("values", [[0.1, math.nan], [[0.1], [0.2]]])
def test_what_is_no_difference_per_dataset_is_refused(values):
    with pytest.raises(DataError, match="one finite number per dataset"):
        paired_bootstrap(values)
