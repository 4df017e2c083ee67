"""What all clusterers promise: right on plain data, repeatable, clear about bad input."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import ward as ward_linkage
from sklearn.metrics import adjusted_rand_score

from scinfovae.clustering import CLUSTERERS, cluster, clusterer_config, kmeans_centres
from scinfovae.errors import DataError, ScInfoVAEError, ScInfoVAEWarning, UsageError

NEED_K = [name for name, config in CLUSTERERS.items() if config.needs_k]


def blobs(n_cells: int = 360, spread: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Six clusters at the ends of the three axes, in three dimensions."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 6, n_cells)
    centres = np.vstack([np.eye(3), -np.eye(3)]) * 2
    return centres[labels] + spread * rng.normal(size=(n_cells, 3)), labels


@pytest.mark.parametrize("name", CLUSTERERS)
def test_plain_clusters_are_found(name):
    points, labels = blobs(spread=0.2)
    params = {"resolution": 0.3} if name == "leiden" else {}
    found = cluster(name, points, 6, seed=0, params=params)
    assert adjusted_rand_score(labels, found.labels) == 1.0
    assert found.labels.dtype == np.int32
    assert sorted(set(found.labels.tolist())) == list(range(6))
    assert found.info["clusters"] == 6
    assert json.loads(json.dumps(found.info, allow_nan=False)) == found.info


@pytest.mark.parametrize("name", CLUSTERERS)
def test_the_same_seed_gives_the_same_bytes(name):
    points, _ = blobs(spread=1.2)
    first, again = (cluster(name, points, 6, seed=3) for _ in range(2))
    assert first.labels.tobytes() == again.labels.tobytes()
    assert first.info == again.info


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    script = (
        "import hashlib, numpy as np\n"
        "from scinfovae.clustering import CLUSTERERS, cluster\n"
        "points = np.random.default_rng(0).normal(size=(600, 3))\n"
        "for name in CLUSTERERS:\n"
        "    print(name, hashlib.sha256(cluster(name, points, 4, 1).labels.tobytes()).hexdigest())"
    )
    first, again = (
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    )
    assert first == again
    assert len(first.splitlines()) == len(CLUSTERERS)


def test_another_seed_starts_elsewhere():
    points, _ = blobs(spread=2.0)
    labelings = {
        cluster("kmeans", points, 12, seed, {"n_init": 1}).labels.tobytes() for seed in (0, 1)
    }
    assert len(labelings) == 2


def test_importing_the_package_leaves_heavy_libraries_alone():
    script = (
        "import sys, scinfovae.clustering, scinfovae.metrics\n"
        "heavy = {'sklearn', 'igraph', 'leidenalg', 'torch', 'pandas', 'scipy.sparse'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NEED_K)
def test_an_embedding_with_too_few_distinct_points_warns(name):
    points = np.repeat([[0.0, 1.0], [2.0, 3.0]], 30, axis=0)
    with pytest.warns(ScInfoVAEWarning, match="only 2 distinct points"):
        found = cluster(name, points, 3, seed=0)
    assert adjusted_rand_score(np.repeat([0, 1], 30), found.labels) == 1.0
    assert found.info == {"clusters": 2, "distinct_points": 2}


@pytest.mark.parametrize("name", CLUSTERERS)
def test_repeated_points_do_no_harm(name):
    rng = np.random.default_rng(0)
    points = np.repeat(rng.normal(size=(8, 2)), 40, axis=0)
    found = cluster(name, points, 4, seed=0)
    # cells that are equal share their cluster
    assert (
        len(set(zip(np.repeat(np.arange(8), 40).tolist(), found.labels.tolist(), strict=True))) == 8
    )


def test_leiden_takes_a_constant_embedding():
    assert set(cluster("leiden", np.ones((40, 2)), 0, seed=0).labels.tolist()) == {0}


@pytest.mark.parametrize("name", CLUSTERERS)
@pytest.mark.parametrize("n_cells", [2, 3, 17])
def test_few_cells(name, n_cells):
    points = np.random.default_rng(0).normal(size=(n_cells, 2))
    found = cluster(name, points, 2, seed=0)
    assert found.labels.shape == (n_cells,)
    if name in NEED_K:
        assert set(found.labels.tolist()) == {0, 1}


@pytest.mark.parametrize("name", NEED_K)
def test_as_many_clusters_as_cells(name):
    points = np.random.default_rng(0).normal(size=(20, 2))
    assert sorted(cluster(name, points, 20, seed=0).labels.tolist()) == list(range(20))


@pytest.mark.parametrize("name", ["spectral", "rsc"])
def test_almost_as_many_clusters_as_cells_where_lanczos_has_no_room(name):
    points = np.random.default_rng(0).normal(size=(400, 3))
    assert cluster(name, points, 399, seed=0, params={"n_init": 1}).labels.max() == 398


@pytest.mark.parametrize("name", NEED_K)
@pytest.mark.parametrize("n_clusters", [-1, 0, 1, 21])
def test_impossible_numbers_of_clusters_are_refused(name, n_clusters):
    points = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(UsageError, match=rf"n_clusters={n_clusters} .*between 2 and 20"):
        cluster(name, points, n_clusters, seed=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200])
def test_unusable_embeddings_are_refused(value):
    points, _ = blobs()
    points[[4, 9], 1] = value
    for use in (lambda: cluster("kmeans", points, 3, 0), lambda: kmeans_centres(points, 3, 0)):
        with pytest.raises(DataError, match="2 of 360 cells have NaN"):
            use()


@pytest.mark.parametrize("shape", [(5,), (5, 0), (2, 2, 2)])
def test_an_embedding_must_be_a_matrix(shape):
    with pytest.raises(DataError, match="matrix"):
        cluster("kmeans", np.zeros(shape), 2, 0)


def test_one_cell_cannot_be_clustered():
    with pytest.raises(DataError, match="1 cells"):
        cluster("leiden", np.zeros((1, 2)), 2, 0)


def test_unknown_names_get_a_suggestion():
    with pytest.raises(UsageError, match=r"no clusterer 'kmean'.*Did you mean 'kmeans'"):
        cluster("kmean", np.eye(3), 2, 0)
    with pytest.raises(UsageError, match=r"no setting 'n_neighbours'.*Did you mean 'n_neighbors'"):
        cluster("spectral", np.eye(3), 2, 0, {"n_neighbours": 3})


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("kmeans", {"n_init": 0}, "n_init=0"),
        ("kmeans", {"max_iter": 0}, "max_iter=0"),
        ("spectral", {"affinity": "cosine"}, "affinity='cosine'.*nearest_neighbors, rbf"),
        ("spectral", {"gamma": 0.0}, "gamma=0.0"),
        ("spectral", {"n_neighbors": 1}, "n_neighbors=1"),
        ("rsc", {"theta": -1}, "theta=-1"),
        ("rsc", {"min_share": 0.0}, "min_share=0.0"),
        ("rsc", {"min_share": 1.5}, "min_share=1.5"),
        ("rsc", {"laplacian": "random"}, "laplacian='random'.*rw, sym, unnormalized"),
        ("rsc", {"max_rounds": -1}, "max_rounds=-1"),
        ("leiden", {"resolution": 0.0}, "resolution=0.0"),
        ("leiden", {"n_iterations": 0}, "n_iterations=0"),
        ("gmm", {"covariance": "round"}, "covariance='round'"),
        ("gmm", {"ridge": 0.0}, "ridge=0.0"),
        ("ward", {"exact_up_to": -1}, "exact_up_to=-1"),
    ],
)
def test_impossible_settings_are_refused(name, params, words):
    with pytest.raises(UsageError, match=words):
        clusterer_config(name, params)


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageError, match="seed=-1"):
        cluster("kmeans", np.eye(3), 2, -1)


def test_the_inertia_is_the_sum_of_squares_within():
    points, _ = blobs(spread=1.0)
    found = cluster("kmeans", points, 5, seed=0)
    within = sum(
        np.square(points[found.labels == k] - points[found.labels == k].mean(axis=0)).sum()
        for k in range(5)
    )
    assert found.info["inertia"] == pytest.approx(within, rel=1e-10)


def test_more_starts_never_fit_worse():
    points, _ = blobs(spread=1.0)
    few, many = (
        np.mean([cluster("kmeans", points, 12, s, {"n_init": n}).info["inertia"] for s in range(5)])
        for n in (1, 20)
    )
    assert many < few


def test_centres_are_the_means_of_the_clusters():
    points, labels = blobs(spread=0.2)
    expected = np.stack([points[labels == k].mean(axis=0) for k in range(6)])
    centres = kmeans_centres(points.astype(np.float32), 6, seed=0)
    assert centres.shape == (6, 3)
    distances = np.linalg.norm(centres[:, None] - expected, axis=2)
    assert distances.min(axis=0).max() < 1e-5
    assert (kmeans_centres(points, 6, seed=0) == kmeans_centres(points, 6, seed=0)).all()


def test_centres_of_a_collapsed_embedding():
    assert (kmeans_centres(np.ones((30, 2)), 4, seed=0) == 1.0).all()


def test_leiden_ignores_the_number_of_clusters_and_follows_the_resolution():
    points, _ = blobs(spread=0.6)
    first, same = (cluster("leiden", points, k, seed=0) for k in (0, 99))
    assert (first.labels == same.labels).all()
    finer = cluster("leiden", points, 0, seed=0, params={"resolution": 4.0})
    assert finer.info["clusters"] > first.info["clusters"]


def test_the_modularity_of_leiden_follows_newmans_formula():
    from scinfovae.clustering.knn import union_graph
    from scinfovae.clustering.neighbours import nearest_neighbours

    points, _ = blobs(n_cells=200, spread=0.6)
    found = cluster("leiden", points, 0, seed=0)
    graph = union_graph(nearest_neighbours(points, 15)).toarray()
    degrees, total = graph.sum(axis=1), graph.sum()
    same = found.labels[:, None] == found.labels
    expected = ((graph - np.outer(degrees, degrees) / total) * same).sum() / total
    # igraph leaves self-pairs out of neither term
    assert found.info["modularity"] == pytest.approx(expected, abs=1e-9)


def test_ward_is_the_linkage_of_scipy():
    points, _ = blobs(spread=1.0)
    expected = fcluster(ward_linkage(points), 7, criterion="maxclust")
    found = cluster("ward", points, 7, seed=0)
    assert adjusted_rand_score(expected, found.labels) == 1.0
    assert found.info == {"clusters": 7, "exact": True}


def test_ward_joins_the_components_of_its_graph():
    points, labels = blobs(spread=0.05)
    for n_clusters, expected in ((6, labels), (2, None)):
        found = cluster("ward", points, n_clusters, 0, {"exact_up_to": 0, "n_neighbors": 5})
        assert found.info["components"] >= 6
        assert found.info["clusters"] == n_clusters == len(set(found.labels.tolist()))
        if expected is not None:
            assert adjusted_rand_score(expected, found.labels) == 1.0


def test_the_mixture_does_not_depend_on_the_scale_of_the_embedding():
    points, _ = blobs(spread=0.8)
    small, large = (cluster("gmm", points * scale, 6, seed=0).labels for scale in (1e-6, 1e6))
    assert adjusted_rand_score(small, large) == 1.0


def test_the_mixture_sees_what_kmeans_cannot():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 300)
    # a tight cluster beside a wide one, which K-means cuts halfway between the centres
    points = rng.normal(size=(600, 2)) * np.where(labels, 3.0, 0.3)[:, None]
    points[labels == 1, 0] += 6.0
    mixture, means = (cluster(name, points, 2, seed=0).labels for name in ("gmm", "kmeans"))
    assert adjusted_rand_score(labels, mixture) > 0.95
    assert adjusted_rand_score(labels, means) < 0.75


def test_a_singular_mixture_names_the_remedy():
    points = np.outer(np.arange(50.0), [1.0, 1.0])
    with pytest.raises(ScInfoVAEError, match="larger ridge"):
        cluster("gmm", points, 2, seed=0, params={"ridge": 1e-300})
