"""A second command about the same runs: what is there is kept, and what lacks is added."""

from __future__ import annotations

import json

import pandas as pd


def records(results, method="toy"):
    return sorted((results / "runs" / "simulated" / method).glob("*/seed=*"))


def read(record, name):
    return json.loads((record / f"{name}.json").read_text())


def snapshot(results):
    return {
        path.relative_to(results): (path.stat().st_mtime_ns, path.read_bytes())
        for path in results.rglob("*")
        if path.is_file()
    }


def test_the_same_command_again_finds_it_finished(toy, bench, results):
    bench("method=toy")
    before = snapshot(results)
    code, out, err = bench("method=toy")
    assert (code, toy) == (0, [(0,)])
    assert "already finished" in out + err
    assert "kmeans" in out
    assert snapshot(results) == before


def test_force_redoes_it(toy, bench, results):
    bench("method=toy")
    before = snapshot(results)
    code, _, _ = bench("method=toy", "--force")
    assert (code, toy) == (0, [(0,), (0,)])
    after = snapshot(results)
    assert {str(path): data for path, (_, data) in before.items() if path.suffix == ".npy"} == {
        str(path): data for path, (_, data) in after.items() if path.suffix == ".npy"
    }
    assert all(before[path][0] != after[path][0] for path in before if path.suffix == ".json")


def test_another_seed_has_its_own_record(toy, bench, results):
    bench("method=toy", "seed=0")
    bench("method=toy", "seed=0,1")
    assert toy == [(0,), (1,)]
    assert [record.name for record in records(results)] == ["seed=0", "seed=1"]
    assert len({record.parent for record in records(results)}) == 1


def test_a_clusterer_is_added_without_training(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans]")
    (record,) = records(results)
    before = pd.read_parquet(record / "labels.parquet")
    code, out, err = bench("method=toy", "clusterers=[kmeans,ward]")
    assert (code, toy) == (0, [(0,)])
    assert "clusterings added" in err
    assert "ward" in out
    after = pd.read_parquet(record / "labels.parquet")
    pd.testing.assert_frame_equal(after[before.columns], before)
    assert {"final.ward", "pretrained.ward"} <= set(after)


def test_a_clusterer_added_later_is_the_one_computed_at_once(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans]")
    bench("method=toy", "clusterers=[kmeans,ward]")
    later = pd.read_parquet(records(results)[0] / "labels.parquet")
    bench("method=toy", "clusterers=[kmeans,ward]", "--force")
    at_once = pd.read_parquet(records(results)[0] / "labels.parquet")
    pd.testing.assert_frame_equal(later[sorted(later)], at_once[sorted(at_once)])


def test_other_parameters_of_a_clusterer_stand_beside_the_first(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans]")
    bench("method=toy", "clusterers=[kmeans]", "clustering.kmeans.n_init=1")
    entries = read(records(results)[0], "metrics")["clusterings"]
    final = [entry for entry in entries if entry["stage"] == "final"]
    assert toy == [(0,)]
    assert [entry["params"]["n_init"] for entry in final] == [5, 1]
    assert len({entry["column"] for entry in final}) == 2


def test_labels_of_the_method_enter_as_the_clusterer_own(toy, bench, results):
    _, out, _ = bench("method=toy", "method.own=true", "clusterers=[kmeans]")
    (record,) = records(results)
    assert "final.own" in pd.read_parquet(record / "labels.parquet")
    assert "own" in out
    bench("method=toy", "method.own=true", "clusterers=[kmeans]")
    assert toy == [(0,)]


def test_failures_are_tried_again_and_successes_are_not(toy, bench, results):
    words = ("method=toy", "method.raise_for=[1]", "seed=0,1")
    bench(*words)
    toy.clear()
    code, _, _ = bench(*words)
    assert (code, toy) == (1, [(1,)])


