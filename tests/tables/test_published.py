"""The carried tables of published results: what they say, and what follows from them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from scinfovae.clustering import CLUSTERERS
from scinfovae.data.registry import group_members, load_registry
from scinfovae.methods import METHODS
from scinfovae.tables.beside_published import published_table
from scinfovae.tables.published import (
    COUNTERPARTS,
    ONLY_PUBLISHED,
    best_published,
    published_score,
    read,
)
from scinfovae.tables.stability import published_cv_table

NAMES = {"ARI": "ari", "NMI": "nmi", "silhouette": "silhouette", "CH": "calinski_harabasz"}


def test_every_dataset_is_one_of_the_15():
    paper = set(group_members("paper15"))
    for name in ("runs", "best"):
        assert set(read(name)["dataset"]) == paper


def test_every_row_names_its_source():
    assert (read("runs")["source"] != "").all()
    assert (read("best")["source"] != "").all()


def test_every_counterpart_is_published_on_every_dataset():
    assert {clusterer for _, clusterer in COUNTERPARTS} <= {*CLUSTERERS, "own"}
    assert {method for method, _ in COUNTERPARTS} <= set(METHODS)
    named = set(COUNTERPARTS.values()) | {("graph-sc", method) for method in ONLY_PUBLISHED}
    for harness, method in named:
        for dataset in group_members("paper15"):
            for metric in ("ari", "nmi"):
                score = published_score(harness, method, dataset, metric)
                assert score is not None, (harness, method, dataset)
                assert -1 <= score.mean <= 1


def test_runs_and_figures_are_never_averaged_together():
    runs = read("runs")
    for (_, method, dataset), group in runs.groupby(["harness", "method", "dataset"]):
        assert group["kind"].nunique() == 1, (method, dataset)
    # scziDesk is known from figures only: three runs and their mean, which is no fourth run
    score = published_score("graph-sc", "sczidesk".replace("sczidesk", "scziDesk"), "young", "ari")
    assert (score.kind, score.n) == ("figure", 3)
    rows = runs[(runs["method"] == "scziDesk") & (runs["dataset"] == "young")]
    single = rows[rows["run"] != "mean"]["ari"]
    assert score.mean == pytest.approx(single.mean(), abs=1e-5)
    assert score.sd == pytest.approx(single.std(ddof=1), rel=1e-12)
    # of its NMI only the mean is shown
    assert math.isnan(published_score("graph-sc", "scziDesk", "young", "nmi").sd)


def test_what_was_printed_for_scvi_by_hand():
    rows = read("runs")
    rows = rows[(rows["method"] == "scvi") & (rows["dataset"] == "worm_neuron")]
    score = published_score("graph-sc", "scvi", "worm_neuron", "ari")
    assert (score.n, score.kind) == (3, "run")
    assert score.mean == pytest.approx(np.mean(rows["ari"]))


def test_the_best_is_a_mean_over_runs_and_not_chosen_with_labels():
    # contrastive-sc with the best of a grid reaches .572, a single checkpoint .5571
    best = best_published("worm_neuron", "ari")
    assert (best.method, best.mean) == ("graph-sc(LD)", 0.5119)
    assert best_published("muraro", "accuracy").method == "scMAE"
    assert best_published("worm_neuron", "accuracy") is None
    assert best_published("no_such_set", "ari") is None


def test_metrics_nobody_published():
    assert published_score("graph-sc", "cidr", "young", "silhouette_common") is None
    assert best_published("young", "silhouette") is None


@pytest.mark.parametrize("metric", NAMES.values())
@pytest.mark.parametrize("method", ["scvi", "scGNN", "scedar", "soup", "pca2_kmeans"])
def test_published_cvs_follow_from_the_carried_runs(method, metric):
    data = published_cv_table().data
    row = data[(data["method"] == method) & (data["metric"] == metric)].iloc[0]
    # the table prints means near 0 too, and was read off a figure
    assert row["recomputed_without_rule"] == pytest.approx(row["printed"], abs=3e-6)


def test_the_cvs_of_graph_sc_do_not_follow_from_its_runs():
    data = published_cv_table().data
    row = data[(data["method"] == "graph-sc(KM)") & (data["metric"] == "ari")].iloc[0]
    assert round(row["printed"], 3) == 0.045
    assert round(row["recomputed_without_rule"], 3) == 0.038


def test_ours_beside_published(bench, row_of):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.3})
    bench.run("young_top2000", "pca", 0, {"kmeans": 0.3})
    found = row_of(published_table(bench.board()), "worm_neuron", "ARI", "PCA")
    assert found["best"] == "0.512 graph-sc(LD)"
    assert found["difference"] == "-0.212"
    young = row_of(published_table(bench.board()), "young_top2000", "ARI", "PCA")
    assert young["best"] == "0.697 scziDesk ≠"


def test_ours_beside_the_same_method(bench):
    bench.run("worm_neuron", "scvi", 0, {"leiden": 0.3})
    table = published_table(bench.board())
    shown = dict(zip(table.columns[5:7], [c.text for c in table.lines[0].cells[5:7]], strict=True))
    # printed by graph-sc, three runs
    own = table.data.iloc[0]
    assert own["same_method"] == "scvi"
    assert own["same_n"] == 3
    assert own["same_difference"] == pytest.approx(0.3 - own["same_mean"])
    assert shown["same method"].startswith(f"{own['same_mean']:.3f} ± ")


def test_incomplete_cells_are_not_compared_with_published_ones(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.3})
    bench.run("worm_neuron", "pca", 1, status="missing")
    assert published_table(bench.board()).lines == ()
    assert len(published_table(bench.board(allow_partial=True)).lines) == 1


@pytest.mark.real_data
def test_what_is_carried_equals_what_was_collected(shared_data):
    ids = {spec.published_name: name for name, spec in load_registry().items()}
    for harness, file in (
        ("graph-sc", "graph_sc_results.csv"),
        ("contrastive-sc", "contrastive_sc_results.csv"),
    ):
        whole = pd.read_csv(shared_data / "published" / file, dtype={"run": str})
        whole["dataset"] = whole["dataset"].map(ids)
        carried = read("runs")
        carried = carried[carried["harness"] == harness]
        keys = ["method", "dataset", "run"]
        both = carried.merge(whole, on=keys, suffixes=("", "_collected"))
        assert len(both) == len(carried)
        for metric in NAMES.values():
            expected = both[f"{metric}_collected"].to_numpy()
            np.testing.assert_allclose(both[metric], expected, rtol=1e-6)
        left = whole[~whole.set_index(keys).index.isin(carried.set_index(keys).index)]
        twice = left["method"].str.contains(r"\[CPU\]|\[earlier run")
        shown = left["source"].str.startswith("decoded")
        assert (twice | shown).all()
