"""A user's own file, through the command line."""

from __future__ import annotations

import json

import pandas as pd
import pytest


@pytest.fixture
def run(cli, results, counts_file):
    def do(*words):
        own = ("dataset=custom", f"dataset.path={counts_file}", f"results.dir={results}")
        return cli("run", *own, "method=pca", "figures=false", "clusterers=[kmeans]", *words)

    return do


def record_of(results):
    (record,) = results.glob("runs/custom/pca/*/seed=0")
    return record


def test_with_labels(run, results):
    code, out, _ = run("dataset.label_key=cell_type", "preset=quick")
    metrics = json.loads((record_of(results) / "metrics.json").read_text())
    assert code == 0
    assert metrics["n_clusters"] == 3
    # three types of Poisson counts with means of their own are plain to see
    assert metrics["clusterings"][0]["external"]["cell_type"]["ari"] == 1.0
    assert "short preset" in out
    assert run("dataset.label_key=cell_type", "preset=quick")[1].count("already finished") == 1


def test_without_labels_only_label_free_metrics(run, results):
    code, out, _ = run("dataset.n_clusters=3")
    entry = json.loads((record_of(results) / "metrics.json").read_text())["clusterings"][0]
    assert code == 0
    assert entry["external"] == {}
    assert entry["internal"]["silhouette"] > 0
    assert "silhouette" in out
    assert "ARI" not in out
    labels = pd.read_parquet(record_of(results) / "labels.parquet")
    assert list(labels) == ["cell_id", "row", "final.kmeans"]


def test_several_labellings_and_their_maximum(run, results):
    code, out, _ = run("dataset.label_key=[cell_type,coarse]")
    external = json.loads((record_of(results) / "metrics.json").read_text())["clusterings"][0][
        "external"
    ]
    assert code == 0
    assert set(external) == {"cell_type", "coarse", "max"}
    assert external["max"]["ari"] == max(external[k]["ari"] for k in ("cell_type", "coarse"))
    assert "coarse" in out


def test_another_labelling_of_a_finished_run_is_only_scored(run, results):
    run("dataset.label_key=cell_type", "dataset.n_clusters=3")
    before = (record_of(results) / "embedding.npy").stat().st_mtime_ns
    code, _, err = run("dataset.label_key=[cell_type,coarse]", "dataset.n_clusters=3")
    metrics = json.loads((record_of(results) / "metrics.json").read_text())
    assert code == 0
    assert "clusterings added" in err
    assert metrics["label_keys"] == ["cell_type", "coarse"]
    assert set(metrics["clusterings"][0]["external"]) == {"cell_type", "coarse", "max"}
    assert (record_of(results) / "embedding.npy").stat().st_mtime_ns == before


def test_cells_that_are_dropped_take_their_labels_with_them(run, results, counts, change_counts):
    change_counts([0, 40], 0)
    code, _, err = run("dataset.label_key=cell_type")
    labels = pd.read_parquet(record_of(results) / "labels.parquet")
    assert code == 0
    assert "2 cells" in err
    assert len(labels) == 88
    expected = counts.obs["cell_type"].astype(str).iloc[labels["row"]]
    assert labels["label.cell_type"].tolist() == expected.tolist()
    assert labels["cell_id"].tolist() == expected.index.tolist()
