"""Workers that are ended in every way, and what becomes of their runs and of the others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from scinfovae.bench.executors.places import gpus_of, n_cores, workers_of
from scinfovae.bench.planning.executors import ProcessesConfig
from scinfovae.bench.records.index import read_store
from scinfovae.bench.running.stacks import stacks_of
from scinfovae.cli.main import main
from scinfovae.errors import UsageError

CHEAP = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
    "preprocessing.normalize_total=false",
    "preprocessing.log1p=false",
    "preprocessing.hvg_flavor=variance",
    "clusterers=[kmeans]",
)


def sweep(root, *words):
    plugin = ("plugins=[toy_plugin]", "method=steady", f"results.dir={root}")
    return main(["sweep", *CHEAP, *plugin, *words])


def statuses(root):
    """Tell status and message of every run by what the toy was told to do."""
    return {
        json.loads(row["config"])["method"]["behaviour"]: (row["status"], row["message"])
        for row in read_store(root).rows
    }


def descendants():
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.mark.slow
def test_what_ends_a_worker_costs_only_its_own_run(steady, tmp_path, capsys):
    root, before = tmp_path / "r", descendants()
    words = ("executor=processes", "executor.workers=2", "executor.memory_limit=1.5")
    words = ("method.behaviour='',hog,killed,crash,no_memory", *words)
    assert sweep(root, *words) == 1
    assert descendants() <= before
    err = capsys.readouterr().err
    found = statuses(root)
    assert {name: status for name, (status, _) in found.items()} == {
        "": "ok",
        "hog": "oom",
        "killed": "killed",
        "crash": "failed",
        "no_memory": "oom",
    }
    assert "held more than executor.memory_limit=1.5 GiB" in found["hog"][1]
    assert "the worker was killed" in found["killed"][1]
    assert "exit code 7" in found["crash"][1]
    assert "[5 of 5, 4 failed]" in err
    (crashed,) = [row for row in read_store(root).rows if "exit code 7" in row["message"]]
    record = root / crashed["folder"]
    assert "the toy has crashed" in json.loads((record / "status.json").read_text())["traceback"]
    assert (record / "config.yaml").is_file()
    assert read_store(root).problems == []
    # each was tried once, and is not tried again unasked
    assert len(steady.read_text().splitlines()) == 5
    assert sweep(root, *words) == 1
    assert len(steady.read_text().splitlines()) == 5


@pytest.mark.slow
def test_a_worker_that_takes_too_long_is_ended(steady, tmp_path):
    words = ("method.behaviour=hang", "executor=processes", "executor.time_limit=3")
    assert sweep(tmp_path / "r", *words) == 1
    ((status, message),) = statuses(tmp_path / "r").values()
    assert status == "timeout"
    assert "longer than executor.time_limit=3 s a run" in message


@pytest.mark.slow
def test_a_stack_of_seeds_keeps_what_is_finished(steady, tmp_path):
    root, words = tmp_path / "r", ("executor=processes", "stack_width=3", "executor.workers=1")
    assert sweep(root, "seed=range(3)", *words) == 0
    assert [line.split()[2] for line in steady.read_text().splitlines()] == ["3", "3", "3"]
    records = sorted(root.glob("runs/simulated/steady/*/seed=*"))
    whole = [(record / "embedding.npy").read_bytes() for record in records]
    finished = (records[0] / "status.json").stat()
    (records[1] / "status.json").unlink()
    assert sweep(root, "seed=range(3)", *words) == 0
    # the torn stack was trained whole, as it was the first time, and only what was torn is new
    assert len(steady.read_text().splitlines()) == 6
    assert (records[0] / "status.json").stat() == finished
    assert [(record / "embedding.npy").read_bytes() for record in records] == whole
    provenance = json.loads((records[1] / "provenance.json").read_text())
    assert provenance["stacked_seeds"] == [0, 1, 2]


def heed_interruptions():
    # a shell starts what is in the background with SIGINT ignored, and children inherit that
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start_sweep(root, *words):
    command = [sys.executable, "-m", "scinfovae", "sweep", *CHEAP, "plugins=[toy_plugin]"]
    words = ("method=steady", "method.behaviour=hang", f"results.dir={root}", *words)
    return subprocess.Popen(
        [*command, *words],
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        preexec_fn=heed_interruptions,
    )


def wait_for(happens, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := happens()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_no_worker_outlives_its_sweep(number, code, steady, tmp_path):
    words = ("seed=0,1", "executor=processes", "executor.workers=2")
    process = start_sweep(tmp_path / "r", *words)
    wait_for(lambda: steady.is_file() and len(steady.read_text().splitlines()) == 2)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    os.kill(process.pid, number)
    assert process.wait(timeout=30) == code
    wait_for(lambda: not any(worker.is_running() for worker in workers), 10)
    # an interrupted run has not failed: it is simply not done
    assert read_store(tmp_path / "r").rows == []


def test_workers_are_one_for_each_core_or_gpu():
    auto = ProcessesConfig()
    assert workers_of(auto, 1, ("",)) == n_cores()
    assert workers_of(auto, 10**6, ("",)) == 1
    assert workers_of(auto, 1, ("0", "1")) == 2
    assert workers_of(ProcessesConfig(workers=7), 1, ("0",)) == 7


def test_gpus_are_named_as_they_are_visible(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert gpus_of(ProcessesConfig(), "cuda") == ("5", "7")
    assert gpus_of(ProcessesConfig(gpus=(1,)), "cuda") == ("7",)
    assert gpus_of(ProcessesConfig(gpus=(1, 0, 1)), "cuda") == ("7", "5", "7")
    with pytest.raises(UsageError, match="there is no GPU 2; 2 are visible here"):
        gpus_of(ProcessesConfig(gpus=(2,)), "cuda")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert gpus_of(ProcessesConfig(), "cuda") == ("0", "1")
    assert gpus_of(ProcessesConfig(), "cpu") == ("",)


def test_stacks_do_not_depend_on_what_is_finished():
    from scinfovae.bench.planning.config import Settings

    assert stacks_of(range(7), Settings(), "cpu") == [(seed,) for seed in range(7)]
    assert stacks_of(range(7), Settings(), "cuda") == [(0, 1, 2, 3, 4), (5, 6)]
    assert stacks_of((3, 1, 2), Settings(stack_width=2), "cpu") == [(3, 1), (2,)]
