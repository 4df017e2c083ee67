"""Several writers of one store: commands that want the same run, and readers in between."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.records.index import read_store, reindex
from scinfovae.bench.records.locks import file_lock, is_held, lock_if_free, remove_if_free
from scinfovae.bench.records.status import Status
from scinfovae.bench.records.store import Record, RecordContents, RecordStore
from scinfovae.errors import ScInfoVAEError
from scinfovae.methods import MethodResult

COMMAND = (
    sys.executable,
    "-m",
    "scinfovae",
    "run",
    "method=pca",
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "figures=false",
)


@pytest.fixture
def start():
    """Start processes that do not outlive their test, so that one failure stays one."""
    with contextlib.ExitStack() as started:

        def start(words, **pipes):
            process = started.enter_context(subprocess.Popen(words, **pipes))
            started.callback(process.kill)
            return process

        yield start


def finished(record):
    status = record.status()
    return status is not None and status.status == "ok" and record.is_trained()


def contents(seed):
    embedding = np.full((4, 2), float(seed))
    return RecordContents(
        config=f"seed: {seed}\n",
        provenance={"seed": seed},
        status=Status("ok"),
        log="",
        result=MethodResult(stages={"final": embedding}),
        labels=pd.DataFrame({"cell_id": list("abcd"), "final.kmeans": [seed] * 4}),
        metrics={"seed": seed, "clusterings": []},
    )


def test_the_second_waits_for_the_first_and_says_so(tmp_path):
    order, told = [], []

    def first():
        with file_lock(tmp_path / "x.lock", told.append):
            order.append("first in")
            ready.set()
            time.sleep(0.3)
            order.append("first out")

    ready = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    ready.wait()
    with file_lock(tmp_path / "x.lock", told.append):
        order.append("second in")
    thread.join()
    assert order == ["first in", "first out", "second in"]
    assert told == [f"waiting: another process ({os.getpid()}) is doing this run"]


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    program = (
        "import sys, time, pathlib\n"
        "from scinfovae.bench.records.locks import file_lock\n"
        "with file_lock(pathlib.Path(sys.argv[1]), print):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "x.lock")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    told = []
    with file_lock(tmp_path / "x.lock", told.append):
        pass
    assert told == []


def test_a_lock_that_was_tidied_away_is_nobodys(tmp_path):
    path, order, waiting = tmp_path / "x.lock", [], threading.Event()

    def second():
        with file_lock(path, lambda _: waiting.set()):
            order.append("second in")

    with lock_if_free(path) as held:
        assert held
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        path.unlink()  # as whoever tidies up does, while nobody else can hold it
        third = contextlib.ExitStack()
        third.enter_context(file_lock(path, pytest.fail))
    # the second has the lock of a file that is gone by now, and must not think it has the run
    thread.join(timeout=0.2)
    order.append("third out")
    third.close()
    thread.join()
    assert order == ["third out", "second in"]
    assert remove_if_free(path)
    assert not path.exists()


def test_a_lock_that_is_held_cannot_be_tidied_away(tmp_path):
    with file_lock(tmp_path / "x.lock", pytest.fail):
        assert is_held(tmp_path / "x.lock")
        assert not remove_if_free(tmp_path / "x.lock")
    assert not is_held(tmp_path / "x.lock")


WRITER = """
import json, random, sys
from pathlib import Path
import numpy as np, pandas as pd
from scinfovae.bench.records.status import Status
from scinfovae.bench.records.store import RecordContents, RecordStore
from scinfovae.methods import MethodResult

store, me, n_records, n_times = RecordStore(Path(sys.argv[1])), *map(int, sys.argv[2:])
print("ready", flush=True)
sys.stdin.readline()
random.seed(me)
config = {"dataset": {"name": "custom"}, "method": {"name": "pca"}, "preprocessing": {}}
config |= {"preset": {"name": "paper", "short": False}, "n_clusters": 2}
for i in range(n_times):
    stamp, seed = 1000 * me + i, random.randrange(n_records)
    labels = pd.DataFrame({"cell_id": list("abcd"), "final.kmeans": [stamp] * 4})
    metrics = {"stamp": stamp, "clusterings": []}
    record = store.record("custom", "pca", "0123456789abcdef", seed)
    with record.lock(lambda _: None):
        if random.random() < 0.5 and record.is_trained():
            record.update(labels, metrics, Status("ok", message=str(stamp)))
            continue
        record.write(RecordContents(
            config=json.dumps({**config, "seed": seed}),
            provenance={"identity": "0123456789abcdef"},
            status=Status("ok", message=str(stamp)),
            log="",
            result=MethodResult(stages={"final": np.full((4, 2), stamp)}),
            labels=labels,
            metrics=metrics,
        ))
