"""Figures of single embeddings, from files written by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from scinfovae.bench.records.record import Record
from scinfovae.figures.cell_types import named_classes
from scinfovae.figures.embedding import draw_record
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
    assert any(
        "seed 1: the lowest seed whose embedding is at hand, not the best" in note
        for note in page.notes
    )
    (page,) = draw("fig3", shelf, "seed=4")
    assert set(page.data["seed"].dropna()) == {4}
    assert any("seed 4: the one that was asked for" in note for note in page.notes)


def test_the_picture_of_a_run_names_its_data_and_method(shelf, cells, monkeypatch):
    embedding, labels = cells
    shelf.put("young_top2000", "pca", 3, embedding, labels)
    (folder,) = shelf.root.glob("runs/*/*/*/seed=3")
    titles = []
    monkeypatch.setattr(Figure, "suptitle", lambda _, text, **how: titles.append(text))
    monkeypatch.setattr("scinfovae.figures.embedding.two_dimensions", lambda e, seed: e[:, :2])
    draw_record(Record(folder, folder), ["kmeans"], 3)
    assert titles == ["Young (top2000), PCA\nt-SNE of the embedding, seed 3"]


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
    (told,) = [note for note in page.notes if note.startswith("KL to the prior: ")]
    assert "noise of the training and the weights of the moment" in told
    assert "without noise, with averaged weights" in told
    shown = page.data[page.data["curve"] == "ari"]
    assert shown["epoch"].tolist() == [4, 5]
    assert shown["value"].tolist() == [0.3, 0.4]
    marginals = page.data[page.data["panel"] == "latent marginals"]
    at = marginals[marginals["dimension"] == 1]
    assert np.trapezoid(at["density"], at["z"]) == pytest.approx(1, abs=0.02)


def test_training_names_its_axes_and_what_lies_outside_a_panel(draw, shelf, cells):
    embedding, labels = cells
    epochs = np.arange(100)
    history = {"pretrain.total": np.where(epochs < 3, 900.0, 70 - 0.01 * epochs)}
    history |= {"pretrain.kl": np.where(epochs < 3, 0.0, 50 + 0.01 * epochs)}
    history |= {"pretrain.active_units": np.minimum(epochs, 4.0), "fine_tune.clustering": epochs}
    history |= {"pretrain.reconstruction": 70 - 0.01 * epochs, "pretrain.divergence": epochs / 100}
    narrow = np.full(embedding.shape, 0.0)
    embedding = embedding * [1, 1, 0.01, 1]
    narrow[:, 2] = -12
    told = {"fine_tune": {"epoch": [1, 50], "ari": [0.1, 0.4], "nmi": [0.5, 0.6]}}
    config = {"method": {"name": "scinfovae", "divergence": "mmd"}}
    more = {"history": history, "log_variance": narrow, "config": config}
    shelf.put(
        "worm_neuron", "scinfovae", 0, embedding, labels, metrics={"trajectory": told}, **more
    )
    (page,) = draw("training", shelf, look=True)
    panels = {axes.get_title(): axes for axes in page.figure.findobj(_is_axes)}
    assert all(axes.get_ylabel() for title, axes in panels.items() if title[:1] != "z")
    assert panels["divergence of q(z)"].get_ylabel() == "MMD²"
    assert panels["K-means ARI (for display only)"].get_ylabel() == "ARI"
    assert panels["self-training KL"].get_ylabel() == "nats per cell"
    assert panels["active units"].get_ylim()[0] < 0
    assert panels["active units"].get_ylim()[1] > 4
    (cut,) = [note for note in page.notes if "outside" in note]
    assert cut.endswith("outside the panels loss, KL to the prior.")
    latent = [panels[f"z{i}"] for i in (1, 2, 3, 4)]
    assert [axes.get_xlabel() for axes in latent] == ["latent value"] * 4
    assert latent[0].get_ylabel() == "density"
    # a panel that cuts a peak says so, and only that
    (written,) = [text.get_text() for axes in latent for text in axes.texts]
    shown = page.data[page.data["dimension"] == 3]
    assert written == f"peak {shown['density'].max():.1f}"
    assert float(written.removeprefix("peak ")) > latent[0].get_ylim()[1]


def test_kinds_of_models_have_pages_of_their_own_and_the_consensus_its_curve(draw, shelf, cells):
    history = {"decoded_pretrain.total": [3.0, 2.0, np.nan]}
    history |= {"self_trained_pretrain.total": [5, 4, 3]}
    history |= {"self_trained_fine_tune.total": [2.0, np.nan, np.nan]}
    told = {"members": {"epoch": [50, 100], "ari": [0.3, 0.4], "nmi": [0.5, 0.6]}}
    more = {"history": history, "metrics": {"trajectory": told}}
    shelf.put("worm_neuron", "scinfovae_consensus", 0, *cells, **more)
    decoded, tuned = draw("training", shelf, "method=scinfovae_consensus", look=True)
    assert decoded.stem.endswith("_decoded")
    assert tuned.stem.endswith("_self_trained")
    loss = decoded.data[decoded.data["panel"] == "loss"]
    assert loss["value"].tolist() == [3, 2]
    loss = tuned.data[tuned.data["panel"] == "loss"]
    assert loss["epoch"].tolist() == [1, 2, 3, 4]
    for page in (decoded, tuned):
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


@pytest.fixture
def romanov(shelf):
    """Three seeds of four types, whose means stretch with the seed."""
    rng = np.random.default_rng(1)
    types = np.repeat(["ependymal", "endothelial", "oligos", "neurons"], 20)
    centres = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [0.0, 9.0]], 20, axis=0)
    config = {"dataset": {"name": "romanov"}, "method": {"name": "scinfovae"}, "seed": 0}
    config |= {"preset": {"name": "paper", "short": False}}
    labels = {"label.cell_type1": types}
    embeddings = []
    for seed in range(3):
        embeddings.append(centres * [1 + seed, 1] + 1e-3 * rng.normal(size=centres.shape))
        shelf.put("romanov", "scinfovae", seed, embeddings[-1], labels, config=config)
        shelf.put("romanov", "tsne", seed, embeddings[-1], labels)
    return shelf, embeddings


def test_fig6_shows_the_types_and_says_that_the_data_are_not_at_hand(draw, romanov):
    shelf, embeddings = romanov
    (page,) = draw("fig6", shelf, f"data.cache_dir={shelf.root}", look=True)
    told = page.data[page.data["kind"] == "distance"]
    assert set(told["space"]) == {"ScInfoVAE"}
    means = told[told["panel"] == "c"].set_index(["second", "seed"])
    for seed, embedding in enumerate(embeddings):
        spread = np.sqrt(((embedding - embedding.mean(axis=0)) ** 2).sum(axis=1).mean())
        assert means.loc[("neurons", seed), "centroid"] == pytest.approx(9 / spread, rel=1e-3)
        assert means.loc[("oligos", seed), "centroid_ratio"] == pytest.approx(5, rel=1e-3)
    assert any("PCA-50 is not shown" in note for note in page.notes)
    assert not any(str(shelf.root) in note for note in page.notes)


def test_fig6_prints_mean_and_sd_over_seeds_and_draws_every_seed(draw, romanov):
    shelf, _ = romanov
    (page,) = draw("fig6", shelf, f"data.cache_dir={shelf.root}")
    panels = {axes.get_title(): axes for axes in page.figure.findobj(_is_axes)}
    for panel, column in (("distance of the means", "centroid"), ("nearest cells", "neighbours")):
        (axes,) = [axes for title, axes in panels.items() if title.endswith(panel)]
        told = page.data[page.data[column].notna()].groupby("second", sort=False)[column]
        written = [f"{values.mean():.2f} ± {values.std():.2f}" for _, values in told]
        assert [text.get_text() for text in axes.texts] == written
        dots = np.concatenate([np.asarray(one.get_offsets())[:, 0] for one in _dots(axes)])
        np.testing.assert_allclose(np.sort(dots), np.sort(page.data[column].dropna()))
    assert any("n = 3 runs of ScInfoVAE" in note for note in page.notes)


def _is_axes(artist):
    return isinstance(artist, Axes)


def _dots(axes):
    return [one for one in axes.collections if isinstance(one, PathCollection)]


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
