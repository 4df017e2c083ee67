"""Two commands that want the same run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.locks import file_lock
from scinfovae.bench.status import Status
from scinfovae.bench.store import Record, RecordContents
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
        "from scinfovae.bench.locks import file_lock\n"
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


@pytest.mark.slow
def test_two_commands_do_one_run_once(tmp_path):
    words = [*COMMAND, f"results.dir={tmp_path}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(words, **pipes) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    told = "".join(out + err for out, err in outputs)
    assert told.count("seed 0: done") == 1
    assert told.count("seed 0: already finished") == 1
    (record,) = tmp_path.glob("runs/simulated/pca/*/seed=0")
    assert not list(record.glob(".tmp-*"))


def test_at_every_moment_of_writing_there_is_a_whole_record_or_none(tmp_path, monkeypatch):
    record = Record(tmp_path / "record", tmp_path / "x.lock")
    record.write(contents(0))
    seen = []

    def look(source, target, move=os.replace):
        for moment in range(2):
            if finished(record):
                seen.append(record.metrics()["seed"])
                assert record.embeddings()["final"][0, 0] == record.provenance()["seed"]
            if moment == 0:
                move(source, target)

    monkeypatch.setattr("scinfovae.bench.files.os.replace", look)
    record.write(contents(1))
    assert seen == [1]  # only after the last file, the status


def test_a_writer_killed_half_way_leaves_no_record_and_the_next_one_is_whole(tmp_path):
    record = Record(tmp_path / "record", tmp_path / "x.lock")
    record.write(contents(1))
    (record.folder / "status.json").unlink()
    (record.folder / ".tmp-123-embedding.npy").write_bytes(b"half")
    assert record.status() is None
    assert not finished(record)
    record.write(contents(2))
    assert finished(record)
    assert not list(record.folder.glob(".tmp-*"))


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("scinfovae.bench.locks.fcntl.flock", refuse)
    with (
        pytest.raises(ScInfoVAEError, match=r"cannot be locked .*results\.dir=DIR"),
        file_lock(tmp_path / "x.lock", print),
    ):
        pass