"""


def test_whatever_many_writers_do_a_reader_meets_whole_records(tmp_path, start):
    words = [sys.executable, "-c", WRITER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [start([*words, str(me), "3", "40"], **pipes) for me in range(1, 4)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen: set[str] = set()
    turn = 0
    while any(writer.poll() is None for writer in writers):
        turn += 1
        contents_now = reindex(tmp_path) if turn % 2 else read_store(tmp_path)
        assert contents_now.problems == []
        for row in contents_now.rows:
            assert row["status"] == "ok"
            assert json.loads(row["metrics"])["stamp"] == int(row["message"])
            seen.add(row["message"])
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert len(seen) > 3  # records were read while they were being replaced
    after = read_store(tmp_path)
    assert [row["seed"] for row in after.rows] == [0, 1, 2]
    assert (after.problems, after.leftovers) == ([], [])
    for row in after.rows:
        record = RecordStore(tmp_path).record("custom", "pca", row["identity"], row["seed"])
        assert set(record.labels()["final.kmeans"]) == {int(row["message"])}
    assert not list(tmp_path.rglob(".tmp-*"))


@pytest.mark.slow
def test_commands_that_share_runs_do_each_of_them_once(tmp_path, start):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    seeds = ("seed=0,1", "seed=1,2", "seed=2,0")
    words = [*COMMAND, "clusterers=[kmeans]", f"results.dir={tmp_path}"]
    running = [start([*words, one], **pipes) for one in seeds]
    while any(process.poll() is None for process in running):
        reindex(tmp_path)
        time.sleep(0.05)
    outputs = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    told = "".join(out + err for out, err in outputs)
    assert [told.count(f"seed {seed}: done") for seed in range(3)] == [1, 1, 1]
    rows = read_store(tmp_path).rows
    assert [(row["seed"], row["status"]) for row in rows] == [(0, "ok"), (1, "ok"), (2, "ok")]


@pytest.mark.slow
def test_two_commands_do_one_run_once(tmp_path, start):
    words = [*COMMAND, f"results.dir={tmp_path}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [start(words, **pipes) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    told = "".join(out + err for out, err in outputs)
    assert told.count("seed 0: done") == 1
    assert told.count("seed 0: already finished") == 1
    (record,) = tmp_path.glob("runs/simulated/pca/*/seed=0")
    assert not list(record.glob(".tmp-*"))


def test_at_every_moment_of_writing_the_old_record_or_the_new_one_can_be_read(
    tmp_path, monkeypatch
):
    record = Record(tmp_path / "record", tmp_path / "x.lock")
    record.write(contents(0))
    seen = []

    def look():
        assert finished(record)
        seen.append(record.metrics()["seed"])
        assert record.embeddings()["final"][0, 0] == record.provenance()["seed"] == seen[-1]

    def watched(act):
        def watch(*words):
            look()
            act(*words)
            look()

        return watch

    for name in ("replace", "rename", "fsync", "unlink", "rmdir"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    record.write(contents(1))
    assert seen == sorted(seen)
    assert set(seen) == {0, 1}


def test_half_a_record_of_a_killed_writer_is_none_and_the_next_one_is_whole(tmp_path):
    record = Record(tmp_path / "record", tmp_path / "x.lock")
    record.write(contents(1))
    (record.folder / "status.json").unlink()
    (record.folder / ".tmp-123-embedding.npy").write_bytes(b"half")
    assert record.status() is None
    assert not finished(record)
    record.write(contents(2))
    assert finished(record)
    assert not list(record.folder.glob(".tmp-*"))
    assert [path.name for path in tmp_path.iterdir()] == ["record"]


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("scinfovae.bench.records.locks.fcntl.flock", refuse)
    with (
        pytest.raises(ScInfoVAEError, match=r"cannot be locked .*results\.dir=DIR"),
        file_lock(tmp_path / "x.lock", print),
    ):
        pass
