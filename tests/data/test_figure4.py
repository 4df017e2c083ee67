"""The continuous data of Fig. 4, against the published points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from scinfovae.data.figure4 import figure4_features, figure4_points, largest_features
from scinfovae.data.figure4_cells import Figure4Config, figure4_cells, figure4_new_cells
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def wide_distance(points: np.ndarray) -> np.ndarray:
    """Return Mahalanobis distances from the wide cluster."""
    precision = np.linalg.inv([[1, 0.5], [0.5, 1]])
    offset = points - (-3, 0)
    return np.sqrt((offset @ precision * offset).sum(axis=1))


@pytest.mark.real_data
@pytest.mark.parametrize("n", [2200, 22000])
def test_the_map_reproduces_the_published_nine_dimensions(shared_data: Path, n: int) -> None:
    folder = shared_data / "synthetic"
    plane = pd.read_csv(folder / f"synthetic_2d_{n}.tsv", sep="\t").to_numpy()
    nine = pd.read_csv(folder / f"synthetic_9d_{n}.tsv", sep="\t").to_numpy()
    assert plane.shape == (n, 2)
    np.testing.assert_allclose(figure4_features(plane), nine, rtol=0, atol=1e-12)


@pytest.mark.real_data
@pytest.mark.parametrize("n", [2200, 22000])
def test_drawn_points_have_the_published_labels_and_moments(shared_data: Path, n: int) -> None:
    folder = shared_data / "synthetic"
    published = pd.read_csv(folder / f"synthetic_2d_{n}.tsv", sep="\t").to_numpy()
    theirs = pd.read_csv(folder / f"synthetic_2d_{n}_label.tsv", sep="\t").iloc[:, -1].to_numpy()
    points, labels = figure4_points(n, seed=0, clear_outliers=True)
    np.testing.assert_array_equal(labels, theirs)
    for label in range(-1, 6):
        ours, other = points[labels == label], published[labels == label]
        spread = other.std(axis=0)
        # five standard errors of the difference of two means
        bound = 5 * spread * np.sqrt(2 / len(ours))
        assert (np.abs(ours.mean(axis=0) - other.mean(axis=0)) < bound).all()
        np.testing.assert_allclose(ours.std(axis=0), spread, rtol=5 / np.sqrt(len(ours)))
    outliers = (data[where == -1] for data, where in ((points, labels), (published, theirs)))
    distance = [wide_distance(chosen) for chosen in outliers]
    assert scipy.stats.ks_2samp(*distance).pvalue > 0.01
    assert min(distance[1]) > 3.3  # the published outliers do keep clear of the wide cluster


def test_the_shape_of_the_clusters() -> None:
    points, labels = figure4_points(110_000, seed=1)
    np.testing.assert_allclose(points[labels == 0].mean(axis=0), (-3, 0), atol=0.03)
    np.testing.assert_allclose(np.cov(points[labels == 0].T), [[1, 0.5], [0.5, 1]], atol=0.03)
    np.testing.assert_allclose(np.cov(points[labels == 4].T), 0.01 * np.eye(2), atol=5e-4)
    outliers = points[labels == -1]
    np.testing.assert_allclose(outliers.min(axis=0), (-8, -4), atol=0.01)
    np.testing.assert_allclose(outliers.max(axis=0), (4, 4), atol=0.01)
    for k, (low, high) in enumerate([(-8, 4), (-4, 4)]):
        uniform = scipy.stats.uniform(low, high - low)
        assert scipy.stats.kstest(outliers[:, k], uniform.cdf).pvalue > 0.01
    assert (figure4_points(110, seed=1)[0] != figure4_points(110, seed=2)[0]).all()


@pytest.mark.parametrize("n", [0, 12, -11])
def test_impossible_numbers(n: int) -> None:
    with pytest.raises(UsageError, match=f"n_points={n} must be a positive multiple of 11"):
        figure4_points(n)
    with pytest.raises(UsageError, match="seed=-1 is negative"):
        figure4_points(11, seed=-1)


def test_the_cells_hold_values_truth_and_clusters() -> None:
    cells = figure4_cells(Figure4Config(n_cells=220, seed=3))
    points, labels = figure4_points(220, seed=3)
    np.testing.assert_array_equal(cells.obsm["truth"], points)
    np.testing.assert_array_equal(cells.X, figure4_features(points))
    assert cells.obs["cluster"].tolist() == labels.astype(str).tolist()
    assert cells.obs["cluster"].nunique() == 7
    assert np.abs(cells.X).max(axis=0).tolist() == [1.0] * 9


def test_further_points_are_others_on_the_scale_of_the_first() -> None:
    config = Figure4Config(n_cells=220, n_new=330, seed=3)
    new = figure4_new_cells(config)
    first, _ = figure4_points(220, seed=3)
    plane = new.obsm["truth"]
    assert plane.shape == (330, 2)
    assert not set(map(tuple, plane)) & set(map(tuple, first))
    # x y of a new point, over the largest x y of the first points
    expected = plane[:, 0] * plane[:, 1] / np.abs(first[:, 0] * first[:, 1]).max()
    np.testing.assert_allclose(new.X[:, 2], expected, rtol=1e-12)
    np.testing.assert_allclose(figure4_features(first, largest_features(first)).max(), 1.0)


@pytest.mark.parametrize("key", ["n_cells", "n_new"])
def test_impossible_configurations(key: str) -> None:
    with pytest.raises(UsageError, match=rf"dataset.points.{key}=100 must be a positive multiple"):
        Figure4Config(**{key: 100})
    with pytest.raises(UsageError, match=r"dataset.points.seed=-1 is negative"):
        Figure4Config(seed=-1)
