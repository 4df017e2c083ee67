"""Runs on the points of Fig. 4: continuous input, truth and neighbourhoods in the record."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.variant import data_variant_of, variant_of
from scinfovae.bench.records.frame import runs_frame, scores_frame
from scinfovae.bench.running.listener import Listener, RunLog
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.lookup import identity_of
from scinfovae.cli.main import main
from scinfovae.data.figure4_cells import Figure4Config, figure4_cells, figure4_new_cells
from scinfovae.data.preprocessing import CONTINUOUS
from scinfovae.errors import UsageError
from scinfovae.metrics.structure import structure_scores
from scinfovae.reproduce.evidence import gather
from scinfovae.reproduce.neighbours import knn_above_tsne

POINTS = Figure4Config(n_cells=220, n_new=330, seed=1)
SMALL = (
    "dataset=figure4",
    "dataset.points.n_cells=220",
    "dataset.points.n_new=330",
    "dataset.points.seed=1",
    "clusterers=[kmeans]",
)
TWO_DIMENSIONS = (
    "method.latent_dim=2",
    "method.likelihood=gaussian",
    "method.input_noise=0.0",
    "method.hidden=[8]",
    "method.pretrain.epochs=2",
)


@pytest.fixture
def run(results, capsys):
    """Do one run on few points; gives its folder and its metrics."""

    def do(*words: str, points=SMALL):
        code = main(["run", *points, "figures=false", f"results.dir={results}", *words])
        assert code == 0, capsys.readouterr().err
        newest = max(results.glob("runs/*/*/*/*/status.json"), key=lambda f: f.stat().st_mtime_ns)
        metrics = newest.with_name("metrics.json")
        there = json.loads(metrics.read_text()) if metrics.exists() else {}
        return newest.parent, there

    return do


def name_of(*words: str) -> str:
    recipe = make_plan(["dataset=figure4", "method=pca", *words])[0].recipe
    return identity_of(recipe, DataCache(), RunLog(Listener()))


def test_pca_keeps_what_the_metric_says_of_old_and_new_points(run) -> None:
    folder, metrics = run("method=pca", "method.n_components=2")
    data, new = figure4_cells(POINTS).X, figure4_new_cells(POINTS).X
    stored = np.load(folder / "embedding.npy")
    assert metrics["structure_space"] == "data"
    assert metrics["structure"] == {"final": structure_scores(data, stored)}
    placed = PCA(2).fit(data.astype(np.float32)).transform(new)
    told = metrics["structure_new"]
    assert (told["n_cells"], told["message"]) == (330, "")
    expected = structure_scores(new, placed)
    assert told["final"]["k"] == expected["k"] == [100, 200, 300]
    np.testing.assert_allclose(told["final"]["overlap"], expected["overlap"], atol=1e-4)


def test_the_truth_and_the_clusters_travel_with_the_labels(run) -> None:
    folder, _ = run("method=pca", "dataset.fraction=0.5")
    labels = pd.read_parquet(folder / "labels.parquet")
    cells = figure4_cells(POINTS)
    rows = labels["row"].to_numpy()
    assert len(rows) == 110
    truth = labels[["truth.x", "truth.y"]].to_numpy()
    assert {tuple(point) for point in truth} <= {tuple(p) for p in cells.obsm["truth"]}
    whole, _ = run("method=pca")
    labels = pd.read_parquet(whole / "labels.parquet")
    np.testing.assert_array_equal(labels[["truth.x", "truth.y"]], cells.obsm["truth"])
    assert labels["label.cluster"].tolist() == cells.obs["cluster"].tolist()
    assert labels["label.cluster"].nunique() == 7


def test_scinfovae_embeds_them_and_new_points_with_a_gaussian_likelihood(run) -> None:
    folder, metrics = run("method=scinfovae", "method.fine_tune.epochs=2", *TWO_DIMENSIONS)
    assert set(metrics["structure"]) == {"pretrained", "final"}
    assert metrics["structure_new"]["final"]["k"] == [100, 200, 300]
    assert np.load(folder / "embedding.npy").shape == (220, 2)
    config = (folder / "config.yaml").read_text()
    assert "values: continuous" in config
    assert (folder / "model.safetensors").is_file()


def test_a_layout_without_a_model_embeds_no_new_points(run) -> None:
    _, metrics = run("method=tsne", "method.max_iter=250")
    told = {"n_cells": 330, "message": "t-SNE embeds no new cells."}
    assert metrics["structure_new"] == told
    assert metrics["structure"]["final"]["k"] == [100, 200]


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("scdeepcluster", "scDeepCluster: counts are needed, and the data hold continuous values."),
        ("nmf", "NMF: counts are needed, and the data hold continuous values."),
        (
            "scinfovae",
            "ScInfoVAE: likelihood=zinb is one of counts, and the data hold continuous values; "
            "choose likelihood=gaussian.",
        ),
    ],
)
def test_methods_for_counts_do_not_apply(run, method, told) -> None:
    folder, metrics = run(f"method={method}")
    status = json.loads((folder / "status.json").read_text())
    assert (status["status"], status["stage"]) == ("not_applicable", "fit")
    assert status["message"] == told
    assert metrics == {}


def test_what_is_drawn_names_the_run_and_where_it_is_drawn_does_not() -> None:
    names = [
        name_of(),
        name_of("dataset.points.seed=1"),
        name_of("dataset.points.n_cells=220"),
        name_of("dataset.points.n_new=220"),
        name_of("dataset.points.clear_outliers=true"),
        name_of("preprocessing.scale_axis=gene"),
        name_of("dataset.fraction=0.5", "dataset.n_clusters=7"),
    ]
    assert len(set(names)) == len(names)
    same = ["structure=false", "clusterers=[ward]", "preset=literal", "dataset.n_clusters=7"]
    assert {name_of(word) for word in same} == {name_of()}


def test_steps_for_counts_are_neither_taken_nor_to_be_had() -> None:
    recipe = make_plan(["dataset=figure4", "method=pca", "preset=literal"])[0].recipe
    assert recipe.preprocessing == CONTINUOUS
    with pytest.raises(UsageError, match="n_hvg=5 is a step for counts"):
        make_plan(["dataset=figure4", "preprocessing.n_hvg=5"])
    with pytest.warns(match="input=own is the common input"):
        (group,) = make_plan(["dataset=figure4", "method=desc", "input=own"])
    assert group.recipe.preprocessing == CONTINUOUS


def test_what_differs_is_told_against_a_run_on_such_data() -> None:
    words = ["dataset=figure4", "method=tsne", "dataset.points.seed=2"]
    resolved = make_plan(words)[0].recipe.resolved
    assert variant_of(resolved) == "preprocessing.values=continuous"
    assert data_variant_of(resolved) == "points.seed=2"


def test_neighbourhoods_of_other_data_are_scored_on_request_without_training(toy, results) -> None:
    cells = ["dataset.simulation.n_cells=120", "dataset.simulation.n_genes=80"]
    cells.append("preprocessing.n_hvg=50")
    tiny = ["dataset=simulated", *cells, "method=toy", "clusterers=[kmeans]", "figures=false"]

    def go(*more: str) -> None:
        assert main(["run", *tiny, f"results.dir={results}", *more]) == 0

    go()
    (folder,) = results.glob("runs/simulated/toy/*/seed=0")
    assert "structure" not in json.loads((folder / "metrics.json").read_text())
    go("structure=true")
    assert toy == [(0,)]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["structure_space"] == "pca"
    assert "structure_new" not in metrics
    recipe = make_plan(tiny)[0].recipe
    space = DataCache().prepared(recipe, RunLog(Listener())).common
    for stage, file in (("final", "embedding.npy"), ("pretrained", "embedding_pretrained.npy")):
        assert metrics["structure"][stage] == structure_scores(space, np.load(folder / file))
    stamp = (folder / "metrics.json").stat().st_mtime_ns
    go("structure=true")
    assert (folder / "metrics.json").stat().st_mtime_ns == stamp


def test_too_few_cells_for_neighbourhoods_are_told(run) -> None:
    points = [word for word in SMALL if "n_cells" not in word]
    folder, metrics = run("method=pca", "dataset.points.n_cells=55", points=points)
    assert metrics["structure"]["final"]["k"] == []
    assert "too few cells" in (folder / "log.txt").read_text()


def test_the_experiment_in_short_feeds_the_claim(results, capsys) -> None:
    words = ["experiment=figure4", "seed=0", "dataset.points.n_cells=110", "preset=quick"]
    kept = [g.recipe.method.name for g in make_plan(words)]
    assert kept.count("scinfovae") == kept.count("tsne") == 6
    file = results.parent / "short.yaml"
    lists = [
        [*TWO_DIMENSIONS, "method=scinfovae", "method.fine_tune.epochs=0"],
        ["method=tsne", "method.max_iter=250"],
    ]
    points = ["dataset=figure4", "dataset.points.n_cells=110", "dataset.points.n_new=110"]
    common = [*points, "dataset.points.seed=0,1", "clusterers=[kmeans]", "figures=false"]
    told = {"description": "Short.", "runs": [[*common, *own] for own in lists]}
    file.write_text(json.dumps(told))
    assert main(["sweep", f"experiment={file}", f"results.dir={results}"]) == 0
    runs = runs_frame(results)
    assert sorted(runs["method"]) == ["scinfovae", "scinfovae", "tsne", "tsne"]
    # these are fewer points than those of the figure, which is all that keeps them from counting
    whole = runs.assign(data_variant=runs["data_variant"].str.replace("points.n_cells=110", ""))
    evidence = gather(whole, scores_frame(whole))
    assert evidence.left_out == ()
    for one in knn_above_tsne(evidence):
        assert len(one.datasets) == 2
        assert np.isfinite(one.mean)
        assert one.notes[0].startswith("chance level")
    capsys.readouterr()
