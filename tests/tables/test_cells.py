"""What stands behind a cell: every expected run is counted once, and nothing is mixed."""

from __future__ import annotations

import math

import pytest

from scinfovae.errors import DataError

COUNTS = ("n_expected", "n_done", "n_failed", "n_missing", "n_not_applicable")


def cell(board, data="worm_neuron", method="pca", clusterer="kmeans", metric="ari"):
    (row,) = [row for row in board.rows if row[0] == method and row[2] == clusterer]
    return board.cell(metric, data, row)


def counts(found):
    return tuple(found[name] for name in COUNTS)


def test_mean_sd_and_cv_by_hand(bench):
    for seed, ari in enumerate((0.2, 0.4, 0.6)):
        bench.run("worm_neuron", "pca", seed, {"kmeans": ari})
    found = cell(bench.board())
    assert found["mean"] == pytest.approx(0.4)
    assert found["sd"] == pytest.approx(0.2)
    assert found["cv"] == pytest.approx(0.5)
    assert (found["state"], found["complete"], found["seeds"]) == ("done", True, "0,1,2")
    assert counts(found) == (3, 3, 0, 0, 0)


def test_every_fate_is_counted_once(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    bench.run("worm_neuron", "pca", 1, status="missing")
    for seed, status in enumerate(("failed", "nan", "oom", "timeout", "killed"), 2):
        bench.run("worm_neuron", "pca", seed, status=status)
    bench.run("worm_neuron", "pca", 7, status="not_applicable")
    found = cell(bench.board())
    assert counts(found) == (8, 1, 5, 1, 1)
    assert (found["state"], found["complete"]) == ("partial", False)
    assert math.isnan(found["sd"])


def test_a_done_run_without_the_clusterer_is_missing_there(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5, "rsc": 0.6})
    bench.run("worm_neuron", "pca", 1, {"kmeans": 0.5})
    board = bench.board()
    assert counts(cell(board)) == (2, 2, 0, 0, 0)
    assert counts(cell(board, clusterer="rsc")) == (2, 1, 0, 1, 0)


def test_a_clusterer_that_failed_is_failed_and_the_others_are_done(bench):
    bench.run(
        "worm_neuron",
        "pca",
        0,
        {"kmeans": 0.5},
        status="failed",
        stage="cluster final.rsc",
        asked=("kmeans", "rsc"),
    )
    board = bench.board()
    assert cell(board)["state"] == "done"
    assert counts(cell(board, clusterer="rsc")) == (1, 0, 1, 0, 0)


def test_a_method_that_was_never_done_is_expected_to_do_what_it_does_elsewhere(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5, "leiden": 0.4})
    bench.run("young", "pca", 0, status="missing")
    bench.run("young", "scinfovae", 0, status="timeout")
    board = bench.board()
    assert cell(board, "young", clusterer="leiden")["state"] == "missing"
    assert cell(board, "young", "scinfovae", "kmeans")["state"] == "failed"
    assert {row[2] for row in board.rows if row[0] == "scinfovae"} == {"kmeans", "leiden"}


def test_a_method_that_cannot_be_used_is_no_failure(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    bench.run("worm_neuron", "scvi", 0, status="not_applicable")
    found = cell(bench.board(), method="scvi")
    assert (found["state"], found["complete"]) == ("not_applicable", False)


def test_a_collapsed_run_counts_and_is_marked(bench):
    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.0}, collapsed=True)
    bench.run("worm_neuron", "scinfovae", 1, {"kmeans": 0.6})
    found = cell(bench.board(), method="scinfovae")
    assert (found["mean"], found["n_collapsed"], found["complete"]) == (0.3, 1, True)


def test_a_metric_without_a_value_leaves_the_cell_incomplete(bench):
    nan = {"ari": 0.5, "silhouette": None}
    bench.run("worm_neuron", "pca", 0, {"kmeans": nan})
    bench.run("worm_neuron", "pca", 1, {"kmeans": {"ari": 0.5, "silhouette": 0.1}})
    board = bench.board("ari", "silhouette")
    assert cell(board)["complete"]
    found = cell(board, metric="silhouette")
    assert (found["n_done"], found["n_undefined"], found["state"]) == (2, 1, "partial")


def test_unlabelled_data_have_no_ari(bench):
    bench.run("custom", "pca", 0, {"kmeans": {"silhouette": 0.1}}, label_keys=())
    board = bench.board("ari", "silhouette")
    assert cell(board, "custom") is None
    assert cell(board, "custom", metric="silhouette")["mean"] == 0.1


