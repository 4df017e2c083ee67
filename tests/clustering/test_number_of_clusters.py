"""Numbers of clusters: where everybody would agree, and against scikit-learn's scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_score

from scinfovae.clustering import cluster, number_of_clusters
from scinfovae.clustering.number_of_clusters import CRITERIA, MOST_CELLS, estimate_n_clusters
from scinfovae.errors import UsageError


def blobs(n_clusters, n_cells=400):
    angles = 2 * np.pi * np.arange(n_clusters) / n_clusters
    centres = 10 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return make_blobs(n_cells, centers=centres, cluster_std=0.6, random_state=0)[0]


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("n_clusters", [3, 7])
def test_well_separated_clusters_are_counted(criterion, n_clusters):
    found, curve = estimate_n_clusters(blobs(n_clusters), criterion, seed=0)
    assert found == n_clusters
    assert list(curve) == list(range(2, 31))


def test_the_silhouette_is_scikit_learns():
    points = blobs(4, 200)
    _, curve = estimate_n_clusters(points, "silhouette", seed=0)
    labels = KMeans(4, n_init=5, random_state=0).fit(points).labels_
    assert curve[4] == pytest.approx(silhouette_score(points, labels))


@pytest.mark.parametrize("seed", range(4))
def test_a_cell_far_away_from_all_others_need_not_be_looked_at(seed):
    points = np.random.default_rng(0).normal(size=(4000, 2))
    points[0] += 1000
    _, curve = estimate_n_clusters(points, "silhouette", seed=seed)
    # K = 2 cuts it off; where the sample leaves it out, one cluster is left, which says nothing
    assert curve[2] == -1 or curve[2] > 0.99


def test_many_cells_are_thinned_and_the_seed_decides(monkeypatch):
    points = blobs(5, 3 * MOST_CELLS)
    seen, partition = [], number_of_clusters._partition

    def spy(cells, *rest, **more):
        seen.append(len(cells))
        return partition(cells, *rest, **more)

    monkeypatch.setattr(number_of_clusters, "_partition", spy)
    one, same, other = (estimate_n_clusters(points, "consensus", seed=s) for s in (1, 1, 2))
    assert set(seen) == {MOST_CELLS}
    assert one == same
    assert one[0] == other[0] == 5
    assert one[1] != other[1]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_handful_of_cells_has_few_candidates(criterion):
    points = np.array([[0.0], [0.1], [5.0], [5.1], [9.0], [9.1]])
    _, curve = estimate_n_clusters(points, criterion, seed=0)
    assert list(curve) == [2, 3, 4]


def test_three_cells_have_two_clusters_for_want_of_a_choice():
    assert estimate_n_clusters(np.array([[0.0], [1.0], [5.0]]), "silhouette", seed=0) == (2, {})


def test_unknown_criteria_are_refused():
    with pytest.raises(UsageError, match="criterion='gap' is unknown"):
        estimate_n_clusters(np.zeros((9, 1)), "gap", seed=0)


def test_k_means_takes_an_estimated_number_and_shows_why():
    points = blobs(6)
    found = cluster("kmeans_silhouette", points, 2, seed=0)
    assert found.info["clusters"] == 6
    curve = found.info["criterion"]
    assert max(curve, key=curve.get) == "6"
    assert cluster("kmeans", points, 2, seed=0).info["clusters"] == 2
