"""Baselines against the packages they stand for, called directly, and against known clusters."""

from __future__ import annotations

import random
import warnings
from functools import partial
from itertools import combinations

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
from sklearn.decomposition import NMF
from sklearn.manifold import TSNE

from scinfovae.data.preprocessing import pca_space
from scinfovae.errors import UsageError
from scinfovae.methods._resolution import search_resolution
from scinfovae.metrics import adjusted_rand_index
from scinfovae.seeds import derive_seed


def test_the_cells_of_these_tests_are_neither_easy_nor_hopeless(cells, fit):
    (result,) = fit("pca", cells)
    found = [cells.kmeans_ari(result.stages["final"], seed) for seed in range(4)]
    assert 0.8 < np.mean(found) < 0.95


@pytest.mark.parametrize(
    ("name", "least"),
    [pytest.param("tsne", 0.7, marks=pytest.mark.slow), ("nmf", 0.7), ("genes", 0.7)],
)
def test_kmeans_on_a_baseline_finds_the_clusters(name, least, cells, fit):
    words = {"max_iter": 500} if name == "tsne" else {}
    (result,) = fit(name, cells, **words)
    assert cells.kmeans_ari(result.stages["final"]) > least


@pytest.mark.slow
def test_kmeans_on_umap_finds_the_clusters_of_umap_itself(cells, fit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)
        from umap import UMAP

    (result,) = fit("pca_umap", cells)
    seed = derive_seed(0, "pca_umap")
    expected = UMAP(random_state=seed, n_jobs=1).fit_transform(pca_space(cells.prepared))
    np.testing.assert_array_equal(result.stages["final"], expected)
    assert cells.kmeans_ari(expected) > 0.7


def test_tsne_is_that_of_scikit_learn(tiny, fit):
    (result,) = fit("tsne", tiny, perplexity=10, max_iter=250)
    layout = TSNE(
        perplexity=10, init="random", max_iter=250, random_state=derive_seed(0, "tsne")
    ).fit_transform(pca_space(tiny.prepared))
    np.testing.assert_array_equal(result.stages["final"], layout)
    assert result.diagnostics["final"]["perplexity"] == 10


def test_tsne_of_few_cells_has_a_smaller_perplexity(tiny, fit):
    (result,) = fit("tsne", tiny, max_iter=250)
    assert result.diagnostics["final"]["perplexity"] == pytest.approx(59 / 3)


def test_nmf_factorises_the_values_before_scaling(tiny, fit):
    (result,) = fit("nmf", tiny)
    values = tiny.prepared.normalized()
    assert values.min() == 0
    model = NMF(3, init="nndsvda", max_iter=500, random_state=0)
    np.testing.assert_array_equal(result.stages["final"], model.fit_transform(values))
    told = result.diagnostics["final"]
    assert told["converged"] is True
    assert told["reconstruction_error"] == pytest.approx(model.reconstruction_err_)
    (stopped,) = fit("nmf", tiny, max_iter=2)
    assert stopped.diagnostics["final"]["converged"] is False


def modularity_of(adata, labels):
    """Modularity of an unweighted graph by its definition."""
    links = (adata.obsp["connectivities"] > 0).astype(float)
    degrees, total = np.asarray(links.sum(axis=1)).ravel(), links.sum()
    within = sum(links[labels == k][:, labels == k].sum() for k in np.unique(labels))
    expected = sum(degrees[labels == k].sum() ** 2 for k in np.unique(labels)) / total
    return (within - expected) / total


@pytest.fixture(scope="module")
def graph(cells):
    """The neighbour graph as scanpy makes it from the scaled genes by its own PCA."""
    adata = ad.AnnData(cells.prepared.scaled)
    sc.pp.pca(adata, n_comps=40, svd_solver="full")
    sc.pp.neighbors(adata, n_neighbors=10, n_pcs=40)
    return adata


