"""The tables beside the scores: overview, stability, significance, cost, runs, fine-tuning."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scinfovae.tables.accounting import runs_table
from scinfovae.tables.cost import cost_table
from scinfovae.tables.ensembles import ensembles_table
from scinfovae.tables.fine_tuning import fine_tuning_table
from scinfovae.tables.found_clusters import clusters_table
from scinfovae.tables.overview import ranks_table, summary_table
from scinfovae.tables.several_labels import labels_table
from scinfovae.tables.significance import friedman_table
from scinfovae.tables.stability import cv_table
from scinfovae.tables.suite import make_tables
from scinfovae.tables.trajectories import trajectories_table

PAPER15 = (
    "10x_pbmc,mouse_es,mouse_bladder,worm_neuron,adam,muraro,quake_10x_bladder,romanov,young"
).split(",")


def test_summary_and_ranks(bench, row_of):
    for dataset, better in (("worm_neuron", "pca"), ("young", "pca"), ("adam", "scinfovae")):
        for method in ("pca", "scinfovae"):
            ari = 0.6 if method == better else 0.3
            bench.run(dataset, method, 0, {"kmeans": {"ari": ari, "nmi": 0.5}})
    board = bench.board("ari", "nmi")
    assert row_of(summary_table(board), "PCA")["ARI"] == "0.500"
    ranks = ranks_table(board)
    assert row_of(ranks, "PCA")["ARI"] == "1.33"
    assert row_of(ranks, "PCA")["NMI"] == "1.50"
    assert "Over 3 datasets: worm_neuron, adam, young." in ranks.notes
    own = ranks.data[(ranks.data["method"] == "pca") & (ranks.data["metric"] == "ari")]
    assert dict(zip(own["dataset_base"], own["rank"], strict=True)) == {
        "worm_neuron": 1,
        "young": 1,
        "adam": 2,
    }


def test_cv_is_taken_per_dataset_and_then_averaged(bench, row_of):
    # CV .5 and .25; a mean near 0 on the third has none
    for dataset, scores in (
        ("worm_neuron", (0.2, 0.4, 0.6)),
        ("young", (0.3, 0.4, 0.5)),
        ("adam", (0.01, 0.02, 0.03)),
    ):
        for seed, ari in enumerate(scores):
            bench.run(dataset, "pca", seed, {"kmeans": ari})
    table = cv_table(bench.board())
    assert row_of(table, "PCA")["ARI"] == "0.375 (2/3)"
    own = table.data.set_index("dataset_base")["cv"]
    assert own["worm_neuron"] == pytest.approx(0.5)
    assert np.isnan(own["adam"])


def test_cv_leaves_incomplete_cells_out(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    bench.run("worm_neuron", "pca", 1, {"kmeans": 0.4})
    bench.run("worm_neuron", "pca", 2, status="missing")
    assert cv_table(bench.board()).lines == ()
    assert cv_table(bench.board(allow_partial=True)).lines == ()


def test_a_consensus_stands_beside_its_members(bench, row_of):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.7})
    assert ensembles_table(bench.board("ari", "nmi")) is None
    for seed, (own, members) in enumerate(((0.6, [0.3, 0.5]), (0.8, [0.4, 0.8]))):
        scores = {"own": {"ari": own, "nmi": 0.5}, "kmeans": 0.1}
        told = {"ari": members, "nmi": [0.5, 0.5]}
        bench.run("worm_neuron", "scinfovae_consensus", seed, scores, members=told)
    table = ensembles_table(bench.board("ari", "nmi"))
    assert len(table.lines) == 2
    ari = row_of(table, "worm_neuron", "ScInfoVAE consensus", "ARI")
    assert ari["consensus"] == "0.700 ± 0.141"
    assert ari["members"] == "0.500 ± 0.141"  # of .4 and .6
    assert ari["best member"] == "0.650 ± 0.212"
    assert ari["ahead"] == "+0.200 ± 0.000"
    assert ari["CV"] == "0.202"  # .141 / .7
    assert row_of(table, "worm_neuron", "ScInfoVAE consensus", "NMI")["ahead"] == "0.000 ± 0.000"


def test_the_end_of_a_training_stands_beside_its_peak(bench, row_of):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.7})
    assert trajectories_table(bench.board("ari", "nmi")) is None
    for seed, (on_the_way, last) in enumerate(((0.8, 0.4), (0.5, 0.6))):
        told = {
            "pretrain": {"epoch": [1, 2], "ari": [0.1, on_the_way], "nmi": [0.5, 0.5]},
            "fine_tune": {"epoch": [1], "ari": [last], "nmi": [0.5]},
        }
        scores = {"kmeans": {"ari": last, "nmi": 0.5}, "rsc": 0.1}
        bench.run("worm_neuron", "scinfovae", seed, scores, trajectory=told)
    bench.run("worm_neuron", "scinfovae", 2, status="missing")
    nothing = {"fine_tune": {"epoch": [1], "ari": [0.0], "nmi": [0.0]}}
    other = {"fine_tune": {"epoch": [1], "ari": [0.9], "nmi": [0.9]}}
    told = {"scores": {"kmeans": 0.9}, "label_keys": ("coarse",), "trajectory": other}
    bench.run("worm_neuron", "scinfovae", 3, **told)
    table = trajectories_table(bench.board("ari", "nmi"))
    assert len(table.lines) == 2  # the way is one, whatever the clusterers of the end
    ari = row_of(table, "worm_neuron", "ScInfoVAE", "ARI")
    assert ari["peak"] == "0.700 ± 0.141"  # of .8 and .6
    assert ari["last"] == "0.500 ± 0.141"
    # of .5 and 1; one run is missing, one was scored against other labels
    assert ari["last / peak"] == "0.750 ± 0.354 (2/4)"
    assert ari["least"] == "0.500"
    assert row_of(table, "worm_neuron", "ScInfoVAE", "NMI")["last / peak"] == "1.000 ± 0.000 (2/4)"
    bench.run("worm_neuron", "scinfovae", 4, {"kmeans": 0.0}, trajectory=nothing)
    table = trajectories_table(bench.board("ari", "nmi"))
    ari = row_of(table, "worm_neuron", "ScInfoVAE", "ARI")
    assert (ari["peak"], ari["last / peak"]) == ("0.467 ± 0.416", "0.750 ± 0.354 (2/5)")


def fill(bench, datasets):
    rng = np.random.default_rng(0)
    for dataset in datasets:
        for method, level in (("scinfovae", 0.6), ("pca", 0.5), ("dca", 0.3)):
            for seed in (0, 1):
                ari = level + 0.02 * float(rng.standard_normal())
                bench.run(dataset, method, seed, {"kmeans": ari})


def test_friedman_says_that_there_are_not_enough_datasets(bench, row_of):
    fill(bench, PAPER15[:4])
    found = row_of(friedman_table(bench.board()), "ARI")
    assert found["χ²"] == "not enough datasets (4 of 8)"
    assert found["p"] == "–"


def test_friedman_with_enough_datasets(bench, row_of):
    fill(bench, PAPER15)
    found = row_of(friedman_table(bench.board()), "ARI")
    # all nine datasets agree on the order: chi-squared = n (k - 1)
    assert (found["datasets"], found["rows"], found["χ²"]) == ("9", "3", "18.00")
    assert found["p"] == "< 0.001"


def test_variants_and_seeds_are_no_observations(bench, row_of):
    fill(bench, ["young_top2000", "young", "worm_neuron"])
    assert row_of(friedman_table(bench.board()), "ARI")["datasets"] == "2"


def test_fine_tuning_is_paired_seed_by_seed(bench, row_of):
    for seed, (before, after) in enumerate(((0.2, 0.5), (0.4, 0.5))):
        scores = {"kmeans": {"ari": after}}
        bench.run("worm_neuron", "scinfovae", seed, scores, pretrained={"kmeans": {"ari": before}})
    # a seed with one stage only has no pair
    bench.run("worm_neuron", "scinfovae", 2, {"kmeans": 0.9})
    boards = bench.boards(("ari",))
    table = fine_tuning_table(boards["final"], boards["pretrained"])
    found = row_of(table, "worm_neuron", "ScInfoVAE")
    assert found["before"] == "0.300 ± 0.141"
    assert found["after"] == "0.500 ± 0.000"
    assert found["difference"] == "+0.200 ± 0.141 (2/3)"


def test_cost_never_mixes_machines(bench):
    for seed, (device, seconds) in enumerate((("cpu", 9.0), ("cpu", 11.0), ("H200", 1.0))):
        told = {"device": device, "seconds_fit": seconds}
        bench.run("worm_neuron", "pca", seed, {"kmeans": 0.5}, **told)
    bench.run("worm_neuron", "pca", 3, status="failed", seconds_fit=500.0)
    table = cost_table(bench.board())
    shown = {one.cells[2].text: [c.text for c in one.cells[3:]] for one in table.lines}
    assert shown["cpu"][:4] == ["2", "0.50", "0.25", "10.0"]
    assert shown["H200"][3] == "1.00"
    steps = table.data[table.data["device"] == "cpu"].set_index("step")["mean_seconds"]
    assert steps["fit.pretrain"] == 1.5
    assert steps["cluster.kmeans"] == 0.25


def test_a_step_that_is_called_fit_is_one_of_the_fit(bench):
    bench.run("worm_neuron", "dca", 0, {"kmeans": 0.5}, seconds_fit=3.0)
    told = {"load": 0.5, "fit": 2.0, "embed": 1.0}
    bench.rows[-1]["provenance"] = json.dumps({"seconds": told})
    steps = cost_table(bench.board()).data.set_index("step")["mean_seconds"]
    assert (steps["fit"], steps["fit.fit"], steps["fit.embed"]) == (3.0, 2.0, 1.0)


def test_cost_names_threads_and_stacks(bench):
    told = {"threads": 4.0, "stack_width": 5.0}
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5}, **told)
    assert cost_table(bench.board()).lines[0].cells[2].text == "cpu, 4 threads, 5 seeds at once"


def test_runs_are_counted_with_the_first_reason(bench, row_of):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5}, collapsed=True)
    bench.run("worm_neuron", "pca", 1, status="timeout", stage="fit", message="took\ntoo long")
    bench.run("worm_neuron", "pca", 2, status="missing")
    bench.run("worm_neuron", "pca", 3, status="not_applicable", message="no")
    found = row_of(runs_table(bench.board()), "worm_neuron")
    assert found["first reason"] == "seed 1: timeout at fit: took too long"
    counts = ("expected", "done", "failed", "missing", "not applicable", "collapsed")
    assert [found[name] for name in counts] == ["4", "1", "1", "1", "1", "1"]


def test_reasons_hold_no_path_of_a_machine(bench, row_of):
    bench.run("worm_neuron", "pca", 0, status="failed", message="'/home/me/x.h5' is torn")
    assert "/home" not in row_of(runs_table(bench.board()), "worm_neuron")["first reason"]


def test_several_labellings(bench, row_of):
    for seed, (fine, coarse) in enumerate(((0.2, 0.6), (0.7, 0.4))):
        by_key = {
            "fine": {"ari": fine},
            "coarse": {"ari": coarse},
            "max": {"ari": max(fine, coarse)},
        }
        bench.run("custom", "pca", seed, {"kmeans": by_key}, label_keys=("fine", "coarse"))
    board = bench.board()
    table = labels_table(board)
    shown = {one.cells[3].text: one.cells[4].text for one in table.lines}
    assert shown["fine"].startswith("0.450")
    assert shown["coarse"].startswith("0.500")
    # the larger of each seed: .6 and .7
    assert shown["max"].startswith("0.650")
    assert board.cell("ari", "custom", board.rows[0])["mean"] == pytest.approx(0.45)


def test_one_labelling_needs_no_table(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    assert labels_table(bench.board()) is None


@pytest.mark.parametrize("stage", ["final", "pretrained", "both"])
def test_stages(bench, stage):
    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.5}, pretrained={"kmeans": 0.4})
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    names = {table.name for table in make_tables(bench.records(), stage=stage)}
    assert ("ari" in names) == (stage != "pretrained")
    assert ("pretrained_ari" in names) == (stage != "final")
    assert ("without_fine_tuning" in names) == (stage == "both")
    assert {"runs", "time"} <= names


def test_a_store_of_failures_only_still_has_its_tables(bench):
    bench.run("worm_neuron", "scinfovae", 0, status="failed", message="no")
    bench.run("worm_neuron", "pca", 0, status="missing")
    tables = {table.name: table for table in make_tables(bench.records(), stage="both")}
    assert len(tables["runs"].lines) == 2
    assert tables["ari"].lines == ()


def test_found_numbers_of_clusters_stand_beside_k(bench, row_of):
    for seed, n in enumerate((4, 8)):
        by_silhouette = {"ari": 0.4, "clusters": n}
        bench.run("adam", "pca", seed, {"kmeans": 0.5, "kmeans_silhouette": by_silhouette})
    bench.run("adam", "scanpy_leiden", 0, {"own": {"ari": 0.5, "clusters": 9}})
    bench.run("adam", "scinfovae", 0, {"kmeans_silhouette": {"ari": 0.5, "clusters": 5}})
    bench.run("adam", "scinfovae", 1, {"kmeans": 0.5})
    bench.run("adam", "oracle_labels", 0, {"own": 1.0})
    bench.run("adam", "scanpy_louvain", 0, {"own": {"ari": 0.5, "clusters": 5}})
    bench.rows[-1]["config"] = json.dumps({"method": {"search_resolution": True}})
    table = clusters_table(bench.board())
    assert row_of(table, "K as told to the others")["adam"] == "5"
    assert row_of(table, "PCA", "K-means, K by silhouette")["adam"] == "6.0 ± 2.8"
    assert row_of(table, "scanpy (Leiden)", "own")["adam"] == "9.0"
    assert row_of(table, "ScInfoVAE", "K-means, K by silhouette (K)")["adam"] == "5.0 (1/2)"
    # K-means is told K, a search for a resolution, too, and the oracle the classes
    assert len(table.lines) == 4
    assert set(table.data["n_clusters"]) == {5}


def test_where_all_are_told_k_there_is_no_such_table(bench):
    bench.run("adam", "pca", 0, {"kmeans": 0.5})
    assert clusters_table(bench.board()) is None
