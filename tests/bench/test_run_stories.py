"""The harness told as stories, with a throw-away method on a tiny dataset."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from scinfovae.metrics import external_scores, internal_scores

RECORD = {
    "config.yaml",
    "provenance.json",
    "status.json",
    "embedding.npy",
    "embedding_pretrained.npy",
    "labels.parquet",
    "history.parquet",
    "metrics.json",
    "log.txt",
}


def records(results, method="toy"):
    return sorted((results / "runs" / "simulated" / method).glob("*/seed=*"))


def read(record, name):
    return json.loads((record / f"{name}.json").read_text())


def test_a_run_leaves_one_whole_record(toy, bench, results):
    code, out, _ = bench("method=toy")
    (record,) = records(results)
    assert code == 0
    assert {path.name for path in record.iterdir()} == RECORD
    assert str(record) in out
    assert read(record, "status")["status"] == "ok"
    embedding = np.load(record / "embedding.npy")
    assert embedding.dtype == np.float32
    expected = np.random.default_rng(0).normal(size=embedding.shape)
    np.testing.assert_allclose(embedding, expected, rtol=1e-6)
    config = yaml.safe_load((record / "config.yaml").read_text())
    assert config["method"]["name"] == "toy"
    assert (config["seed"], config["n_clusters"]) == (0, 3)
    provenance = read(record, "provenance")
    assert provenance["identity"] == record.parent.name
    assert provenance["command"].startswith("scinfovae-bench run")
    assert provenance["stacked_seeds"] == [0]
    assert len(provenance["numerics"]["hash"]) == 16


def test_scores_are_those_of_the_stored_labels_and_embeddings(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans,ward]")
    (record,) = records(results)
    labels, metrics = pd.read_parquet(record / "labels.parquet"), read(record, "metrics")
    found = {(entry["stage"], entry["key"]) for entry in metrics["clusterings"]}
    stages = ("pretrained", "final")
    assert found == {(stage, key) for stage in stages for key in ("kmeans", "ward")}
    files = {"final": "embedding.npy", "pretrained": "embedding_pretrained.npy"}
    for entry in metrics["clusterings"]:
        predicted = labels[entry["column"]].to_numpy()
        expected = external_scores(labels["label.cluster"].to_numpy(), predicted)
        assert entry["external"]["cluster"] == pytest.approx(expected, abs=1e-12)
        own = internal_scores(np.load(record / files[entry["stage"]]), predicted)
        for key in ("silhouette", "calinski_harabasz"):
            assert entry["internal"][key] == pytest.approx(own[key], rel=1e-9)
            assert entry["internal"][f"{key}_common"] is not None
        assert entry["params"]
        assert entry["seconds"] >= 0


def test_stack_width_decides_what_is_trained_together(toy, bench, results):
    bench("method=toy", "seed=range(5)", "stack_width=2")
    assert toy == [(0, 1), (2, 3), (4,)]
    stacked = [read(record, "provenance")["stacked_seeds"] for record in records(results)]
    assert stacked == [[0, 1], [0, 1], [2, 3], [2, 3], [4]]
    hashes = {read(record, "provenance")["numerics"]["hash"] for record in records(results)}
    assert len(hashes) == 2


def test_a_seed_that_fails_does_not_stop_the_others(toy, bench, results):
    words = ("method=toy", "method.raise_for=[1]", "seed=0,1,2", "stack_width=3")
    code, out, _ = bench(*words)
    status = {record.name: read(record, "status") for record in records(results)}
    assert code == 1
    assert {name: s["status"] for name, s in status.items()} == {
        "seed=0": "ok",
        "seed=1": "failed",
        "seed=2": "ok",
    }
    assert "toy refuses seed 1" in status["seed=1"]["message"]
    assert "RuntimeError" in status["seed=1"]["traceback"]
    assert toy == [(0, 1, 2), (0,), (1,), (2,)]
    assert "1 of 3 runs failed" in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("choice", "status", "code"),
    [
        ("method.nan_for=[0]", "nan", 1),
        ("method.memory_for=[0]", "oom", 1),
        ("method.bad_shape=true", "failed", 1),
        ("method.bad_history=true", "failed", 1),
        ("method.not_for=[0]", "not_applicable", 0),
    ],
)
def test_how_a_run_can_end(toy, bench, results, choice, status, code):
    found, out, _ = bench("method=toy", choice)
    (record,) = records(results)
    assert found == code
    assert read(record, "status")["status"] == status
    assert status in out
    assert not (record / "embedding.npy").exists()
    assert {"config.yaml", "provenance.json", "log.txt"} <= {p.name for p in record.iterdir()}


@pytest.mark.parametrize("verb", ["run", "sweep"])
def test_a_run_to_which_the_method_does_not_apply_is_not_told_as_done(toy, bench, verb):
    code, _, err = bench("method=toy", "method.not_for=[0]", verb=verb)
    told = err.splitlines()[-1]
    assert code == 0
    assert told.endswith("simulated × toy, seed 0: not applicable: toys do not work here")
    again = bench("method=toy", "method.not_for=[0]")[2].splitlines()[-1]
    assert again.endswith("seed 0: not applicable: toys do not work here")


def test_that_it_does_not_apply_is_said_once_for_a_stack_and_without_a_traceback(
    toy, bench, results
):
    code, out, err = bench("method=toy", "method.not_for=[0]", "seed=0,1", "stack_width=2")
    assert code == 0
    assert toy == [(0, 1)]
    assert "trying each alone" not in err
    for record in records(results):
        status = read(record, "status")
        assert (status["status"], status["traceback"]) == ("not_applicable", "")
    out = bench("method=toy", "method.not_for=[0]", "seed=0,1", "stack_width=2", verb="sweep")[1]
    assert "not applicable" in out


def test_a_collapsed_run_is_a_finished_run_with_a_mark(toy, bench, results):
    code, out, _ = bench("method=toy", "method.collapsed=true")
    status = read(records(results)[0], "status")
    assert (code, status["status"], status["collapsed"]) == (0, "ok", True)
    assert "COLLAPSED" in out


def test_a_failing_clusterer_costs_only_itself(toy, bench, results, monkeypatch):
    from scinfovae.bench.running import clusterings

    def refuse(embedding, clusterer, n_clusters, seed, cluster=clusterings.cluster_stage):
        if clusterer.name == "ward":
            raise RuntimeError("ward is ill")
        return cluster(embedding, clusterer, n_clusters, seed)

    monkeypatch.setattr(clusterings, "cluster_stage", refuse)
    code, out, _ = bench("method=toy", "clusterers=[kmeans,ward]")
    (record,) = records(results)
    assert code == 1
    assert "ward is ill" in out
    assert (record / "embedding.npy").exists()
    assert read(record, "status")["status"] == "failed"


def test_an_interrupt_leaves_nothing_half_written(toy, bench, results):
    code, _, err = bench("method=toy", "method.interrupt=true")
    assert code == 130
    assert "interrupted" in err
    assert not list(results.rglob("seed=*"))


def test_an_interrupt_while_writing_leaves_nothing_half_written(toy, bench, results, monkeypatch):
    from scinfovae.bench.records import contents

    def interrupt(path, frame):
        raise KeyboardInterrupt

    monkeypatch.setattr(contents, "write_parquet", interrupt)
    code, _, _ = bench("method=toy")
    assert code == 130
    assert not list(results.rglob("seed=*"))
    assert not list(results.glob("runs/*"))


def test_json_of_results_is_for_machines(toy, bench, results):
    code, out, _ = bench("method=toy", "seed=0,1", "--json")
    runs = json.loads(out)["runs"]
    assert code == 0
    assert [(run["seed"], run["status"], run["action"]) for run in runs] == [
        (0, "ok", "done"),
        (1, "ok", "done"),
    ]
    assert runs[0]["metrics"]["clusterings"]


def test_several_seeds_end_with_mean_and_standard_deviation(toy, bench, results):
    _, out, _ = bench("method=toy", "seed=0,1,2", "clusterers=[kmeans]")
    found = [
        entry["external"]["cluster"]["ari"]
        for record in records(results)
        for entry in read(record, "metrics")["clusterings"]
        if entry["stage"] == "final"
    ]
    told = f"{np.mean(found):.3f} ± {np.std(found, ddof=1):.3f}"
    assert "mean ± sd over seeds 0, 1, 2" in out
    assert told in out


def test_pca_end_to_end(bench, results):
    code, out, _ = bench("method=pca", "seed=0,1")
    assert code == 0
    first, second = records(results, "pca")
    np.testing.assert_array_equal(
        np.load(first / "embedding.npy"), np.load(second / "embedding.npy")
    )
    assert not (first / "embedding_pretrained.npy").exists()
    for heading in ("ARI", "NMI", "accuracy", "silhouette", "CH", "CH PCA-50"):
        assert heading in out
    _, out, _ = bench("method=pca", "seed=0,1")
    assert out.count("already finished") == 2


def test_the_provenance_holds_the_seconds_of_every_stage(toy, bench, results):
    bench("method=toy")
    seconds = read(records(results)[0], "provenance")["seconds"]
    assert set(seconds) == {"load", "preprocess", "fit"}
    assert seconds["fit"] == 0.5