def test_leiden_is_that_of_scanpy(cells, fit, graph):
    (result,) = fit("scanpy_leiden", cells)
    components = pca_space(cells.prepared, 40).astype(np.float32)
    np.testing.assert_allclose(np.abs(components), np.abs(graph.obsm["X_pca"]), atol=0.01)
    # from the same components: a last digit can lead Leiden elsewhere
    own = ad.AnnData(components)
    sc.pp.neighbors(own, n_neighbors=10, use_rep="X")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        seed = derive_seed(0, "scanpy/communities") % 2**31
        sc.tl.leiden(own, resolution=1, random_state=seed, flavor="leidenalg")
    assert adjusted_rand_index(own.obs["leiden"].to_numpy().astype(str), result.own_labels) == 1
    assert result.stages == {}


def test_louvain_is_that_of_scanpy_up_to_the_seed_scanpy_does_not_take(cells, fit, graph):
    ours = [one.own_labels for one in fit("scanpy_louvain", cells, seeds=range(16))]
    theirs = [louvain_of_scanpy(graph, seed) for seed in range(16)]
    between = [adjusted_rand_index(a, b) for a in ours for b in theirs]
    among = [adjusted_rand_index(a, b) for own in (ours, theirs) for a, b in combinations(own, 2)]
    assert np.mean(between) == pytest.approx(np.mean(among), abs=0.1)
    modularity = partial(modularity_of, graph)
    means = [np.mean([modularity(one) for one in own]) for own in (ours, theirs)]
    assert means[0] == pytest.approx(means[1], abs=0.01)


def louvain_of_scanpy(graph, seed):
    """Cluster with scanpy, whose igraph draws from Python's own generator."""
    random.seed(seed)
    sc.tl.louvain(graph, flavor="igraph")
    return graph.obs["louvain"].to_numpy().astype(str)


@pytest.mark.parametrize("name", ["scanpy_leiden", "scanpy_louvain"])
def test_the_resolution_is_searched_until_there_are_k_communities(name, cells, fit):
    (fine,) = fit(name, cells, resolution=3)
    (searched,) = fit(name, cells, search_resolution="true")
    assert len(np.unique(fine.own_labels)) > 4
    assert len(np.unique(searched.own_labels)) == 4
    assert searched.diagnostics["final"]["resolution"] < 3
    assert cells.ari(searched.own_labels) > 0.6


def test_the_search_bisects_and_ends_beside_a_number_that_does_not_exist():
    tried = []

    def detect(resolution):
        tried.append(resolution)
        return np.arange(40) % max(1, round(2 * resolution) * 2)  # even numbers only

    found = search_resolution(detect, 10)
    assert found.n_communities == 10
    assert tried[:3] == [1.0, 2.0, 4.0]
    assert tried[3] == pytest.approx(8**0.5)
    tried.clear()
    beside = search_resolution(detect, 5)
    assert beside.n_communities in (4, 6)
    assert len(tried) == beside.tried == 30


@pytest.mark.parametrize(
    ("name", "word", "told"),
    [
        ("tsne", "perplexity=1", "perplexity=1.0 must be above 1"),
        ("tsne", "init=spectral", "Did you mean|choose random or pca"),
        ("tsne", "max_iter=10", "at least 250"),
        ("nmf", "n_components=0", "n_components=0 must be at least 1, or null"),
        ("nmf", "max_iter=0", "max_iter=0 must be at least 1"),
        ("nmf", "tolerance=-1", "tolerance=-1.0 must be at least 0"),
        ("pca_umap", "n_neighbors=1", "n_neighbors=1 must be at least 2"),
        ("pca_umap", "min_dist=2", "min_dist=2.0 must lie from 0 to 1"),
        ("pca_umap", "n_epochs=0", "n_epochs=0 must be at least 1"),
        ("scanpy_leiden", "resolution=0", "resolution=0.0 must be a finite number above 0"),
        ("scanpy_louvain", "n_neighbors=1", "n_neighbors=1 must be at least 2"),
        ("random_embedding", "n_dimensions=0", "n_dimensions=0 must be at least 1"),
        ("scvi", "latent_dim=0", "latent_dim=0 must be at least 1"),
        ("scvi", "dropout=1", "dropout=1.0 must lie from 0"),
        ("scvi", "max_epochs=0", "max_epochs=0 must be at least 1"),
        ("scvi", "likelihood=mse", "must be one of zinb, nb, poisson"),
    ],
)
def test_choices_that_cannot_be_meant(name, word, told, tiny, fit):
    with pytest.raises(UsageError, match=told):
        fit(name, tiny, f"method.{word}")
