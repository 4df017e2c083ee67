"""Separation of clusters in a space: against scikit-learn, formulas and a worked example."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from scinfovae.errors import DataError, UsageError
from scinfovae.metrics import calinski_harabasz, internal, internal_scores, silhouette


def blobs(n_cells: int, n_clusters: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_clusters, n_cells)
    return rng.normal(size=(n_clusters, 4))[labels] * 3 + rng.normal(size=(n_cells, 4)), labels


def test_silhouette_by_hand():
    # cells at 0, 1 and 4 on a line: a = 1 and b = 4, a = 1 and b = 3, and a lone cell
    expected = ((4 - 1) / 4 + (3 - 1) / 3 + 0) / 3
    assert silhouette([[0.0], [1.0], [4.0]], [5, 5, 8]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n_clusters", [2, 7, 150])
@pytest.mark.parametrize("entries", [1, 5_000, 8_000_000])
def test_silhouette_equals_scikit_learn_whatever_the_chunk(monkeypatch, n_clusters, entries):
    monkeypatch.setattr(internal, "_CHUNK_ENTRIES", entries)
    points, labels = blobs(400, n_clusters)
    expected = silhouette_score(points, labels)
    assert silhouette(points, labels) == pytest.approx(expected, abs=1e-10)


def test_silhouette_far_from_the_origin_and_with_repeated_cells():
    points, labels = blobs(200, 3)
    points = np.vstack([points, points[:50]]) + 1e4
    labels = np.concatenate([labels, labels[:50]])
    expected = silhouette_score(points, labels)
    # squares near 1e9 leave about 1e-7 of a distance
    assert silhouette(points, labels) == pytest.approx(expected, abs=1e-6)


def test_silhouette_of_coinciding_clusters_is_zero():
    assert silhouette(np.ones((6, 2)), [0, 0, 0, 1, 1, 1]) == 0.0


def test_calinski_harabasz_follows_its_formula():
    points, labels = blobs(300, 5)
    centre, between, within = points.mean(axis=0), 0.0, 0.0
    for label in range(5):
        members = points[labels == label]
        between += len(members) * ((members.mean(axis=0) - centre) ** 2).sum()
        within += ((members - members.mean(axis=0)) ** 2).sum()
    expected = (between / 4) / (within / 295)
    assert calinski_harabasz(points, labels) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("predicted", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_undefined_scores_are_nan(predicted):
    scores = internal_scores(np.arange(8.0).reshape(4, 2), predicted)
    assert math.isnan(scores["silhouette"])
    assert math.isnan(scores["calinski_harabasz"])


def test_scores_of_single_precision_embeddings_and_named_clusters():
    points, labels = blobs(300, 4)
    names = np.array(["a", "b", "c", "d"])[labels]
    scores = internal_scores(points.astype(np.float32), names)
    assert list(scores) == ["silhouette", "calinski_harabasz", "silhouette_cells"]
    assert scores["silhouette"] == pytest.approx(silhouette_score(points, labels), abs=1e-5)
    assert scores["silhouette_cells"] == 300


def test_large_data_are_subsampled_by_seed(monkeypatch):
    points, labels = blobs(3000, 4)
    whole = internal_scores(points, labels)
    monkeypatch.setattr(internal.subsample, "__defaults__", (1000,))
    scores = [internal_scores(points, labels, seed) for seed in (0, 0, 1)]
    assert [one["silhouette_cells"] for one in scores] == [1000] * 3
    assert scores[0] == scores[1]
    assert scores[0]["silhouette"] != scores[2]["silhouette"]
    assert scores[0]["calinski_harabasz"] == whole["calinski_harabasz"]
    # the standard error of a mean of 1000 widths of spread 0.25 is 0.008
    assert scores[0]["silhouette"] == pytest.approx(whole["silhouette"], abs=0.04)


def test_subsample_draws_without_repeats():
    chosen = internal.subsample(100, seed=3, limit=40)
    assert len(np.unique(chosen)) == 40
    assert chosen.max() < 100
    assert internal.subsample(40, seed=3, limit=40).tolist() == list(range(40))
    with pytest.raises(UsageError, match="at least 2"):
        internal.subsample(100, seed=3, limit=1)


@pytest.mark.parametrize(
    ("embedding", "predicted", "words"),
    [
        ([[0.0], [math.nan]], [0, 1], "NaN"),
        ([[0.0], [math.inf]], [0, 1], "infinite"),
        ([[0.0], [1.0]], [0, 1, 1], "one row per label"),
        ([0.0, 1.0], [0, 1], "one row per label"),
    ],
)
def test_unusable_embeddings_are_refused(embedding, predicted, words):
    for score in (silhouette, calinski_harabasz):
        with pytest.raises(DataError, match=words):
            score(embedding, predicted)
