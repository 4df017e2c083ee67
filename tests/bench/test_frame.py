"""The frame of runs and the frame of scores, read back from real commands."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.planning.identity import setting
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.variant import setting_of_recipe, variant_of
from scinfovae.bench.records.columns import COLUMNS, dataset_base
from scinfovae.bench.records.export import export_runs
from scinfovae.bench.records.frame import METRICS, SCORE_COLUMNS, runs_frame, scores_frame
from scinfovae.bench.records.manifest import ExpectedRun, Manifest, write_manifest
from scinfovae.errors import DataError
from scinfovae.metrics import external_scores, internal_scores

WORDS = ("method=toy", "clusterers=[kmeans]")


def recipe_of(*words):
    return make_plan([*words])[0].recipe


def test_every_run_is_a_row_with_what_its_files_say(toy, bench, results):
    bench(*WORDS, "seed=0,1", "preset=quick")
    runs = runs_frame(results)
    assert list(runs.columns) == list(COLUMNS)
    assert list(runs["seed"]) == [0, 1]
    row = runs.iloc[1]
    record = results / row["folder"]
    assert record.name == "seed=1"
    for part in ("provenance", "metrics"):
        assert json.loads(row[part]) == json.loads((record / f"{part}.json").read_text())
    provenance = json.loads(row["provenance"])
    assert (row["dataset"], row["dataset_base"], row["method"]) == ("simulated", "simulated", "toy")
    assert (row["title"], row["preset"], row["status"]) == ("Toy", "quick", "ok")
    assert row["identity"] == record.parent.name
    assert (row["n_cells"], row["n_clusters"], row["threads"]) == (60, 3, 1)
    assert row["seconds_fit"] == 0.5  # the toy's own step, loading and preprocessing aside
    assert row["seconds_load"] == provenance["seconds"]["load"]
    assert row["numerics"] == provenance["numerics"]["hash"]
    assert np.isnan(row["gpu_peak_memory_bytes"])
    assert row["started"] == provenance["started"]


def test_the_title_of_a_variant_names_what_differs_from_the_defaults():
    def named(*words):
        return variant_of(recipe_of(*words).resolved)

    assert named("method=pca") == ""
    assert named("method=pca", "preset=quick") == ""
    assert named("method=pca", "method.n_components=10") == "n_components=10"
    assert named("method=scinfovae", "method.latent_dim=2", "preprocessing.n_hvg=250") == (
        "latent_dim=2, preprocessing.n_hvg=250"
    )
    assert named("method=scinfovae", "method.hidden=[64,32]") == "hidden=[64,32]"


@pytest.mark.parametrize(
    "word",
    ["seed=3", "dataset=worm_neuron", "clusterers=[ward]", "threads=2", "preprocessing.clip=10"],
)
def test_a_setting_is_the_same_over_datasets_and_seeds(word):
    assert setting_of_recipe(recipe_of("method=pca", word)) == setting_of_recipe(
        recipe_of("method=pca")
    )


def test_a_setting_is_another_where_another_thing_is_done():
    plans = (
        ("method=pca",),
        ("method=pca", "method.n_components=10"),
        ("method=pca", "preprocessing.n_hvg=250"),
        ("method=scinfovae",),
        ("method=scinfovae", "preset=quick"),
    )
    assert len({setting_of_recipe(recipe_of(*words)) for words in plans}) == len(plans)


def test_the_setting_of_a_record_is_that_of_its_recipe(toy, bench, results):
    words = ("method=toy", "method.width=3", "preprocessing.clip=5", "clusterers=[kmeans]")
    bench(*words)
    recipe = recipe_of(*words)
    expected = setting(
        method="toy",
        method_version=1,
        method_config=recipe.method_config,
        input_kind="common",
        preprocessing=recipe.preprocessing,
        preprocessing_version=1,
    )
    row = runs_frame(results).iloc[0]
    assert row["setting"] == expected == setting_of_recipe(recipe)
    assert row["variant"] == "width=3, preprocessing.clip=5"
    assert row["data_variant"] == (
        "simulation.n_cells=60, simulation.n_genes=80, simulation.n_clusters=3"
    )


def test_reduced_copies_belong_to_their_dataset():
    assert dataset_base("10x_pbmc_top2000") == "10x_pbmc"
    assert dataset_base("10x_pbmc") == "10x_pbmc"
    assert dataset_base("custom") == "custom"


def test_scores_are_those_of_the_stored_labels(toy, bench, results):
    bench(*WORDS, "method.own=true")
    runs = runs_frame(results)
    scores = scores_frame(runs)
    assert tuple(scores.columns) == SCORE_COLUMNS
    final = scores[(scores["stage"] == "final") & (scores["clusterer"] == "kmeans")]
    assert tuple(final["metric"]) == METRICS
    assert list(final["label_key"]) == ["cluster"] * 5 + [""] * 4
    record = results / runs.iloc[0]["folder"]
    labels = pd.read_parquet(record / "labels.parquet")
    expected = external_scores(labels["label.cluster"], labels["final.kmeans"])
    expected |= internal_scores(np.load(record / "embedding.npy"), labels["final.kmeans"])
    found = dict(zip(final["metric"], final["value"], strict=True))
    for metric, value in expected.items():
        if metric in found:
            assert found[metric] == pytest.approx(value, rel=1e-9)
    assert set(scores["clusterer"]) == {"kmeans", "own"}
    assert (final["clusters_found"] == 3).all()
    assert len(scores) == 3 * len(METRICS)


def test_the_metrics_are_those_that_are_computed():
    external = external_scores([0, 1], [0, 1])
    internal = internal_scores(np.eye(3), [0, 0, 1])
    assert set(METRICS) == {
        *external,
        *(name + end for name in internal for end in ("", "_common")),
    } - {"silhouette_cells", "silhouette_cells_common"}


def test_several_labelings_keep_their_order_and_have_a_best(tmp_path):
    metrics = {
        "clusterings": [
            {
                "stage": "final",
                "key": "kmeans",
                "clusters_found": 2,
                "seconds": 0.5,
                "external": {"fine": {"ari": 0.5}, "coarse": {"ari": None}, "max": {"ari": 0.5}},
                "internal": {"silhouette": None, "silhouette_cells": 9},
            }
        ]
    }
    runs = pd.DataFrame([{**dict.fromkeys(COLUMNS, ""), "seed": 1, "short": False}])
    runs["metrics"] = json.dumps(metrics)
    scores = scores_frame(runs)
    assert list(scores["label_key"]) == ["fine", "coarse", "max", ""]
    assert list(scores["metric"]) == ["ari", "ari", "ari", "silhouette"]
    assert scores["value"].isna().tolist() == [False, True, False, True]


def test_runs_that_a_sweep_asks_for_and_nobody_did_are_missing(toy, bench, results):
    bench(*WORDS, "method.raise_for=[1]", "seed=0,1")
    done = runs_frame(results)
    name = done.iloc[0]["identity"]
    asked = tuple(
        ExpectedRun("simulated", "toy", name, seed, "paper", clusterers=("kmeans",))
        for seed in (0, 1, 2)
    )
    other = ExpectedRun("muraro", "pca", "f" * 16, 0, "quick", setting="0123abcd", variant="x=1")
    first, second = Manifest(asked), Manifest((asked[2], other))
    write_manifest(results, first)
    write_manifest(results, second)
    runs = runs_frame(results).set_index(["dataset", "seed"])
    assert runs["status"].to_dict() == {
        ("muraro", 0): "missing",
        ("simulated", 0): "ok",
        ("simulated", 1): "failed",
        ("simulated", 2): "missing",
    }
    missing = runs.loc["simulated", 2]
    assert {first.name, second.name} <= set(missing["sweep"].split(","))
    assert missing["setting"] == done.iloc[0]["setting"]  # a run of the same identity is there
    assert first.name in runs.loc["simulated", 0]["sweep"].split(",")
    assert second.name not in runs.loc["simulated", 0]["sweep"].split(",")
    assert runs.loc["muraro", 0][["setting", "variant", "title"]].tolist() == [
        "0123abcd",
        "x=1",
        "PCA",
    ]
    assert missing["folder"] == ""
    assert len(scores_frame(runs.reset_index())) == 2 * len(METRICS)  # both stages of seed 0


def test_an_export_gives_the_same_frame(toy, bench, results):
    bench(*WORDS, "method.raise_for=[1]", "seed=0,1")
    live = runs_frame(results)
    export_runs(results)
    again = runs_frame(results / "records.parquet")
    told = ["provenance", "config"]  # the command names the results folder
    pd.testing.assert_frame_equal(live.drop(columns=told), again.drop(columns=told))
    pd.testing.assert_frame_equal(scores_frame(live), scores_frame(again))


def test_what_is_no_store_and_no_export_is_told(tmp_path):
    with pytest.raises(DataError, match=r"no results in .*records\.parquet"):
        runs_frame(tmp_path / "nowhere")
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"no column 'dataset'.*store export"):
        runs_frame(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_text("text")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        runs_frame(tmp_path / "y.parquet")
    (tmp_path / "empty").mkdir()
    empty = runs_frame(tmp_path / "empty")
    assert empty.empty
    assert scores_frame(empty).empty
