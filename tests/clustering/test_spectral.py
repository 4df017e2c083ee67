"""Spectral clustering against scikit-learn's, whose definition it follows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import SpectralClustering
from sklearn.datasets import load_digits, make_moons
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import kneighbors_graph

from scinfovae.clustering import cluster
from scinfovae.clustering.spectral import SpectralConfig, affinity_graph
from scinfovae.errors import UsageError


def blobs(n_cells: int, n_clusters: int, spread: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(n_clusters, 10)) * spread
    return centres[rng.integers(0, n_clusters, n_cells)] + rng.normal(size=(n_cells, 10))


def digits() -> np.ndarray:
    return PCA(10, random_state=0).fit_transform(load_digits().data)


EMBEDDINGS = {
    "blobs": (blobs(1500, 8, 2.0), 8),
    "small": (blobs(200, 4, 2.0), 4),
    "moons": (make_moons(800, noise=0.06, random_state=0)[0], 2),
    "digits": (digits(), 10),
    "five thousand": (blobs(5000, 5, 1.5), 5),
}


@pytest.mark.filterwarnings("ignore:Graph is not fully connected")
@pytest.mark.parametrize("name", EMBEDDINGS)
def test_labels_agree_with_scikit_learn(name):
    points, n_clusters = EMBEDDINGS[name]
    peer = SpectralClustering(n_clusters, affinity="nearest_neighbors", random_state=0)
    found = cluster("spectral", points, n_clusters, seed=0)
    # the eigenvectors are the same, the random starts of K-means are not
    assert adjusted_rand_score(peer.fit_predict(points), found.labels) >= 0.998


@pytest.mark.parametrize(("name", "gamma"), [("small", 0.05), ("moons", 20.0)])
def test_labels_agree_with_scikit_learn_on_an_rbf_affinity(name, gamma):
    points, n_clusters = EMBEDDINGS[name]
    peer = SpectralClustering(n_clusters, affinity="rbf", gamma=gamma, random_state=0)
    params = {"affinity": "rbf", "gamma": gamma}
    found = cluster("spectral", points, n_clusters, seed=0, params=params)
    assert adjusted_rand_score(peer.fit_predict(points), found.labels) >= 0.998


def test_the_affinity_is_that_of_scikit_learn_without_its_self_loops():
    points = blobs(300, 3, 1.0)
    directed = kneighbors_graph(points, 10, include_self=True).toarray()
    expected = 0.5 * (directed + directed.T)
    np.fill_diagonal(expected, 0.0)
    graph, searched = affinity_graph(points, SpectralConfig(), seed=0)
    assert (graph.toarray() == expected).all()
    assert searched == {"neighbours": "exact"}


def test_moons_are_told_apart():
    points, labels = make_moons(800, noise=0.06, random_state=0)
    found = cluster("spectral", points, 2, seed=0)
    assert adjusted_rand_score(labels, found.labels) == 1.0
    assert adjusted_rand_score(labels, cluster("kmeans", points, 2, seed=0).labels) < 0.6


@pytest.mark.parametrize("n_clusters", [2, 4, 6])
def test_components_are_counted_and_never_torn_while_clusters_last(n_clusters):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 200)
    points = labels[:, None] * 100.0 + rng.normal(size=(800, 2))
    found = cluster("spectral", points, n_clusters, seed=0)
    assert found.info["components"] == 4
    assert found.info["eigenvalues"][: min(n_clusters, 4)] == [0.0] * min(n_clusters, 4)
    pairs = set(zip(labels.tolist(), found.labels.tolist(), strict=True))
    assert len(pairs) == max(n_clusters, 4)


def test_an_rbf_affinity_is_refused_where_it_would_fill_the_memory():
    with pytest.raises(UsageError, match="refused above 10000 cells, here are 10001"):
        cluster("spectral", np.arange(10001.0)[:, None], 2, seed=0, params={"affinity": "rbf"})