def test_settings_never_share_a_row(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.8}, setting="b", variant="n_components=2")
    board = bench.board()
    shown = {
        board.heads(row)[0]: board.cell("ari", "worm_neuron", row)["mean"] for row in board.rows
    }
    assert shown == {"PCA": 0.2, "PCA (n_components=2)": 0.8}


def test_settings_that_look_alike_are_told_apart(bench):
    # a newer version of the method has the same choices
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2}, setting="aaaaaaaa")
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.8}, setting="bbbbbbbb")
    board = bench.board()
    assert {board.heads(row)[0] for row in board.rows} == {"PCA #aaaaaa", "PCA #bbbbbb"}


def test_files_that_differ_never_share_a_column(bench):
    named = {"data_variant": "path=mine.h5ad, label_key=type"}
    bench.run("custom", "pca", 0, {"kmeans": 0.2}, content="c" * 40, **named)
    bench.run("custom", "pca", 0, {"kmeans": 0.8}, content="d" * 40, **named)
    board = bench.board()
    assert board.data == ["mine.h5ad (@cccccccc)", "mine.h5ad (@dddddddd)"]
    assert [board.base(one) for one in board.data] == board.data


def test_a_file_is_never_taken_for_the_dataset_of_its_name(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    own = {"content": "c" * 40, "data_variant": "path=my/worm_neuron"}
    bench.run("custom", "pca", 0, {"kmeans": 0.8}, **own)
    assert bench.board().data == ["worm_neuron", "custom (worm_neuron)"]


def test_files_without_a_record_keep_their_names(bench):
    for place, name in enumerate(("a.h5", "b.h5")):
        told = {"data_variant": f"path={name}", "content": "", "identity": name}
        bench.run("custom", "pca", place, {}, status="missing", **told)
    assert set(bench.records().runs["data"]) == {"a.h5", "b.h5"}


def test_other_labels_or_paths_are_the_same_data(bench):
    content = "c" * 40
    told = "path=a.h5ad, label_key=fine"
    bench.run("custom", "pca", 0, {"kmeans": 0.2}, content=content, data_variant=told)
    told = "path=b.h5ad, label_key=[fine,coarse]"
    bench.run("custom", "scinfovae", 0, {"kmeans": 0.8}, content=content, data_variant=told)
    assert bench.board().data == ["a.h5ad"]


def test_part_of_the_cells_is_another_column_of_the_same_dataset(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.1}, data_variant="fraction=0.25", identity="q")
    board = bench.board()
    assert board.data == ["worm_neuron", "worm_neuron (fraction=0.25)"]
    assert board.base("worm_neuron (fraction=0.25)") == "worm_neuron"


def test_another_k_is_another_column(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.1}, n_clusters=4.0, identity="k4")
    assert bench.board().data == ["worm_neuron (K=4)", "worm_neuron (K=5)"]


def test_a_run_that_left_no_trace_belongs_to_the_data_of_its_dataset(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    bench.run("worm_neuron", "scinfovae", 0, status="missing")
    assert bench.board().data == ["worm_neuron"]


def test_one_labelling_counts_for_all_methods(bench):
    both = {"kmeans": {"Y": {"ari": 0.2}, "fine": {"ari": 0.9}}}
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.3})
    bench.run("worm_neuron", "pca", 1, {"kmeans": 0.4})
    # scored against other labels first; its score against them must not enter
    bench.run("worm_neuron", "scinfovae", 0, both, label_keys=("fine", "Y"))
    bench.run("worm_neuron", "scinfovae", 1, {"kmeans": 0.9}, label_keys=("fine",))
    found = cell(bench.board(), method="scinfovae")
    assert (found["label_key"], found["mean"]) == ("Y", 0.2)
    assert counts(found) == (2, 1, 0, 1, 0)


def test_a_method_that_only_labels_has_no_clusterers_and_no_space_of_its_own(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": {"ari": 0.5, "silhouette": 0.2}})
    own = {"own": {"ari": 0.7, "silhouette_common": 0.1}}
    bench.run("worm_neuron", "scanpy_leiden", 0, own, asked=())
    board = bench.board("ari", "silhouette", "silhouette_common")
    (row,) = [row for row in board.rows if row[0] == "scanpy_leiden"]
    assert row[2] == "own"
    assert board.cell("silhouette", "worm_neuron", row) is None
    assert board.cell("silhouette_common", "worm_neuron", row)["mean"] == 0.1


def test_two_records_of_one_run_are_refused(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.2})
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.3})
    with pytest.raises(DataError, match=r"dataset=worm_neuron method=pca .* twice"):
        bench.records()
