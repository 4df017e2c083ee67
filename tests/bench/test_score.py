"""Scoring again: what changes is told to the last digit, and nothing is trained."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from scinfovae.cli.main import main
from scinfovae.metrics import external_scores, internal_scores

WORDS = ("method=toy", "clusterers=[kmeans]")


@pytest.fixture
def score(toy, bench, results, capsys):
    """Two finished runs; gives the verb ``score`` on their store."""
    bench(*WORDS, "seed=0,1")
    toy.clear()

    def run(*words):
        code = main(["score", *words, f"results.dir={results}"])
        captured = capsys.readouterr()
        assert toy == []  # nothing is ever trained
        return code, captured.out, captured.err

    return run


def folder(results, seed=0):
    (found,) = results.glob(f"runs/simulated/toy/*/seed={seed}")
    return found


def entries(results, seed=0):
    metrics = json.loads((folder(results, seed) / "metrics.json").read_text())
    return {(entry["stage"], entry["key"]): entry for entry in metrics["clusterings"]}


def change(results, edit, seed=0):
    path = folder(results, seed) / "metrics.json"
    metrics = json.loads(path.read_text())
    edit(metrics["clusterings"])
    path.write_text(json.dumps(metrics))


def snapshot(results):
    files = (path for path in results.glob("runs/**/*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.parametrize("flags", [[], ["--recompute"], ["--recluster"]])
def test_where_nothing_changes_nothing_is_written(score, results, flags):
    before = snapshot(results)
    code, out, err = score(*flags)
    assert code == 0
    assert out == "2 runs scored: nothing changed.\n"
    assert err.count("nothing changed") == 2
    assert snapshot(results) == before


def test_a_wrong_number_is_mended_and_told(score, results):
    right = entries(results)["final", "kmeans"]["external"]["cluster"]["ari"]
    change(results, lambda all_: all_[-1]["external"]["cluster"].update(ari=0.125))
    code, out, _ = score("--recompute")
    assert code == 0
    assert entries(results)["final", "kmeans"]["external"]["cluster"]["ari"] == right
    (line,) = (line for line in out.splitlines() if " ari " in line)
    assert line.split()[-2:] == ["0.125000", f"{right:.6f}"]
    assert "2 runs scored: 0 numbers added, 1 changed." in out


def test_a_difference_in_the_last_digit_is_told_in_all_digits(score, results):
    right = entries(results)["final", "kmeans"]["internal"]["silhouette"]
    wrong = float(np.nextafter(right, 2))
    change(results, lambda all_: all_[-1]["internal"].update(silhouette=wrong))
    _, out, _ = score("--recompute")
    assert str(wrong) in out
    assert str(right) in out


def test_without_being_asked_only_what_lacks_is_added(score, results):
    def edit(all_):
        all_[-1]["external"]["cluster"].pop("homogeneity")
        all_[-1]["external"]["cluster"]["ari"] = 0.125

    right = entries(results)["final", "kmeans"]["external"]["cluster"]["homogeneity"]
    change(results, edit)
    code, out, _ = score()
    found = entries(results)["final", "kmeans"]["external"]["cluster"]
    assert code == 0
    assert found["homogeneity"] == right
    assert found["ari"] == 0.125
    assert "1 numbers added, 0 changed" in out


def test_a_clusterer_is_added_with_the_scores_it_would_have_had(score, bench, results):
    code, out, err = score("clusterers=[ward]", "seed=0")
    assert code == 0
    assert "ward" in out
    assert "18 added" in err  # nine metrics at two stages
    assert ("final", "ward") not in entries(results, seed=1)
    labels = pd.read_parquet(folder(results) / "labels.parquet")
    added = entries(results)["final", "ward"]
    expected = external_scores(labels["label.cluster"], labels["final.ward"])
    assert added["external"]["cluster"] == pytest.approx(expected, abs=1e-12)
    bench(*WORDS[:1], "clusterers=[ward]", "seed=1")
    bench(*WORDS[:1], "clusterers=[kmeans,ward]", "seed=0,1", "--force")
    again = entries(results)["final", "ward"]
    for part in ("external", "internal", "params"):
        assert again[part] == added[part]


def test_parameters_of_a_clusterer_stand_beside_its_defaults(score, results):
    score("clusterers=[kmeans]", "clustering.kmeans.n_init=1")
    keys = [key for stage, key in entries(results) if stage == "final"]
    assert len(keys) == 2
    assert keys[0] == "kmeans"
    assert keys[1].startswith("kmeans@")


def test_reclustering_mends_labels_and_says_how_many(score, results):
    path = folder(results) / "labels.parquet"
    right = pd.read_parquet(path)
    wrong = right.assign(**{"final.kmeans": np.roll(right["final.kmeans"], 1)})
    moved = int((right["final.kmeans"] != wrong["final.kmeans"]).sum())
    wrong.to_parquet(path, index=False)
    code, _, err = score("--recompute", "seed=0")
    assert code == 0
    assert "9 changed" in err  # every metric, of the labels as they are stored
    assert pd.read_parquet(path).equals(wrong)
    code, _, err = score("--recluster", "seed=0")
    assert code == 0
    assert f"{moved} labels of cells changed" in err
    assert pd.read_parquet(path)["final.kmeans"].equals(right["final.kmeans"])


@pytest.fixture
def counts_file(tmp_path):
    counts = np.random.default_rng(0).poisson(2.0, size=(40, 60))
    table = pd.DataFrame(counts, columns=[f"gene_{j}" for j in range(60)])
    table.insert(0, "cell_type", ["a", "b"] * 20)
    table.index = [f"cell_{i}" for i in range(40)]
    table.to_csv(tmp_path / "counts.csv")
    return tmp_path / "counts.csv"


def test_without_the_data_all_is_scored_that_needs_none(toy, counts_file, results, capsys):
    own = ["dataset=custom", f"dataset.path={counts_file}", "dataset.label_key=cell_type"]
    where = f"results.dir={results}"
    assert main(["run", *own, *WORDS, "figures=false", where]) == 0
    (record,) = results.glob("runs/custom/toy/*/seed=0")
    path = record / "metrics.json"
    right = json.loads(path.read_text())["clusterings"]
    wrong = json.loads(path.read_text())
    wrong["clusterings"][-1]["external"]["cell_type"]["ari"] = 0.125
    wrong["clusterings"][-1]["internal"]["silhouette"] = 0.125
    path.write_text(json.dumps(wrong))
    counts_file.rename(counts_file.with_name("elsewhere.csv"))
    capsys.readouterr()

    assert main(["score", "--recompute", "clusterers=[ward]", where]) == 3
    err = capsys.readouterr().err
    assert "not in the common space: there is no file" in err
    assert "2 changed" in err
    *mended, _, ward = json.loads(path.read_text())["clusterings"]
    assert mended == right
    assert ward["internal"]["silhouette"] is not None
    assert "silhouette_common" not in ward["internal"]

    counts_file.with_name("elsewhere.csv").rename(counts_file)
    assert main(["score", where]) == 0
    assert "4 added" in capsys.readouterr().err  # what the two new clusterings lacked
    ward = json.loads(path.read_text())["clusterings"][-1]
    assert ward["internal"]["silhouette_common"] is not None


def test_other_data_than_those_of_the_run_are_not_taken(score, results):
    path = folder(results) / "provenance.json"
    facts = json.loads(path.read_text())
    facts["dataset"]["content_hash"] = "0" * 64
    path.write_text(json.dumps(facts))
    code, _, err = score("--recompute", "seed=0")
    assert code == 3
    assert "the dataset is another one by now" in err


def test_a_damaged_record_costs_only_itself(score, results):
    (folder(results) / "labels.parquet").write_bytes(b"torn")
    code, out, err = score("--recompute")
    assert code == 1
    assert "labels.parquet' is damaged" in err
    assert "2 runs scored" in out
    assert err.count("nothing changed") == 1


def test_a_failing_clusterer_is_told_and_the_run_stays_as_it_was(score, results, monkeypatch):
    from scinfovae.bench.running import rescore_record

    def refuse(*_):
        raise RuntimeError("ward is ill")

    before = snapshot(results)
    with monkeypatch.context() as patch:
        patch.setattr(rescore_record, "cluster_stage", refuse)
        code, _, err = score("clusterers=[ward]")
    assert code == 1
    assert "ward is ill" in err
    assert snapshot(results) == before


def test_a_clusterer_that_failed_once_is_mended(toy, bench, results, score, monkeypatch):
    from scinfovae.bench.running import clusterings

    def refuse(*_):
        raise RuntimeError("ward is ill")

    with monkeypatch.context() as patch:
        patch.setattr(clusterings, "cluster_stage", refuse)
        bench(*WORDS[:1], "clusterers=[ward]", "seed=0")
    status = folder(results) / "status.json"
    assert json.loads(status.read_text())["status"] == "failed"
    assert score("clusterers=[ward]", "seed=0")[0] == 0
    assert json.loads(status.read_text())["status"] == "ok"


def test_runs_without_anything_stored_are_counted(score, bench, results, toy):
    bench(*WORDS, "method.raise_for=[5]", "seed=5")
    toy.clear()
    code, out, _ = score()
    assert code == 0
    assert out.endswith("nothing changed; 1 of 3 chosen have nothing to score.\n")


def test_labels_without_an_embedding_are_scored_again(toy, bench, results, capsys):
    bench("method=oracle_labels")
    assert main(["score", "--recompute", f"results.dir={results}"]) == 0
    assert "nothing changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["method.width=3"], "is nothing that scoring depends on"),
        (["cluterers=[ward]"], "Did you mean 'clusterers'?"),
        (["clusterers=[wart]"], "there is no clusterer 'wart'"),
        (["clustering.ward.exact_up_to=10"], "say which clusterers to add"),
        (["dataset=muraro"], "no run in"),
        (["threads=1,2"], "one setting at a time"),
    ],
)
def test_what_cannot_be_meant_is_told(score, words, told):
    code, _, err = score(*words)
    assert code == 2
    assert told in err


def test_json_lists_every_change(score, results):
    change(results, lambda all_: all_[-1]["internal"].update(silhouette=None))
    _, out, _ = score("--recompute", "--json")
    first, second = json.loads(out)
    assert [c["metric"] for c in first["changes"]] == ["silhouette"]
    assert first["changes"][0]["old"] is None
    embedding = np.load(folder(results) / "embedding.npy")
    labels = pd.read_parquet(folder(results) / "labels.parquet")["final.kmeans"]
    expected = internal_scores(embedding, labels)["silhouette"]
    assert first["changes"][0]["new"] == pytest.approx(expected, rel=1e-9)
    assert second["changes"] == []
