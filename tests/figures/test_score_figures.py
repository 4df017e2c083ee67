"""Bars, ranks, coefficients and seconds against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scinfovae.tables.published import read

WORM = {"scinfovae": (0.6, 0.8), "pca": (0.4, 0.5), "dca": (0.7, 0.72)}


@pytest.fixture
def filled(bench):
    """Run three methods, a control and a short one, on a full dataset and on a variant."""
    for method, values in WORM.items():
        for seed, ari in enumerate(values):
            scores = {"kmeans": {"ari": ari, "nmi": 0.5, "silhouette": 0.2 + 0.1 * seed}}
            scores["rsc"] = {"ari": ari - 0.05, "nmi": 0.4, "silhouette": 0.1}
            scores["kmeans"]["calinski_harabasz"] = 100.0 * (seed + 1)
            bench.run("worm_neuron", method, seed, scores, seconds_fit=2.0 + seed)
            bench.run("young_top2000", method, seed, scores, seconds_fit=4.0)
    for seed in (0, 1):
        bench.run("worm_neuron", "random_labels", seed, {"own": 0.0})
        quick = {"preset": "quick", "short": True, "variant": "epochs=40"}
        bench.run("worm_neuron", "scvae", seed, {"own": 0.99}, **quick)
    bench.run("worm_neuron", "nmf", 0, {"kmeans": 0.3})
    bench.run("worm_neuron", "nmf", 1, status="oom", message="no")
    return bench


def of(page, **wanted):
    rows = page.data
    for key, value in wanted.items():
        rows = rows[rows[key] == value]
    return rows


def test_fig2_holds_means_seeds_and_ranks(draw, filled):
    (page,) = draw("fig2", filled, look=True)
    ours = of(page, dataset="worm_neuron", kind="measured")
    km = ours[ours["label"] == "ScInfoVAE (KM)"].iloc[0]
    assert (km["mean"], km["sd"]) == pytest.approx((0.7, np.std([0.6, 0.8], ddof=1)))
    assert km["values"] == "0.6;0.8"
    # DCA .71 > ScInfoVAE KM .70 > RSC .65 > PCA .45; NMF lacks a run, others stand apart
    assert (km["rank"], km["n_ranked"]) == (2, 4)
    by_label = ours.set_index("label")
    assert by_label.loc["ScInfoVAE (RSC)", "rank"] == 3
    assert np.isnan(by_label.loc["NMF (KM)", "rank"])
    assert np.isnan(by_label.loc["Random labels", "rank"])
    assert len(of(page, kind="not run")) == 13
    assert ours["label"].iloc[0] == "ScInfoVAE (KM)"


def test_published_values_are_those_of_the_repository(draw, filled):
    (page,) = draw("supp3", filled)
    runs = read("runs")
    own = runs[(runs["harness"] == "graph-sc") & (runs["dataset"] == "worm_neuron")]
    printed = own[(own["method"] == "SOUP") | (own["method"] == "soup")]["nmi"].mean()
    shown = of(page, dataset_base="worm_neuron", method="soup", kind="published").iloc[0]
    assert shown["mean"] == pytest.approx(printed)
    assert shown["same_data"]
    young = of(page, dataset_base="young", method="soup", kind="published").iloc[0]
    assert not young["same_data"]


def test_words_choose_panels_and_clusterers(draw, filled):
    (page,) = draw("fig2", filled, "dataset=young_top2000,muraro", "clusterer=rsc")
    assert list(dict.fromkeys(page.data["dataset_base"])) == ["young", "muraro"]
    assert set(of(page, kind="measured")["clusterer"]) == {"rsc"}
    assert set(of(page, kind="not run")["dataset_base"]) == {"muraro"}


def test_own_embeddings_are_said_to_have_no_common_scale(draw, filled):
    (page,) = draw("supp5", filled)
    assert any("no common scale" in note for note in page.notes)
    row = of(page, dataset="worm_neuron", label="PCA (KM)", kind="measured").iloc[0]
    assert row["mean"] == 150


@pytest.mark.parametrize("name", ["supp4", "supp5"])
def test_what_has_no_common_scale_is_not_ranked(draw, filled, name):
    (page,) = draw(name, filled)
    assert page.data["rank"].isna().all()
    assert not any(word.startswith("#") for word in [*words_of(page), *page.notes])
    # in one space for all methods, and of labels, there are ranks
    assert any(note.startswith("#2: rank") for note in draw("fig2", filled)[0].notes)
    assert "#2" in words_of(draw("fig2", filled)[0])


@pytest.mark.parametrize("name", ["fig2", "stability"])
def test_long_variants_are_cut_and_their_clusterers_are_not(draw, bench, name):
    variants = ("fine_tune.update_interval=1", "fine_tune.update_interval=5", "latent_dim=2")
    for variant in variants:
        scores = dict.fromkeys(("kmeans", "spectral", "rsc"), 0.5)
        for seed in (0, 1):
            told = {"variant": variant, "setting": variant[-8:]}
            bench.run("worm_neuron", "scinfovae", seed, scores, **told)
    (page,) = draw(name, bench, look=True)
    axes = next(a for a in page.figure.findobj(lambda a: hasattr(a, "get_yticklabels")))
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    ours = [tick for tick in ticks if tick.startswith("ScInfoVAE")]
    assert [tick.rpartition(" ")[2] for tick in ours] == ["(KM)", "(SP)", "(RSC)"] * 3
    assert len(set(ours)) == 9
    assert max(map(len, ours)) <= 34
    assert {"ScInfoVAE (latent_dim=2) (KM)", "ScInfoVAE (latent_dim=2) (RSC)"} <= set(ours)
    assert any(tick.endswith("interval=5) (RSC)") for tick in ours)
    assert any("the CSV has it" in note for note in page.notes)


def words_of(page):
    texts = page.figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [text.get_text() for text in texts]


def test_labels_without_an_embedding_are_told_from_runs_that_lack_a_score(draw, filled):
    for seed, silhouette in enumerate((0.1, None)):
        scores = {"kmeans": {"ari": 0.5, "silhouette": silhouette}}
        filled.run("worm_neuron", "tsne", seed, scores)
        labels = {"own": {"ari": 0.5, "silhouette": None, "silhouette_common": 0.1}}
        filled.run("worm_neuron", "scanpy_leiden", seed, labels)
    words = words_of(draw("supp4", filled)[0])
    assert words.count("n/a") == 1
    assert words.count("1/2") == 1


def test_the_legend_names_published_values_where_there_are_some(draw, filled):
    assert "published" in words_of(draw("supp4", filled)[0])
    assert "published" not in words_of(draw("supp4_common", filled)[0])


def test_stability_is_sd_over_mean_by_dataset(draw, filled):
    (page,) = draw("stability", filled)
    row = of(page, dataset_base="worm_neuron", method="pca", metric="ari", clusterer="kmeans")
    assert row["cv"].item() == pytest.approx(np.std(WORM["pca"], ddof=1) / np.mean(WORM["pca"]))
    printed = read("cv")
    cidr = printed[printed["method"] == "cidr"]["ari"].item()
    assert of(page, method="cidr", metric="ari")["printed"].item() == cidr


def test_run_time_is_the_mean_over_seeds_then_datasets(draw, filled):
    (page,) = draw("supp8", filled)
    own = of(page, method="scinfovae").set_index("dataset")["mean_seconds"]
    assert own.to_dict() == {"worm_neuron": 2.5, "young_top2000": 4.0}
    assert "random_labels" not in set(page.data["method"])
    assert {"3.25 s", "2 × 2"} <= set(words_of(page))
    sd = of(page, method="scinfovae").set_index("dataset")["sd_seconds"]
    assert sd["worm_neuron"] == pytest.approx(np.std([2.0, 3.0], ddof=1))


def test_seconds_of_stacked_seeds_are_not_compared(draw, bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5}, stack_width=5.0)
    (page,) = draw("supp8", bench)
    assert page.data.empty


def test_the_ablation_averages_over_shared_datasets(draw, bench):
    for data, base in (("worm_neuron", 0.5), ("muraro", 0.7)):
        for method, plus in (("scinfovae", 0.1), ("vae", 0.0)):
            for seed in (0, 1):
                final = {"kmeans": base + plus + 0.02 * seed}
                before = {"kmeans": base + plus - 0.1}
                bench.run(data, method, seed, final, pretrained=before)
    nb = {"variant": "likelihood=nb", "setting": "vae-nb00"}
    bench.run("muraro", "vae", 0, {"kmeans": 0.9}, pretrained={"kmeans": 0.8}, **nb)
    (page,) = draw("supp9", bench)
    whole = of(page, panel="b", method="scinfovae", reconstruction="zinb")
    means = whole.groupby("stage")["mean"].first()
    assert means["final"] == pytest.approx((0.61 + 0.81) / 2)
    assert means["pretrained"] == pytest.approx((0.5 + 0.7) / 2)
    bars = of(page, panel="a", data="muraro", method="vae").iloc[0]
    assert (bars["mean"], bars["n"]) == (pytest.approx(0.71), 2)
    assert set(of(page, panel="b", reconstruction="nb", kind="measured")["data"]) == {"muraro"}


def test_every_bar_says_its_number_of_seeds(draw, filled):
    words = words_of(draw("fig2", filled, "dataset=worm_neuron")[0])
    # ScInfoVAE twice, PCA, DCA, a control and the short one have both seeds, NMF one of two
    assert words.count("2") == 6
    assert words.count("1/2") == 1
    assert not any(word.startswith("n =") for word in words)


def test_stability_tells_one_seed_from_a_small_mean_and_from_no_score(draw, filled):
    filled.run("worm_neuron", "dca", 2, {"kmeans": {"ari": 0.7, "nmi": 0.5}})
    filled.run("worm_neuron", "tsne", 0, {"kmeans": {"ari": 0.5, "nmi": 0.5, "silhouette": 0.2}})
    filled.run("young_top2000", "tsne", 0, {"kmeans": {"ari": 0.5, "nmi": 0.5, "silhouette": 0.2}})
    for data in ("worm_neuron", "young_top2000"):
        for seed in (0, 1):
            filled.run(data, "genes", seed, {"kmeans": {"ari": 0.02, "nmi": 0.03}})
    (page,) = draw("stability", filled, look=True)
    words = words_of(page)
    assert words.count("1 seed") == 3
    assert words.count("mean<.05") == 2
    assert "2 × 2" in words
    assert "2 × 2–3" in words
    assert not any(" or " in word for word in words if word.startswith("n ="))


def test_the_ablation_names_reconstructions_that_were_not_run(draw, bench):
    for seed in (0, 1, 2):
        bench.run("worm_neuron", "scinfovae", seed, {"kmeans": 0.5 + 0.1 * seed})
    bench.run("worm_neuron", "vae", 0, {"kmeans": 0.4})
    (page,) = draw("supp9", bench, look=True)
    missing = of(page, panel="b", kind="not run")
    assert set(missing["reconstruction"]) == {"zinb", "nb", "mse"}
    assert set(missing[missing["reconstruction"] == "nb"]["method"]) >= {"scinfovae", "vae"}
    titles = [axes.get_title() for axes in page.figure.findobj(lambda a: hasattr(a, "get_xlim"))]
    assert [title for title in titles if title] == ["zinb", "nb", "mse"]
    # three seeds of one and one of the other, each above its own bar
    assert {"3", "1"} <= set(words_of(page))


def test_seconds_have_whiskers_over_seeds(draw, filled):
    (page,) = draw("supp8", filled, look=True)
    (axes,) = page.figure.findobj(lambda artist: hasattr(artist, "get_xlim"))
    ends = [bar.get_segments() for bar in axes.collections if hasattr(bar, "get_segments")]
    spans = {tuple(np.round(part[:, 0], 6)) for parts in ends for part in parts if len(part)}
    sd = np.std([2.0, 3.0], ddof=1)
    assert (round(2.5 - sd, 6), round(2.5 + sd, 6)) in spans
