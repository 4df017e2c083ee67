"""Sweeps told as stories, in this process, with a throw-away method."""

from __future__ import annotations

import json

import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.records.manifest import read_manifests
from scinfovae.data.registry import group_members
from scinfovae.methods import METHODS


@pytest.fixture
def sweep(bench):
    def run(*words):
        return bench("method=toy", "clusterers=[kmeans]", *words, verb="sweep")

    return run


def test_a_sweep_does_what_is_missing_and_shows_it(toy, bench, sweep, results):
    bench("method=toy", "seed=1", "clusterers=[kmeans]")
    code, out, err = sweep("seed=range(3)")
    assert code == 0
    assert toy == [(1,), (0,), (2,)]
    assert "3 runs (1 done, 2 to do)" in err
    assert "[1 of 2" in err
    assert "[2 of 2] simulated × toy, seed 2: done" in err
    header, row = out.splitlines()[:2]
    assert header.split() == ["dataset", "method", "done", "failed", "missing", "ARI", "kmeans"]
    assert row.split()[:5] == ["simulated", "toy", "3", "0", "0"]
    assert "scinfovae-bench tables" in out


def test_repeated_it_does_nothing(toy, sweep):
    sweep("seed=range(3)")
    code, _, err = sweep("seed=range(3)")
    assert (code, len(toy)) == (0, 3)
    assert "3 runs (3 done)" in err


def test_values_of_methods_are_swept_too(toy, sweep, results):
    code, out, err = sweep("method.width=2,3,4", "seed=0,1")
    assert (code, len(toy)) == (0, 6)
    lines = [line for line in err.splitlines() if "seed 0: done" in line]
    assert ["width=3" in line for line in lines] == [False, True, False]
    assert ["width=4)" in line for line in lines] == [False, False, True]
    assert [line.split()[2] for line in out.splitlines()[1:4]] == ["2", "width=3", "width=4"]
    assert len(list(results.glob("runs/simulated/toy/*"))) == 3


def test_what_failed_before_is_left_and_told(toy, sweep):
    assert sweep("seed=range(3)", "method.nan_for=[1]")[0] == 1
    code, out, err = sweep("seed=range(3)", "method.nan_for=[1]")
    assert (code, len(toy)) == (1, 3)
    assert "1 failed before and is left as it is; --retry-failed does them again" in err
    assert "1 of 3 runs are not done, 1 of them failed" in out
    code, _, err = sweep("seed=range(3)", "method.nan_for=[1]", "--retry-failed")
    assert (code, toy[3:]) == (1, [(1,)])
    assert "[1 of 1, 1 failed] simulated × toy, seed 1: nan: the loss left the numbers" in err


def test_force_redoes_everything(toy, sweep):
    sweep("seed=range(2)")
    code, _, _ = sweep("seed=range(2)", "--force")
    assert (code, toy) == (0, [(0,), (1,)] * 2)


def test_a_clusterer_that_failed_is_not_tried_again_unasked(toy, bench, monkeypatch):
    import scinfovae.clustering

    real, tried = scinfovae.clustering.cluster, []

    def refuse(name, *rest):
        tried.append(name)
        if name == "ward":
            raise RuntimeError("no tree today")
        return real(name, *rest)

    monkeypatch.setattr(scinfovae.clustering, "cluster", refuse)
    assert bench("method=toy", "clusterers=[kmeans,ward]", verb="sweep")[0] == 1
    del tried[:]
    code, _, err = bench("method=toy", "clusterers=[kmeans,ward]", verb="sweep")
    assert (code, tried) == (1, [])
    assert "1 failed before" in err
    # another clusterer is another wish
    assert bench("method=toy", "clusterers=[kmeans,gmm]", verb="sweep")[0] == 0
    assert set(tried) == {"gmm"}


