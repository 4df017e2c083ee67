"""``kill -9`` at random moments: what is done stays done, nothing is torn, and the end is the same.

Sweeps are forked from a process that has imported everything, so that a kill meets them at work
and not in their imports, and twenty kills take a minute.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from scinfovae.bench.records.index import read_store
from scinfovae.bench.records.manifest import read_manifests

HERE = Path(__file__).parent
FORKER = """
import os, sys
import pandas, pyarrow.parquet, sklearn.cluster, sklearn.metrics, torch
import scinfovae.bench.executors.sweep, scinfovae.model.stack
from scinfovae.cli.main import main
torch.set_num_threads(1)
print("ready", flush=True)
for line in sys.stdin:
    if line.startswith("wait "):
        _, status = os.waitpid(int(line.split()[1]), 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        continue
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.environ["FORKER_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT), 1)
        os.dup2(1, 2)
        os._exit(main(line.split()))
    print(pid, flush=True)
"""
DATA = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
    "preprocessing.normalize_total=false",
    "preprocessing.log1p=false",
    "preprocessing.hvg_flavor=variance",
    "clusterers=[kmeans]",
)
TOY = ("sweep", *DATA, "plugins=[toy_plugin]", "method=steady", "seed=range(12)")
REAL = (
    "sweep",
    *DATA,
    "method=scinfovae",
    "method.hidden=[32,16,8]",
    "method.pretrain.epochs=8",
    "method.pretrain.warmup_epochs=2",
    "method.fine_tune.epochs=4",
    "seed=range(3)",
)


class Forker:
    """Starts sweeps that need not import anything."""

    def __init__(self, folder):
        self.side, self.log = folder / "side.txt", folder / "log.txt"
        environment = {
            **os.environ,
            "PYTHONPATH": str(HERE),
            "TOY_SIDE_FILE": str(self.side),
            "FORKER_LOG": str(self.log),
            "OMP_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._process.stdout.readline() == "ready\n"

    def _ask(self, *words):
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, *words):
        return self._ask(*words)

    def wait(self, pid):
        return self._ask("wait", str(pid))

    def trainings(self):
        """Count how often each seed was begun to be trained."""
        lines = self.side.read_text().splitlines() if self.side.exists() else []
        return Counter(int(line.split()[1]) for line in lines)

    def close(self):
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def forker(tmp_path_factory, results_of):
    forker = Forker(tmp_path_factory.mktemp("forker"))
    forker.results_of = results_of
    yield forker
    forker.close()


def done(root):
    """Mark every whole record, so that one that was written again is noticed."""
    return {
        row["seed"]: (root / row["folder"] / "status.json").stat().st_mtime_ns
        for row in read_store(root).rows
        if row["status"] == "ok"
    }


def kill(pid, how):
    """Kill a sweep: the whole tree at once, or only the process that others depend on."""
    doomed = [psutil.Process(pid)]
    with contextlib.suppress(psutil.NoSuchProcess):
        doomed += doomed[0].children(recursive=True)
    for process in doomed if how == "tree" else doomed[:1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGKILL)
    return doomed[1:]


def killed_sweep(forker, root, words, seconds, how):
    """Start a sweep, kill it after some time, and check all that must hold at that moment."""
    before, trained = done(root), forker.trainings()
    pid = forker.start(*words, f"results.dir={root}")
    time.sleep(seconds)
    workers = kill(pid, how)
    code = forker.wait(pid)
    end = time.monotonic() + 20
    while any(worker.is_running() for worker in workers):
        assert time.monotonic() < end, "a worker outlived its sweep"
        time.sleep(0.02)
    assert code in (-signal.SIGKILL, 0)
    contents = read_store(root)
    assert contents.problems == []
    assert {row["status"] for row in contents.rows} <= {"ok"}
    # what was done before was neither trained nor written again
    after, again = done(root), forker.trainings() - trained
    assert before.items() <= after.items()
    assert not set(again) & set(before)
    return code


def completed(forker, root, words):
    """Repeat a sweep until it is through, and check that every run is there exactly once."""
    before, trained = done(root), forker.trainings()
    pid = forker.start(*words, f"results.dir={root}")
    assert forker.wait(pid) == 0, forker.log.read_text()
    rows = read_store(root).rows
    (manifest,) = read_manifests(root)
    assert sorted(row["seed"] for row in rows) == sorted(run.seed for run in manifest.runs)
    assert before.items() <= done(root).items()
    again = forker.trainings() - trained
    assert all(again[row["seed"]] == (row["seed"] not in before) for row in rows) or not again
    return forker.results_of(root)


def kill_often(forker, tmp_path, words, wanted, draw, hows):
    """Kill as many sweeps as wanted, at random moments; one that is through is checked instead.

    How many moments it takes depends on the machine: on a fast one a sweep is often through before
    its moment comes, and another is begun.
    """
    kills, ended = 0, []
    root = tmp_path / "killed-0"
    for attempt in range(5 * wanted):
        code = killed_sweep(forker, root, words, draw(), hows[kills % len(hows)])
        kills += code != 0
        if code == 0 or len(done(root)) == 12:
            ended.append(completed(forker, root, words))
            root = tmp_path / f"killed-{attempt + 1}"
        if kills == wanted:
            break
    ended.append(completed(forker, root, words))
    return ended, kills


@pytest.mark.slow
def test_a_sweep_killed_twenty_times_ends_as_an_undisturbed_one(forker, tmp_path):
    inline = (*TOY, "method.seconds=0.05")
    expected = completed(forker, tmp_path / "undisturbed", inline)
    assert len(expected) == 12
    generator = random.Random(0)
    root, hows = tmp_path / "inline", ["parent"]
    ended, kills = kill_often(forker, root, inline, 16, lambda: generator.uniform(0.1, 1.5), hows)
    assert all(found == expected for found in ended)
    assert kills == 16
    workers = (*inline, "executor=processes", "executor.workers=2")
    root, hows = tmp_path / "processes", ["parent", "tree"]
    ended, kills = kill_often(forker, root, workers, 4, lambda: generator.uniform(1.0, 8.0), hows)
    assert all(found == expected for found in ended)
    assert kills == 4


@pytest.mark.slow
def test_a_killed_sweep_of_real_runs_ends_as_an_undisturbed_one(forker, tmp_path):
    expected = completed(forker, tmp_path / "undisturbed", REAL)
    assert len(expected) == 3
    generator = random.Random(1)
    root = tmp_path / "inline"
    killed_sweep(forker, root, REAL, generator.uniform(0.5, 2.0), "parent")
    assert completed(forker, root, REAL) == expected
    root, words = tmp_path / "processes", (*REAL, "executor=processes", "executor.workers=2")
    killed_sweep(forker, root, words, generator.uniform(4.0, 9.0), "parent")
    assert completed(forker, root, words) == expected


@pytest.mark.slow
def test_two_sweeps_at_once_do_every_run_once(forker, tmp_path):
    words = (*TOY, "method.seconds=0.1")
    trained = forker.trainings()
    pids = [forker.start(*words, f"results.dir={tmp_path / 'r'}") for _ in range(2)]
    assert [forker.wait(pid) for pid in pids] == [0, 0]
    assert forker.trainings() - trained == Counter(range(12))
    assert len(done(tmp_path / "r")) == 12
    assert read_store(tmp_path / "r").problems == []
