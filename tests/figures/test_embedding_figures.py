"""Figures of single embeddings, from files written by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from scinfovae.figures.cell_types import named_classes
from scinfovae.figures.latent import marginal, normal_density
from scinfovae.figures.plane import principal_components

N = 90


@pytest.fixture(autouse=True)
def _no_layouts(monkeypatch):
    """Take the first two dimensions for t-SNE and UMAP, which are tested elsewhere."""
    for name in ("two_dimensions", "umap_dimensions"):
        monkeypatch.setattr(f"scinfovae.figures.plane.{name}", lambda e, seed: e[:, :2])
    monkeypatch.setattr("scinfovae.figures.one_embedding.umap_dimensions", lambda e, s: e[:, :2])


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    classes = np.repeat(["B", "NK", "T"], N // 3)
    clusters = np.where(rng.random(N) < 0.8, np.repeat([2, 0, 1], N // 3), 0)
    return rng.normal(size=(N, 4)), {"label.type": classes, "final.kmeans": clusters}


def test_confusion_and_purity_are_those_of_sklearn(draw, shelf, cells):
    embedding, labels = cells
    shelf.put("worm_neuron", "scinfovae", 0, embedding, labels)
    (page,) = draw("embedding", shelf, look=True)
    assert page.stem == "embedding_worm_neuron"
    found = page.data[page.data["panel"] == "confusion"]
    table = found.pivot(index="reference", columns="predicted", values="cells")
    codes = pd.Categorical(labels["label.type"]).codes
    expected = confusion_matrix(codes, labels["final.kmeans"])
    np.testing.assert_array_equal(table[["0", "1", "2"]].to_numpy(), expected)
    purity = page.data[page.data["panel"] == "purity"].set_index("predicted")["purity"]
    np.testing.assert_allclose(purity[["0", "1", "2"]], expected.max(axis=0) / expected.sum(axis=0))


def test_the_first_seed_is_shown_or_the_one_that_is_named(draw, shelf, cells):
    embedding, labels = cells
    for seed in (1, 4):
        shelf.put("worm_neuron", "scinfovae", seed, embedding + seed, labels)
    (page,) = draw("fig3", shelf)
    drawn = page.data[page.data["kind"] == "cell"]
    assert set(drawn["seed"]) == {1}
    assert set(drawn["column"]) == {"reference", "kmeans"}
    reference = drawn[drawn["column"] == "reference"]
    np.testing.assert_allclose(reference[["x", "y"]], embedding[:, :2] + 1, rtol=1e-6)
    assert (reference["label"] == labels["label.type"]).all()
    (page,) = draw("fig3", shelf, "seed=4")
    assert set(page.data["seed"].dropna()) == {4}


def test_the_picture_of_a_run_is_taken_over(draw, shelf, cells):
    embedding, labels = cells
    shelf.put("worm_neuron", "scinfovae", 0, embedding, labels)
    (folder,) = shelf.root.glob("runs/*/*/*/seed=0")
    names = [f"c{i}" for i in range(N)]
    drawn = pd.DataFrame({"cell_id": names, "x": np.arange(N), "y": -np.arange(N)})
    drawn.to_csv(folder / "embedding_plot.csv", index=False)
    (page,) = draw("fig3", shelf)
    shown = page.data[(page.data["column"] == "kmeans") & (page.data["kind"] == "cell")]
    assert shown["x"].tolist() == list(range(N))


def test_training_holds_every_curve_with_epochs_counted_on(draw, shelf, cells):
    embedding, labels = cells
    history = {"pretrain.total": [3.0, 2.0, 1.0], "fine_tune.total": [0.9, 0.8]}
    history |= {"pretrain.kl": [1.0, np.nan, 2.0], "pretrain.note": ["a", "b", "c"]}
    log_variance = np.full(embedding.shape, -1.0)
    curve = {"epoch": [1, 2], "ari": [0.3, 0.4], "nmi": [0.5, 0.6]}
    more = {"history": history, "log_variance": log_variance}
    more["metrics"] = {"trajectory": {"fine_tune": curve}}
    shelf.put("worm_neuron", "scinfovae", 0, embedding, labels, **more)
    (page,) = draw("training", shelf)
    loss = page.data[page.data["panel"] == "loss"]
    assert loss["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert loss["value"].tolist() == [3.0, 2.0, 1.0, 0.9, 0.8]
    assert page.data[page.data["curve"] == "kl"]["epoch"].tolist() == [1, 3]
    shown = page.data[page.data["curve"] == "ari"]
    assert shown["epoch"].tolist() == [4, 5]
    assert shown["value"].tolist() == [0.3, 0.4]
    marginals = page.data[page.data["panel"] == "latent marginals"]
    at = marginals[marginals["dimension"] == 1]
    assert np.trapezoid(at["density"], at["z"]) == pytest.approx(1, abs=0.02)


def test_kinds_of_models_have_pages_of_their_own_and_the_consensus_its_curve(draw, shelf, cells):
    history = {"directions_pretrain.total": [3.0, 2.0, np.nan], "centres_pretrain.total": [5, 4, 3]}
    history |= {"centres_fine_tune.total": [2.0, np.nan, np.nan]}
    told = {"members": {"epoch": [50, 100], "ari": [0.3, 0.4], "nmi": [0.5, 0.6]}}
    more = {"history": history, "metrics": {"trajectory": told}}
    shelf.put("worm_neuron", "scinfovae_consensus", 0, *cells, **more)
    directions, centres = draw("training", shelf, "method=scinfovae_consensus", look=True)
    assert [page.stem.rpartition("_")[2] for page in (directions, centres)] == [
        "directions",
        "centres",
    ]
    loss = directions.data[directions.data["panel"] == "loss"]
    assert loss["value"].tolist() == [3, 2]
    loss = centres.data[centres.data["panel"] == "loss"]
    assert loss["epoch"].tolist() == [1, 2, 3, 4]
    for page in (directions, centres):
        shown = page.data[page.data["curve"] == "consensus_ari"]
        assert shown["epoch"].tolist() == [50, 100]
        assert not any("not recorded" in note for note in page.notes)


def test_marginals_are_mixtures_of_the_posteriors(shelf, cells):
    embedding, labels = cells
    log_variance = np.zeros(embedding.shape)
    shelf.put("worm_neuron", "scinfovae", 0, 0 * embedding, labels, log_variance=log_variance)
    from scinfovae.bench.records.frame import frame_of
    from scinfovae.figures.material import Material
    from scinfovae.figures.words import read_words

    (stored,) = Material(frame_of(shelf.rows), shelf.root, read_words([])).stored()
    at = np.linspace(-3, 3, 31)
    np.testing.assert_allclose(marginal(stored, 0, at), normal_density(at), rtol=1e-6)


def test_a_method_without_curves_is_told(draw, shelf, cells):
    shelf.put("worm_neuron", "pca", 0, *cells)
    (page,) = draw("training", shelf, "method=pca")
    assert page.reason == "no curves were recorded: worm_neuron × pca"


def test_fig6_shows_the_types_and_says_that_the_data_are_not_at_hand(draw, shelf):
    rng = np.random.default_rng(1)
    kinds = ["ependymal", "endothelial", "oligos", "neurons"]
    types = np.repeat(kinds, 20)
    centres = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [0.0, 9.0]], 20, axis=0)
    embedding = centres + 1e-3 * rng.normal(size=centres.shape)
    config = {"dataset": {"name": "romanov"}, "method": {"name": "scinfovae"}, "seed": 0}
    config |= {"preset": {"name": "paper", "short": False}}
    labels = {"label.cell_type1": types}
    shelf.put("romanov", "scinfovae", 0, embedding, labels, config=config)
    shelf.put("romanov", "tsne", 0, embedding, labels)
    (page,) = draw("fig6", shelf, f"data.cache_dir={shelf.root}")
    told = page.data[page.data["kind"] == "distance"].set_index("second")
    assert set(told["space"]) == {"ScInfoVAE"}
    spread = np.sqrt(((embedding - embedding.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert told.loc["neurons", "centroid"] == pytest.approx(9 / spread, rel=1e-3)
    assert told.loc["oligos", "centroid_ratio"] == pytest.approx(5, rel=1e-3)
    assert any("PCA-50 is not shown" in note for note in page.notes)
    assert not any(str(shelf.root) in note for note in page.notes)


def test_named_types_are_found_by_the_beginning_of_their_names():
    found = named_classes(np.array(["Ependymal", "vsm", "Endothelial 1", "neurons", "oligos"]))
    assert found["anchor"] == "Ependymal"
    assert found["near"] in ("vsm", "Endothelial 1")
    assert set(found) == {"anchor", "near", "oligos", "neurons"}


def test_principal_components_are_those_of_the_covariance():
    points = np.random.default_rng(0).normal(size=(50, 3)) * [3, 2, 1]
    found, share = principal_components(points)
    values = np.sort(np.linalg.eigvalsh(np.cov(points.T)))[::-1]
    np.testing.assert_allclose(share, values[:2] / values.sum())
    np.testing.assert_allclose(np.var(found, axis=0, ddof=1), values[:2])
