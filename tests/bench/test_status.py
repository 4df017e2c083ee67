"""``scinfovae-bench status``: what it reads from the store, the locks and the queue."""

from __future__ import annotations

import json
import os

import pytest

from scinfovae.bench.executors.queue import live_jobs, note_jobs, runs_in_queue
from scinfovae.bench.records.locks import file_lock, is_held
from scinfovae.bench.records.manifest import read_manifests
from scinfovae.bench.records.store import RecordStore
from scinfovae.bench.running.listener import Listener
from scinfovae.cli.main import main


@pytest.fixture
def status(capsys, results):
    def run(*words):
        code = main(["status", *words, f"results.dir={results}"])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def swept(toy, bench, results):
    """Sweep four seeds, of which one fails; remove the record of another."""
    bench("method=toy", "clusterers=[kmeans]", "seed=range(4)", "method.nan_for=[1]", verb="sweep")
    (manifest,) = read_manifests(results)
    (status_file,) = results.glob("runs/*/*/*/seed=2/status.json")
    status_file.unlink()
    return manifest


def counts(answer):
    (told,) = json.loads(answer[1])
    return {key: value for key, value in told["counts"].items() if value}


def test_every_sweep_is_shown_with_what_failed_and_what_is_missing(swept, status):
    code, out, _ = status()
    assert code == 0
    assert f"sweep {swept.name}: 4 runs expected, 2 done, 1 failed, 1 missing" in out
    assert "scinfovae-bench sweep" in out
    header, row = (line.split() for line in out.splitlines()[2:4])
    assert header == [
        *("dataset", "method", "variant", "expected"),
        *("done", "failed", "running", "queued", "missing"),
    ]
    assert row == ["simulated", "toy", "nan_for=[1]", "4", "2", "1", "0", "0", "1"]
    assert "simulated × toy, seed 1: nan: the loss left the numbers" in out


def test_one_run_is_one_run(toy, bench, status):
    words = ("method=toy", "clusterers=[kmeans]")
    assert "\n1 run: 1 to do; nothing" in bench(*words, "--dry-run")[1]
    assert "\n1 run: 1 to do; nothing" in bench(*words, "--dry-run", verb="sweep")[1]
    assert ": 1 run (1 to do)" in bench(*words, verb="sweep")[2]
    assert ": 1 run expected, 1 done" in status()[1]


def test_a_sweep_is_chosen_by_name_digits_or_words(swept, status, bench, results):
    bench("method=toy", "clusterers=[kmeans]", "seed=0", verb="sweep")
    assert len(json.loads(status("--json")[1])) == 2
    for words in ([swept.name], [swept.name[:5]], [swept.name, swept.name[:5]]):
        assert counts(status(*words, "--json")) == {"done": 2, "failed": 1, "missing": 1}
    code, _, err = status("nothing")
    assert code == 2
    assert "there is no sweep 'nothing'" in err
    code, out, _ = bench("method=toy", "clusterers=[kmeans]", "seed=0,7", "--json", verb="status")
    assert code == 0
    assert counts((code, out)) == {"done": 1, "missing": 1}
    code, _, err = bench("method=toy", swept.name, verb="status")
    assert code == 2
    assert "either the name of a sweep" in err


def test_without_a_sweep_it_says_how_to_begin(status):
    code, out, _ = status()
    assert code == 0
    assert "there is no sweep in" in out


def test_a_clustering_that_is_asked_for_and_not_there_is_missing(toy, bench, status, results):
    bench("method=toy", "clusterers=[kmeans]", verb="sweep")
    (file,) = results.glob("runs/*/*/*/seed=0/metrics.json")
    metrics = json.loads(file.read_text())
    metrics["clusterings"] = metrics["clusterings"][:1]
    file.write_text(json.dumps(metrics))
    assert counts(status("--json")) == {"missing": 1}


def test_a_run_whose_lock_is_held_is_running(swept, status, results):
    run = swept.runs[2]
    record = RecordStore(results).record(run.dataset, run.method, run.identity, run.seed)
    with record.lock(Listener().message):
        assert counts(status("--json")) == {"done": 2, "failed": 1, "running": 1}
    assert counts(status("--json")) == {"done": 2, "failed": 1, "missing": 1}


def test_a_held_lock_is_seen_and_left_alone(tmp_path):
    path = tmp_path / "x.lock"
    assert not is_held(path)
    assert not path.exists()
    with file_lock(path, print):
        assert is_held(path)
        assert is_held(path)
    assert not is_held(path)
    # what a killed holder leaves is its name, and no lock
    path.write_text("12345")
    assert not is_held(path)


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """Let a script answer for squeue; gives a function that sets what it says."""
    program = tmp_path / "bin" / "squeue"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def answer(text, code=0):
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        program.chmod(0o755)

    return answer


def test_the_queue_is_read_as_slurm_writes_it(squeue, results):
    squeue(
        "12|0|RUNNING|None\n12|1|PENDING|Resources\n12|2|PENDING|JobHeldUser\n"
        "13|N/A|COMPLETING|None\n99|N/A|PENDING|Priority"
    )
    found = live_jobs()
    assert {name: (job.state, job.told) for name, job in found.items()} == {
        "12_0": ("running", "RUNNING"),
        "12_1": ("queued", "PENDING (Resources)"),
        "12_2": ("queued", "PENDING (JobHeldUser)"),
        "13": ("running", "COMPLETING"),
        "99": ("queued", "PENDING (Priority)"),
    }
    runs = [("muraro", "pca", "0" * 16, seed) for seed in range(5)]
    note_jobs(results, "sweep", {"12_0": runs[:1], "12_1": runs[1:3], "12_7": runs[3:4]})
    note_jobs(results, "other", {"13": runs[4:]})
    # a job that the cluster does not know any more does nothing
    assert {name[3]: job.id for name, job in runs_in_queue(results).items()} == {
        0: "12_0",
        1: "12_1",
        2: "12_1",
        4: "13",
    }


def test_runs_in_the_queue_are_told_with_their_reason(swept, status, squeue, results):
    missing = swept.runs[2]
    name = (missing.dataset, missing.method, missing.identity, missing.seed)
    note_jobs(results, swept.name, {"5": [name]})
    squeue("5|N/A|PENDING|QOSMaxJobsPerUserLimit")
    assert counts(status("--json")) == {"done": 2, "failed": 1, "queued": 1}
    assert "seed 2: job 5: PENDING (QOSMaxJobsPerUserLimit)" in status()[1]


def test_a_cluster_that_does_not_answer_is_no_error(swept, status, squeue, results):
    note_jobs(results, swept.name, {"5": [("simulated", "toy", "x", 2)]})
    squeue("slurm_load_jobs error", code=1)
    assert live_jobs() is None
    assert counts(status("--json")) == {"done": 2, "failed": 1, "missing": 1}