def test_what_is_asked_for_is_written_down_before_the_first_run(toy, sweep, results):
    assert sweep("seed=range(2)", "method.nan_for=[0]")[0] == 1
    (manifest,) = read_manifests(results)
    assert [(run.method, run.seed, run.clusterers) for run in manifest.runs] == [
        ("toy", 0, ("kmeans",)),
        ("toy", 1, ("kmeans",)),
    ]
    assert manifest.runs[0].variant == "nan_for=[0]"
    assert manifest.command.startswith("scinfovae-bench sweep")
    # a sweep that ends before its first record has told what it was to do
    assert sweep("seed=range(5)", "method.interrupt=true")[0] == 130
    assert {len(manifest.runs) for manifest in read_manifests(results)} == {2, 5}


def test_run_writes_it_down_too_if_there_are_several(toy, bench, results):
    bench("method=toy", "seed=0")
    assert read_manifests(results) == []
    bench("method=toy", "seed=0,1")
    (manifest,) = read_manifests(results)
    assert [run.seed for run in manifest.runs] == [0, 1]


def test_a_dry_run_writes_nothing_and_knows_every_run(toy, bench, sweep, results):
    code, out, _ = sweep("seed=range(3)", "--dry-run")
    assert code == 0
    assert not results.exists()
    assert out.count("to do") == 4
    assert "no records of such runs yet" in out
    sweep("seed=0,1", "method.nan_for=[1]")
    code, out, _ = sweep("seed=range(3)", "method.nan_for=[1]", "--dry-run", "--json")
    told = json.loads(out)
    assert [run["status"] for run in told["runs"]] == ["done", "failed before", "to do"]
    assert told["counts"] == {"done": 1, "failed before": 1, "to do": 1}
    assert code == 0


def test_a_dry_run_tells_apart_the_shares_of_a_dataset(toy, sweep):
    words = ("seed=0", "dataset.fraction=0.5,1", "method.nan_for=[4]", "--dry-run", "--json")
    runs = json.loads(sweep(*words)[1])["runs"]
    assert ["fraction=0.5" in run["variant"] for run in runs] == [True, False]


def test_the_estimate_is_what_such_runs_took(toy, bench, sweep):
    sweep("seed=0,1")
    told = json.loads(sweep("seed=range(5)", "--dry-run", "--json")[1])
    seconds = {run["seed"]: run["seconds"] for run in told["runs"]}
    assert seconds[0] == seconds[1] == 0
    # the toy says that it takes half a second; reading and clustering are added
    assert 0.5 < seconds[2] == seconds[3] == seconds[4]
    assert told["estimate"] == {
        "seconds": pytest.approx(3 * seconds[2]),
        "unknown": 0,
        "workers": 1,
    }
    words = ("seed=range(5)", "executor=processes", "executor.workers=3", "executor.gpus=none")
    shared = json.loads(sweep(*words, "--dry-run", "--json")[1])["estimate"]
    assert shared == {"seconds": pytest.approx(seconds[2]), "unknown": 0, "workers": 3}
    other = json.loads(bench("method=pca", "--dry-run", "--json", verb="sweep")[1])
    assert other["estimate"]["unknown"] == 1


def test_an_estimate_grows_with_cells(toy, cli, sweep, results):
    sweep("seed=0")
    (small,) = json.loads(sweep("seed=1", "--dry-run", "--json")[1])["runs"]
    words = ("dataset=simulated", "method=toy", "clusterers=[kmeans]", f"results.dir={results}")
    larger = ("dataset.simulation.n_cells=600", "--dry-run", "--json")
    (large,) = json.loads(cli("sweep", *words, *larger)[1])["runs"]
    # filtering drops none of the 60 cells
    assert large["seconds"] == pytest.approx(10 * small["seconds"])


def test_json_tells_every_run(toy, sweep):
    code, out, _ = sweep("seed=0,1", "method.nan_for=[1]", "--json")
    told = json.loads(out)
    assert code == 1
    assert [(run["seed"], run["state"], run["status"]) for run in told["runs"]] == [
        (0, "done", "ok"),
        (1, "failed before", "nan"),
    ]
    assert told["runs"][0]["ari"] is not None
    assert told["counts"] == {"done": 1, "failed before": 1}