def test_what_failed_in_a_clusterer_is_not_trained_again(toy, bench, results, monkeypatch):
    from scinfovae.bench.running import clusterings

    with monkeypatch.context() as patch:
        patch.setattr(clusterings, "cluster_stage", lambda *_: (_ for _ in ()).throw(RuntimeError))
        assert bench("method=toy")[0] == 1
    code, _, _ = bench("method=toy")
    assert (code, toy) == (0, [(0,)])
    assert read(records(results)[0], "status")["status"] == "ok"


def test_the_plan_of_what_is_there_and_what_is_not(toy, bench, results):
    bench("method=toy", "method.raise_for=[1]", "seed=0,1", "clusterers=[kmeans]")
    before = snapshot(results)
    words = ("method=toy", "method.raise_for=[1]", "seed=0,1,2", "clusterers=[kmeans]")
    code, out, _ = bench(*words, "--dry-run", "--json")
    assert code == 0
    assert [row["status"] for row in json.loads(out)] == ["done", "failed before", "to do"]
    _, out, _ = bench(*words[:-1], "clusterers=[ward]", "--dry-run", "--json")
    assert json.loads(out)[0]["status"] == "clusterings to do"
    _, out, _ = bench(*words, "--dry-run")
    assert "3 runs: 1 done, 1 failed before, 1 to do; nothing was run." in out
    assert snapshot(results) == before


def test_a_collapsed_run_stays_marked_when_a_clusterer_fails(toy, bench, results, monkeypatch):
    from scinfovae.bench.running import clusterings

    words = ("method=toy", "method.collapsed=true")
    with monkeypatch.context() as patch:
        patch.setattr(clusterings, "cluster_stage", lambda *_: (_ for _ in ()).throw(RuntimeError))
        assert bench(*words)[0] == 1
    assert read(records(results)[0], "status")["collapsed"] is True
    assert bench(*words)[0] == 0
    status = read(records(results)[0], "status")
    assert (status["status"], status["collapsed"]) == ("ok", True)


def test_a_stage_in_which_every_clusterer_failed_is_clustered_again(
    toy, bench, results, monkeypatch
):
    from scinfovae.bench.running import clusterings

    calls = []

    def refuse_the_first(*given, cluster=clusterings.cluster_stage):
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError
        return cluster(*given)

    words = ("method=toy", "clusterers=[kmeans]")
    with monkeypatch.context() as patch:
        patch.setattr(clusterings, "cluster_stage", refuse_the_first)
        assert bench(*words)[0] == 1
    assert bench(*words)[0] == 0
    entries = read(records(results)[0], "metrics")["clusterings"]
    assert {entry["stage"] for entry in entries} == {"pretrained", "final"}
    assert toy == [(0,)]


def test_a_clusterer_that_failed_does_not_fail_a_command_without_it(
    toy, bench, results, monkeypatch
):
    from scinfovae.bench.running import clusterings

    def refuse(embedding, clusterer, *rest, cluster=clusterings.cluster_stage):
        if clusterer.name == "ward":
            raise RuntimeError("ward is ill")
        return cluster(embedding, clusterer, *rest)

    monkeypatch.setattr(clusterings, "cluster_stage", refuse)
    assert bench("method=toy", "clusterers=[kmeans,ward]")[0] == 1
    assert bench("method=toy", "clusterers=[kmeans]")[0] == 0
    assert bench("method=toy", "clusterers=[kmeans,ward]")[0] == 1
    assert toy == [(0,)]


def test_clusterings_are_not_added_to_a_record_of_other_cells(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans]")
    path = records(results)[0] / "labels.parquet"
    labels = pd.read_parquet(path)
    labels["row"] = labels["row"].to_numpy()[::-1].copy()
    labels.to_parquet(path, index=False)
    before = snapshot(results)
    code, _, err = bench("method=toy", "clusterers=[ward]")
    assert code == 1
    assert "holds other cells" in err
    assert "--force" in err
    assert {k: v for k, (_, v) in snapshot(results).items()} == {
        k: v for k, (_, v) in before.items()
    }
    assert bench("method=toy", "clusterers=[ward]", "--force")[0] == 0
