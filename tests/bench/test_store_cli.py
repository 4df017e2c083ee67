"""``scinfovae-bench store`` as a user meets it."""

from __future__ import annotations

import json

import pytest
import yaml

from scinfovae.cli.main import main


@pytest.fixture
def store(toy, bench, results, capsys):
    """Three runs, one of them failed; gives the command line on their store."""
    bench("method=toy", "method.raise_for=[1]", "seed=0,1", "clusterers=[kmeans]")
    bench("method=pca", "seed=0", "preset=quick", "clusterers=[kmeans]")

    def run(*words):
        code = main(["store", *words, f"results.dir={results}"])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def listed(store, *words):
    code, out, _ = store("list", *words, "--json")
    assert code == 0
    return [(row["method"], row["seed"], row["status"]) for row in json.loads(out)]


ALL = [("pca", 0, "ok"), ("toy", 0, "ok"), ("toy", 1, "failed")]


def test_list_shows_every_run_with_its_status(store):
    code, out, err = store("list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == [
        "dataset",
        "method",
        "variant",
        "preset",
        "seed",
        "status",
        "stage",
        "identity",
    ]
    assert "raise_for=[1]" in out
    assert lines[-1] == "3 of 3 runs: 2 ok, 1 failed."
    assert listed(store) == ALL


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["method=toy"], ALL[1:]),
        (["method=toy,pca", "seed=0"], ALL[:2]),
        (["seed=range(1,4)"], ALL[2:]),
        (["status=failed,missing"], ALL[2:]),
        (["preset=quick"], ALL[:1]),
        (["dataset=simulated", "status=ok"], ALL[:2]),
        (["method=t*"], ALL[1:]),
        (["dataset=muraro"], []),
    ],
)
def test_list_can_be_asked_for_some(store, words, expected):
    assert listed(store, *words) == expected


def test_runs_are_named_by_their_first_digits_or_their_folder(store, results):
    (toy,) = results.glob("runs/simulated/toy/*")
    assert listed(store, f"identity={toy.name[:6]}") == ALL[1:]
    assert listed(store, toy.name[:4]) == ALL[1:]
    assert listed(store, toy.name[:4], "seed=0") == [ALL[1]]
    assert listed(store, str(toy / "seed=1")) == [ALL[2]]
    assert listed(store, f"runs/simulated/toy/{toy.name}/seed=1") == [ALL[2]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list", "methd=toy"], "'methd=toy' chooses no runs. Did you mean 'method'?"),
        (["list", "method=tou"], "there is no method 'tou'. Did you mean 'toy'?"),
        (["list", "status=okay"], "there is no status 'okay'"),
        (["list", "xyz"], "'xyz' names no run"),
        (["show"], "needs a run"),
        (["show", "abcdef0123"], "no run fits"),
        (["show", "method=toy"], "2 runs fit 'method=toy'"),
        (["export", "method=toy"], "says nothing"),
        (["reindex", "--yes"], "--yes goes with 'store gc'"),
        (["gc", "--out", "x"], "--out goes with 'store export'"),
        (["gc", "method=toy"], "says nothing"),
    ],
)
def test_what_cannot_be_meant_is_told(store, words, told):
    code, _, err = store(*words)
    assert code == 2
    assert told in err


def test_no_results_are_told(tmp_path, capsys):
    for action in ("list", "export", "reindex"):
        assert main(["store", action, f"results.dir={tmp_path / 'none'}"]) == 3
        assert "there are no results in" in capsys.readouterr().err


def test_show_tells_all_of_a_run(store, results):
    code, out, _ = store("show", "method=pca")
    assert code == 0
    (record,) = results.glob("runs/simulated/pca/*/seed=0")
    metrics = json.loads((record / "metrics.json").read_text())
    ari = metrics["clusterings"][0]["external"]["cluster"]["ari"]
    for told in (
        "simulated × pca, seed 0",
        "status: ok",
        f"record: {record}",
        f"{ari:.3f}",
        "made by scinfovae",
        "n_components: 50",
        "to do it again:",
        "scinfovae-bench run dataset=simulated method=pca preset=quick",
    ):
        assert told in out
    code, out, _ = store("show", str(record), "--json")
    shown = json.loads(out)
    assert shown["metrics"] == metrics
    assert shown["config"] == yaml.safe_load((record / "config.yaml").read_text())


def test_show_tells_why_a_run_failed(store):
    _, out, _ = store("show", "status=failed")
    assert "status: failed at fit: toy refuses seed 1" in out


def test_list_names_what_is_torn_and_what_is_foreign(store, results):
    (record,) = results.glob("runs/simulated/pca/*/seed=0")
    (record / "metrics.json").write_text("{")
    (results / "runs" / "notes.txt").write_text("")
    code, out, err = store("list")
    assert code == 0
    assert f"'{record}': its metrics.json is torn" in err
    assert "notes.txt': it is no folder of a dataset" in err
    assert out.splitlines()[-1] == "3 of 3 runs: 2 failed, 1 ok."


def test_gc_lists_and_removes_only_with_yes(store, results):
    (identity,) = results.glob("runs/simulated/pca/*")
    left = identity / ".tmp-99.abc-seed=0"
    left.mkdir()
    code, out, _ = store("gc")
    assert code == 0
    assert str(left) in out
    assert "nothing was removed, --yes does it" in out
    assert left.exists()
    code, out, _ = store("gc", "--yes", "--json")
    removed = {row["kind"] for row in json.loads(out) if row["removed"]}
    assert (code, removed) == (0, {"interrupted", "lock"})
    assert not left.exists()
    assert listed(store) == ALL
    _, out, _ = store("gc")
    assert out.splitlines()[-1] == "0 could go, 0 B."


def test_export_and_reindex_say_what_they_did(store, results, tmp_path):
    code, out, _ = store("export", "--out", str(tmp_path / "all.parquet"))
    assert code == 0
    assert out.startswith("3 runs (2 ok, 1 failed), ")
    assert out.endswith("all.parquet\n")
    code, out, _ = store("export", "--json")
    assert json.loads(out)["runs"] == {"ok": 2, "failed": 1}
    code, out, _ = store("reindex")
    assert (code, out) == (0, f"3 records, 0 torn or foreign files: {results / 'index.parquet'}\n")