def test_data_that_cannot_be_had_stop_only_their_own_runs(toy, cli, tmp_path):
    missing = f"dataset.path={tmp_path / 'nowhere.h5ad'}"
    experiment = tmp_path / "two.yaml"
    words = f"[dataset=custom, '{missing}', dataset.label_key=x], [dataset=simulated]"
    experiment.write_text(f"description: x\nruns: [{words}]\n")
    results = f"results.dir={tmp_path / 'r'}"
    words = (f"experiment={experiment}", "method=toy", "clusterers=[kmeans]", results)
    code, out, err = cli("sweep", *words)
    assert code == 1
    assert "there is no file" in err
    assert "1 of 2 runs are not done" in out
    words = ("dataset=custom", missing, "dataset.label_key=x", "method=toy", results)
    assert cli("sweep", *words)[0] == 3


def test_a_file_that_cannot_be_had_is_looked_for_once(toy, cli, tmp_path):
    (tmp_path / "mirror").mkdir()
    where = (f"data.mirror={tmp_path / 'mirror'}", f"results.dir={tmp_path / 'r'}")
    small = ("dataset.simulation.n_cells=60", "dataset.simulation.n_genes=80")
    experiment = tmp_path / "two.yaml"
    sweeps = f"[dataset=muraro, 'method.width=2,3', 'seed=0,1'], [{', '.join(small)}]"
    experiment.write_text(f"description: x\nruns: [{sweeps}]\n")
    words = (f"experiment={experiment}", "method=toy", "clusterers=[kmeans]", *where)
    code, out, err = cli("sweep", *words)
    assert code == 1
    assert err.count("'muraro' is not in the mirror folder") == 1
    assert "4 of 5 runs are not done" in out
    assert toy == [(0,)]


def test_one_command_has_one_executor(bench):
    code, _, err = bench("executor=inline,processes", "method=pca", verb="sweep")
    assert code == 2
    assert "one command has one executor" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["executor.time_limit=5"],
            "no key 'executor.time_limit'. It is no key of executor=inline",
        ),
        (["executor=process"], "Did you mean 'processes'?"),
        (["executor=processes", "executor.time_limit=0"], "time_limit=0.0 must be above 0"),
        (["executor=processes", "executor.workers=0"], "executor.workers=0 must be at least 1"),
        (["executor=processes", "executor.gpus=[]"], "executor.gpus=[] must list GPUs"),
        (["executor=processes", "executor.gpus=none", "device=cuda"], "device=cuda contradicts"),
        (["executor=slurm", "executor.gpus=-1"], "executor.gpus=-1 must be at least 0"),
        (["executor=slurm", "executor.setup=x"], "executor.setup='x' must be a list"),
    ],
)
def test_executors_are_checked(bench, words, told):
    code, _, err = bench("method=pca", *words, verb="sweep")
    assert code == 2
    assert told in err


def test_without_slurm_one_sentence_says_what_to_do(bench, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    code, _, err = bench("method=pca", "executor=slurm", verb="sweep")
    assert code == 2
    assert "there is no 'sbatch' on the PATH" in err


def test_without_submitit_one_sentence_says_what_to_install(bench, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "submitit", None)
    code, _, err = bench("method=pca", "executor=slurm", verb="sweep")
    assert code == 2
    assert "pip install -e '.[slurm]' in the folder of the clone." in err


def test_fifteen_datasets_twenty_methods_five_seeds_are_composed_once(monkeypatch):
    import hydra

    real, composed = hydra.compose, []

    def count(*args, **kwargs):
        composed.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(hydra, "compose", count)
    values = ",".join(str(1 + i) for i in range(20))
    words = ["dataset=paper15", "method=pca", f"method.n_components={values}", "seed=range(5)"]
    groups = make_plan(words)
    assert len(composed) <= 1
    assert len(groups) == 300
    assert sum(len(group.seeds) for group in groups) == 1500
    assert [g.recipe.dataset.name for g in groups[::20]] == list(group_members("paper15"))


def test_sets_of_methods():
    groups = make_plan(["method=all"])
    assert [group.recipe.method.name for group in groups] == list(METHODS)
    groups = make_plan(["method=glob(scinfo*)"])
    assert [group.recipe.method.name for group in groups] == ["scinfovae", "scinfovae_consensus"]
