"""Simulated points, neighbourhoods and the simulation study."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import procrustes

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.variant import setting_of_recipe, variant_of
from scinfovae.data.figure4 import figure4_points


def scores(overlap):
    ks = [100, 200]
    agreement = [100 * (1 - 2 * k * (1 - o) / 2200) for k, o in zip(ks, overlap, strict=True)]
    chance = [k / 2199 for k in ks]
    flat = [100 * (1 - 2 * k * (1 - c) / 2200) for k, c in zip(ks, chance, strict=True)]
    both = {"overlap": overlap, "chance_overlap": chance}
    return {"k": ks, **both, "agreement": agreement, "chance_agreement": flat}


@pytest.fixture(scope="module")
def planned():
    """What the experiment runs: by method the columns of its records that say how."""
    recipes = [group.recipe for group in make_plan(["experiment=figure4"])]
    return {
        recipe.method.name: {
            "variant": variant_of(recipe.resolved),
            "setting": setting_of_recipe(recipe),
        }
        for recipe in recipes
    }


@pytest.fixture
def points(shelf, planned):
    """Three runs of ScInfoVAE that are turned copies of the truth, two of t-SNE that are noise."""
    truth, labels = figure4_points(220, seed=0)
    rng = np.random.default_rng(0)
    told = {"label.cluster": labels.astype(str), "truth.x": truth[:, 0], "truth.y": truth[:, 1]}
    for seed in range(3):
        angle = 0.7 * seed
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        new = {"n_cells": 22000, "message": "", "final": scores([0.5, 0.6])}
        both = {"structure": {"final": scores([0.6 + 0.1 * seed, 0.7])}, "structure_new": new}
        varied = {**planned["scinfovae"], "metrics": both}
        shelf.put("figure4", "scinfovae", seed, truth @ turn, told, **varied)
    for seed in range(2):
        both = {"structure": {"final": scores([0.8, 0.7])}, "structure_new": {"message": "no"}}
        shelf.put("figure4", "tsne", seed, rng.normal(size=truth.shape), told, metrics=both)
    return shelf, truth


def test_fig4_shows_truth_and_first_runs(draw, points):
    shelf, truth = points
    (page,) = draw("fig4", shelf)
    a = page.data[page.data["panel"] == "a"]
    np.testing.assert_allclose(a[["x", "y"]], truth)
    assert set(page.data[page.data["kind"] == "point"]["seed"]) == {0}
    density = page.data[page.data["panel"] == "d"]
    kernel = stats.gaussian_kde(truth.astype(np.float32).T)
    ratio = density["density"] / kernel(density[["x", "y"]].to_numpy().T)
    assert ratio.max() / ratio.min() == pytest.approx(1, rel=1e-3)


def test_supp6_tells_the_disparity_between_runs(draw, points):
    shelf, _ = points
    (page,) = draw("supp6", shelf)
    told = page.data[page.data["kind"] == "disparity"].set_index("method")
    assert told.loc["scinfovae", "disparity"] == pytest.approx(0, abs=1e-9)
    assert told.loc["scinfovae", "n_pairs"] == 3
    noise = [shelf_embedding(shelf, seed) for seed in range(2)]
    assert told.loc["tsne", "disparity"] == pytest.approx(procrustes(*noise)[2])
    assert (page.data["kind"] == "not run").sum() == 12 - 5


def shelf_embedding(shelf, seed):
    (path,) = shelf.root.glob(f"runs/figure4/tsne/*/seed={seed}/embedding.npy")
    return np.load(path)


def test_fig5_holds_every_run_in_both_definitions(draw, points):
    shelf, _ = points
    (page,) = draw("fig5", shelf, look=True)
    data = page.data
    ours = data[(data["method"] == "scinfovae") & (data["k"] == 100)]
    trained = ours[ours["points"] == "trained"]
    overlap = trained[trained["definition"] == "overlap"].sort_values("seed")["percent"]
    assert overlap.tolist() == pytest.approx([60, 70, 80])
    agreement = trained[(trained["definition"] == "agreement") & (trained["seed"] == 0)]
    assert agreement["percent"].item() == pytest.approx(100 * (1 - 2 * 100 * 0.4 / 2200))
    assert agreement["chance"].item() == pytest.approx(91.32, abs=0.01)  # SPEC: 91 % at K = 100
    assert set(data[data["points"] == "new"]["method"]) == {"scinfovae"}
    assert any("t-SNE" in note and "cannot" in note for note in page.notes)
    assert set(data["label"]) == {"ScInfoVAE", "t-SNE"}


def fig5_runs(bench, planned, method, **changed):
    told = {"metrics": json.dumps({"structure": {"final": scores([0.5, 0.5])}}), "n_cells": 2200.0}
    for seed in range(2):
        bench.run(
            "figure4", method, seed, {"kmeans": 0.5}, **{**planned[method], **told, **changed}
        )


def test_fig5_names_the_methods_of_the_experiment_by_title_and_tells_settings_below(
    draw, bench, planned
):
    for method in planned:
        fig5_runs(bench, planned, method)
    (page,) = draw("fig5", bench, look=True)
    named = {text.get_text() for text in page.figure.legends[0].get_texts()}
    titles = {"ScInfoVAE", "t-SNE", "UMAP", "PCA", "VAE", "β-VAE"}
    assert named == {f"{title} (n = 2)" for title in titles} | {"chance"}
    (told,) = [note for note in page.notes if note.startswith("Settings")]
    # those of configs/experiment/figure4.yaml
    assert "lambda_=1, mmd_kernel=rbf (ScInfoVAE)" in told
    assert "beta=0.01 (β-VAE)" in told
    assert "n_components=2 (PCA)" in told
    assert "continuous" not in told
    assert any("UMAP starts from all nine" in note for note in page.notes)


def test_fig5_says_how_other_settings_differ_from_those_of_the_experiment(draw, bench, planned):
    fig5_runs(bench, planned, "scinfovae")
    words = planned["scinfovae"]["variant"].replace("lambda_=1", "lambda_=3")
    words = words.replace(", mmd_kernel=rbf", "")
    fig5_runs(bench, planned, "scinfovae", variant=words, setting="other", content="o")
    (page,) = draw("fig5", bench)
    assert set(page.data["label"]) == {
        "ScInfoVAE",
        "ScInfoVAE (lambda_=3, mmd_kernel by default)",
    }


def test_other_draws_of_the_points_are_left_out_of_fig5(draw, bench):
    row = {"metrics": json.dumps({"structure": {"final": scores([0.5, 0.5])}}), "n_cells": 2200.0}
    bench.run("figure4", "tsne", 0, {"kmeans": 0.5}, **row)
    other = {"data_variant": "points.seed=1", "content": "other"}
    bench.run("figure4", "tsne", 1, {"kmeans": 0.5}, **other, **row)
    (page,) = draw("fig5", bench)
    assert set(page.data["seed"]) == {0}


def run_simulations(bench, values):
    for k, found in values.items():
        for seed, ari in enumerate(found):
            simulation = {"n_clusters": k, "imbalance": 3.0, "n_cells": 500, "seed": seed}
            simulation["dropout_midpoint"] = 1.0
            config = json.dumps({"dataset": {"name": "simulated", "simulation": simulation}})
            told = {"data_variant": f"simulation.n_clusters={k}, simulation.seed={seed}"}
            told |= {"content": f"{k} {seed}", "config": config}
            bench.run("simulated", "pca", seed, {"kmeans": ari}, **told)


def test_bands_of_the_simulation_study_stay_below_one(draw, bench):
    values = {4: [1.0, 1.0, 0.99, 1.0, 0.7], 8: [0.9, 0.95, 1.0, 0.99, 0.6]}
    run_simulations(bench, values)
    (page,) = draw("simulation", bench)
    for k, row in page.data.set_index("x").iterrows():
        assert min(values[k]) <= row["low"] < row["mean"] < row["high"] <= 1.0
    assert any("bootstrap" in note for note in page.notes)
    again = draw("simulation", bench)[0].data
    assert (again["low"] == page.data["low"]).all()


def test_the_simulation_study_has_a_point_per_value_with_its_interval(draw, bench):
    values = {2: [0.9, 0.8, 0.7], 4: [0.6, 0.5, 0.55], 8: [0.2, 0.3, 0.1]}
    run_simulations(bench, values)
    (page,) = draw("simulation", bench)
    assert set(page.data["axis"]) == {"n_clusters"}
    row = page.data.set_index("x").loc[4]
    # of the 27 ways to draw three runs anew, one gives .5 and one .6: more than 2.5 %
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((0.55, 0.5, 0.6))
    assert row["values"] == "0.6;0.5;0.55"
    (told,) = [note for note in page.notes if note.startswith("Elsewhere")]
    axes = [axes.get_xlabel() for axes in page.figure.findobj(lambda a: hasattr(a, "get_xlabel"))]
    names = [part.partition(" = ")[0] for part in told.partition(". ")[0].split(", ")]
    names = [name.removeprefix("Elsewhere ") for name in names]
    assert names == ["number of clusters K", "imbalance", "dropout", "cells"]
    assert all(any(axis.startswith(name) for axis in axes) for name in names)
