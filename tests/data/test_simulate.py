"""The count simulator has the distribution it states."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pytest
import scipy.stats
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from scinfovae.data.simulate import SimulationConfig, cluster_sizes, simulate_counts
from scinfovae.errors import UsageError

# one homogeneous cluster: every cell has the same means
PLAIN = SimulationConfig(
    n_cells=4000,
    n_genes=300,
    n_clusters=1,
    library_size=2000.0,
    library_log_sd=0.0,
    dispersion=0.4,
    dropout_midpoint=0.0,
)


def test_counts_are_negative_binomial() -> None:
    counts = simulate_counts(PLAIN).X.toarray().astype(np.float64)
    mean, variance = counts.mean(axis=0), counts.var(axis=0, ddof=1)
    assert mean.sum() == pytest.approx(2000.0, rel=0.01)
    # the sum over genes of mean + dispersion * mean^2; relative standard error about 2 %
    assert variance.sum() == pytest.approx((mean + 0.4 * mean**2).sum(), rel=0.08)
    zeros = (counts == 0).mean(axis=0)
    expected = scipy.stats.nbinom.pmf(0, 1 / 0.4, 1 / (1 + 0.4 * mean))
    # standard error of a share of 4000 cells at most .008
    np.testing.assert_allclose(zeros, expected, atol=0.04)


def test_dropout_is_logistic_in_the_log_mean() -> None:
    mean = simulate_counts(PLAIN).X.toarray().mean(axis=0, dtype=np.float64)
    config = dataclasses.replace(PLAIN, dropout_midpoint=1.5, dropout_slope=2.0)
    zeros = (simulate_counts(config).X.toarray() == 0).mean(axis=0)
    with np.errstate(divide="ignore"):
        lost = scipy.special.expit(-2.0 * (np.log(mean) - np.log(1.5)))
    negative_binomial = scipy.stats.nbinom.pmf(0, 1 / 0.4, 1 / (1 + 0.4 * mean))
    np.testing.assert_allclose(zeros, lost + (1 - lost) * negative_binomial, atol=0.05)


def test_library_sizes_are_lognormal() -> None:
    config = dataclasses.replace(PLAIN, library_log_sd=0.5, dispersion=1e-6, library_size=5000.0)
    totals = np.asarray(simulate_counts(config).X.sum(axis=1)).ravel()
    logs = np.log(totals)
    assert np.median(totals) == pytest.approx(5000.0, rel=0.03)
    assert logs.std() == pytest.approx(0.5, rel=0.05)
    assert abs(scipy.stats.skew(logs)) < 0.15


def test_only_the_stated_share_of_genes_differs_between_clusters() -> None:
    config = SimulationConfig(
        n_cells=6000,
        n_genes=400,
        n_clusters=2,
        imbalance=1.0,
        library_size=40000.0,
        library_log_sd=0.0,
        gene_mean_shape=5.0,
        de_fraction=0.1,
        de_scale=2.0,
        dispersion=0.01,
        dropout_midpoint=0.0,
    )
    adata = simulate_counts(config)
    first = (adata.obs["cluster"] == "0").to_numpy()
    x = adata.X.toarray()
    fold = np.log(x[first].mean(axis=0) / x[~first].mean(axis=0))
    changed = (np.abs(fold - np.median(fold)) > 0.1).mean()
    assert changed == pytest.approx(1 - 0.9**2, abs=0.06)  # changed in one cluster or the other


@pytest.mark.parametrize(
    ("n", "k", "imbalance", "expected"),
    [
        (12, 4, 1.0, [3, 3, 3, 3]),
        (10, 4, 1.0, [3, 3, 2, 2]),
        (5, 5, 100.0, [1, 1, 1, 1, 1]),
        (7, 1, 3.0, [7]),
        (703, 3, 4.0, [401, 201, 101]),
    ],
)
def test_cluster_sizes(n: int, k: int, imbalance: float, expected: list[int]) -> None:
    assert cluster_sizes(n, k, imbalance).tolist() == expected


@pytest.mark.parametrize("k", [4, 8, 16])
def test_labels_follow_the_sizes_and_the_order_is_random(k: int) -> None:
    adata = simulate_counts(SimulationConfig(n_cells=800, n_genes=20, n_clusters=k, imbalance=5.0))
    found = adata.obs["cluster"].value_counts().tolist()
    assert found == sorted(cluster_sizes(800, k, 5.0), reverse=True)
    assert found[0] / found[-1] == pytest.approx(5.0, rel=0.2)
    assert not adata.obs["cluster"].cat.codes.is_monotonic_increasing


def test_the_same_seed_gives_the_same_counts_and_another_one_others() -> None:
    config = SimulationConfig(n_cells=50, n_genes=40)
    first, again = simulate_counts(config), simulate_counts(config, seed=0)
    np.testing.assert_array_equal(first.X.toarray(), again.X.toarray())
    assert list(first.obs["cluster"]) == list(again.obs["cluster"])
    assert (simulate_counts(config, seed=1).X != first.X).nnz > 0


def test_the_default_is_of_moderate_difficulty() -> None:
    adata = simulate_counts(SimulationConfig())
    assert adata.shape == (500, 1000)
    assert adata.X.dtype == np.float32
    x = adata.X.toarray().astype(np.float64)
    x = np.log1p(x / x.sum(axis=1, keepdims=True) * np.median(x.sum(axis=1)))
    space = PCA(50, random_state=0).fit_transform(x)
    predicted = KMeans(5, n_init=10, random_state=0).fit_predict(space)
    assert 0.4 < adjusted_rand_score(adata.obs["cluster"], predicted) < 0.97


def test_memory_follows_the_counts_not_the_matrix() -> None:
    config = SimulationConfig(n_cells=200_000, n_genes=100, library_size=20.0, dispersion=0.1)
    tracemalloc.start()
    adata = simulate_counts(config)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert adata.shape == (200_000, 100)
    assert peak < 130e6  # the dense matrix alone would take 160 MB


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_cells": 1}, "n_cells=1 must be at least 2"),
        ({"n_clusters": 0}, "n_clusters=0"),
        ({"n_clusters": 1001}, "n_clusters=1001 is above n_cells=500"),
        ({"imbalance": 0.5}, "imbalance=0.5"),
        ({"de_fraction": 1.5}, "de_fraction=1.5 must lie from 0 to 1"),
        ({"dispersion": 0.0}, "dispersion=0.0 must be above 0"),
        ({"library_size": float("nan")}, "library_size=nan"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_impossible_configurations(change: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        SimulationConfig(**change)
    with pytest.raises(UsageError, match="seed=-2 is negative"):
        simulate_counts(SimulationConfig(n_cells=10, n_genes=10), seed=-2)
