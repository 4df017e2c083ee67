"""A disk that refuses, at every single point where a store is written.

Python tells of each opening for writing, move, link, new folder and removal (`sys.audit`), and
flushes are counted too, so that a write point added later is met here without being named.
"""

from __future__ import annotations

import errno
import itertools
import os
import resource
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.records.export import export_runs
from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.index import reindex
from scinfovae.bench.records.manifest import ExpectedRun, Manifest, read_manifests, write_manifest
from scinfovae.bench.records.status import Status
from scinfovae.bench.records.store import RecordContents, RecordStore
from scinfovae.bench.running.listener import Listener
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.run import Session, run_groups
from scinfovae.errors import ScInfoVAEError, StorageError
from scinfovae.methods import MethodResult

if TYPE_CHECKING:
    from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)
REMEDIES = {errno.ENOSPC: "free the disk", errno.EACCES: "right to write", errno.EIO: "checked"}
TINY = ("dataset.simulation.n_cells=40", "dataset.simulation.n_genes=60", "clusterers=[kmeans]")


class KilledError(BaseException):
    """The process is gone: nothing that comes after is done, and nothing tidies up."""


@dataclass
class Disk:
    """Counts the write points below a folder, and refuses one of them, or all from one on."""

    root: Path
    fail_at: int | None = None
    stays: bool = False
    error: type[BaseException] | int = errno.ENOSPC
    points: list[str] = field(default_factory=list)

    def meet(self, act: str, path: object) -> None:
        if not str(path).startswith(str(self.root)):
            return
        self.points.append(f"{act} {path}")
        n = len(self.points) - 1
        if self.fail_at is None or n < self.fail_at or (n > self.fail_at and not self.stays):
            return
        if isinstance(self.error, int):
            raise OSError(self.error, os.strerror(self.error))
        raise self.error


WATCHED: list[Disk] = []


def hear(event, args):
    if not WATCHED:
        return
    disk = WATCHED[-1]
    if event == "open" and isinstance(args[0], (str, os.PathLike)) and args[2] & WRITING:
        disk.meet("open", args[0])
    elif event in ("os.mkdir", "os.chmod", "os.truncate"):
        disk.meet(event, args[0])
    elif event in ("os.rename", "os.link"):
        disk.meet(event, args[1])
    elif event in ("os.remove", "os.rmdir"):
        folder = args[1] if isinstance(args[1], int) and args[1] >= 0 else None
        above = "" if folder is None else os.readlink(f"/proc/self/fd/{folder}")
        disk.meet(event, os.path.join(above, args[0]))


@pytest.fixture(scope="module", autouse=True)
def _ears():
    sys.addaudithook(hear)  # there is no way to take it off again; it does nothing outside


@pytest.fixture(autouse=True)
def _flushes(monkeypatch):
    def fsync(descriptor):  # nobody pulls the plug here, so nothing is flushed
        if WATCHED:
            WATCHED[-1].meet("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fsync", fsync)


def refusing(disk, work):
    """Do something on a disk; gives what it raised, if anything."""
    WATCHED.append(disk)
    try:
        work()
    except (ScInfoVAEError, KilledError) as error:
        return error
    finally:
        WATCHED.pop()
    return None


def n_points(root, work):
    disk = Disk(root)
    assert refusing(disk, work) is None
    return len(disk.points)


class Model:
    def __init__(self, stamp):
        self.stamp = stamp

    def save(self, path):
        path.write_text(str(self.stamp))


def contents(stamp):
    """A record in every file of which stands the same number."""
    return RecordContents(
        config=f"seed: {stamp}\n",
        provenance={"stamp": stamp},
        status=Status("ok", message=str(stamp)),
        log=str(stamp),
        result=MethodResult(
            stages={"final": np.full((3, 2), stamp), "pretrained": np.full((3, 2), stamp)},
            posterior_log_variance=np.full((3, 2), stamp),
            history={"loss": [stamp]},
            model=Model(stamp),
        ),
        labels=pd.DataFrame({"cell_id": list("abc"), "final.kmeans": [stamp] * 3}),
        metrics={"stamp": stamp, "clusterings": []},
    )


def stamps(record):
    """Read every file; None if there is no record."""
    if record.status() is None:
        return None
    assert record.is_trained()
    place = record.folder if record.folder.exists() else record.folder.with_name(".old-seed=0")
    return (
        int(record.status().message),
        record.metrics()["stamp"],
        int(record.labels()["final.kmeans"][0]),
        {int(array[0, 0]) for array in record.embeddings().values()}
        | {record.provenance()["stamp"], int((place / "model.safetensors").read_text())}
        | {int((place / "log.txt").read_text())},
    )


def whole(old, scored):
    """The one right reading of a record, scored anew or not."""
    return (scored, scored, scored, {old})


def write_new(record):
    with record.lock(pytest.fail):
        record.write(contents(2))


def score_anew(record):
    labels = pd.DataFrame({"cell_id": list("abc"), "final.kmeans": [2] * 3})
    with record.lock(pytest.fail):
        record.update(labels, {"stamp": 2, "clusterings": []}, Status("ok", message="2"))


STORIES = {
    "first": (write_new, None, whole(2, 2)),
    "again": (write_new, whole(1, 1), whole(2, 2)),
    "score": (score_anew, whole(1, 1), whole(1, 2)),
}


def prepared(root, before):
    record = RecordStore(root).record("d", "m", "0123456789abcdef", 0)
    if before is not None:
        record.write(contents(1))
        (record.folder / "mine.txt").write_text("a note of the user")
    return record


@pytest.mark.parametrize("stays", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("story", STORIES)
def test_whatever_the_disk_refuses_the_old_record_or_the_new_one_is_there(tmp_path, story, stays):
    work, before, after = STORIES[story]
    sample = prepared(tmp_path / "count", before)
    errors = itertools.cycle(ERRORS)
    for n in range(n_points(tmp_path, lambda: work(sample))):
        root = tmp_path / str(n)
        record = prepared(root, before)
        disk = Disk(root, fail_at=n, stays=stays, error=next(errors))
        raised = refusing(disk, lambda record=record: work(record))
        where = disk.points[n]
        if raised is None:
            assert stamps(record) == after, where
        else:
            assert isinstance(raised, StorageError), where
            told = str(raised)
            assert os.strerror(disk.error) in told, where
            assert REMEDIES[disk.error] in told, where
            assert "results.dir=DIR" in told, where
            assert "seed=0" in told, where
            assert ".tmp-" not in told, where
            # a flush that fails at the very end may come too late to be undone
            assert stamps(record) in ([before, after] if stays else [before]), where
        work(record)
        assert stamps(record) == after, where
        left = {path.name for path in record.folder.parent.iterdir()}
        assert left == {"seed=0"}, where
        assert (record.folder / "mine.txt").exists() == (before is not None), where


@pytest.mark.parametrize("story", STORIES)
def test_a_writer_that_dies_at_any_point_leaves_the_old_record_or_the_new_one(tmp_path, story):
    work, before, after = STORIES[story]
    sample = prepared(tmp_path / "count", before)
    for n in range(n_points(tmp_path, lambda: work(sample))):
        root = tmp_path / str(n)
        record = prepared(root, before)
        disk = Disk(root, fail_at=n, stays=True, error=KilledError)
        raised = refusing(disk, lambda record=record: work(record))
        where = disk.points[n]
        assert isinstance(raised, KilledError), where
        assert stamps(record) in (before, after), where
        work(record)
        assert stamps(record) == after, where
        assert {path.name for path in record.folder.parent.iterdir()} == {"seed=0"}, where
        assert (record.folder / "mine.txt").exists() == (before is not None), where


def test_a_write_that_breaks_off_at_any_byte_keeps_the_old_record(tmp_path):
    record = prepared(tmp_path, before=whole(1, 1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    told: list[str] = []
    for n_bytes in (*range(1, 300, 37), *range(300, 4000, 300)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))  # the kernel's own refusal
        try:
            write_new(record)
        except StorageError as error:
            told.append(str(error))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        if stamps(record) == whole(2, 2):
            break
        assert stamps(record) == whole(1, 1)
        assert os.strerror(errno.EFBIG) in told[-1]
    assert len(told) > 5
    assert stamps(record) == whole(2, 2)


class Group:
    """Two runs of the toy method in one results folder; the data are read once for all tests."""

    def __init__(self, cache):
        self.cache = cache

    def run(self, root, *words, force=False):
        plan = make_plan(["method=toy", "seed=0,1", f"results.dir={root}", *TINY, *words])
        self.report = run_groups(plan, Session(Listener(), force=force, cache=self.cache))
        return self.report


@pytest.fixture(scope="module")
def data_cache():
    return DataCache()


@pytest.mark.parametrize(
    ("force", "step"),
    [
        pytest.param(False, 11, id="first"),
        pytest.param(True, 11, id="again"),
        pytest.param(True, 1, id="again, every point", marks=pytest.mark.slow),
    ],
)
def test_a_refused_run_costs_itself_and_is_told_and_the_others_are_done(
    toy, tmp_path, data_cache, force, step
):
    group = Group(data_cache)

    def work(root):
        return lambda: group.run(root, force=force)

    def started(root):
        if force:
            group.run(root)
        return root

    errors = itertools.cycle(ERRORS)
    sample = tmp_path / "count"
    total = n_points(sample, work(started(sample)))
    expected = scores(sample)
    for n in range(0, total, step):
        root = started(tmp_path / str(n))
        disk = Disk(root, fail_at=n, error=next(errors))
        raised = refusing(disk, work(root))
        where = disk.points[n]
        if raised is not None:
            # nothing can be written at all, found out before the first run
            assert "nothing can be written" in str(raised), where
            assert raised.exit_code in (1, 2), where
            assert not (root / "runs").exists() or force, where
        else:
            refused = [o for o in group.report.outcomes if o.action == "failed"]
            assert len(refused) <= 1, where
            assert group.report.exit_code == len(refused), where
            done = {o.seed for o in group.report.outcomes if o.action != "failed"}
            there = runs_frame(root)
            assert set(there["status"]) <= {"ok"}, where
            assert done <= set(there["seed"]), where
            for outcome in refused:
                told = outcome.status.message
                assert os.strerror(disk.error) in told, where
                assert "results.dir=DIR" in told, where
                assert outcome.seed in set(there["seed"]) or not force, where
        assert group.run(root).exit_code == 0, where
        assert scores(root) == expected, where


def scores(root):
    runs = runs_frame(root)
    assert list(runs["seed"]) == [0, 1]
    assert set(runs["status"]) == {"ok"}
    return [strip_times(text) for text in runs["metrics"]]


def strip_times(text):
    import json

    metrics = json.loads(text)
    return [
        (entry["stage"], entry["key"], entry["external"], entry["internal"])
        for entry in metrics["clusterings"]
    ]


def test_a_refused_clusterer_is_not_half_added(toy, tmp_path, data_cache):
    group = Group(data_cache)
    wanted = "clusterers=[kmeans,ward]"

    def work(root):
        def both():
            plan = make_plan(["method=toy", "seed=0,1", f"results.dir={root}", *TINY[:2], wanted])
            group.report = run_groups(plan, Session(Listener(), cache=data_cache))

        return both

    group.run(tmp_path / "count")
    before = scores(tmp_path / "count")
    total = n_points(tmp_path / "count", work(tmp_path / "count"))
    after = scores(tmp_path / "count")
    for n in range(0, total, 7):
        root = tmp_path / str(n)
        group.run(root)
        disk = Disk(root, fail_at=n, error=ERRORS[n % 3])
        assert refusing(disk, work(root)) is None
        where = disk.points[n]
        refused = [o.seed for o in group.report.outcomes if o.action == "failed"]
        assert len(refused) <= 1, where
        for seed, found in enumerate(scores(root)):
            assert found == (before if seed in refused else after)[seed], where


@pytest.mark.parametrize("stays", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("what", ["index", "export", "manifest"])
def test_files_about_runs_are_the_old_ones_or_the_new_ones(toy, tmp_path, data_cache, what, stays):
    root, group = tmp_path / "results", Group(data_cache)
    group.run(root)
    run = ExpectedRun("simulated", "toy", "0" * 16, 0, "paper")
    acts = {
        "index": lambda: reindex(root),
        "export": lambda: export_runs(root),
        "manifest": lambda: write_manifest(root, Manifest((run,), command="again")),
    }
    work = acts[what]
    for n in range(n_points(root, work)):
        disk = Disk(root, fail_at=n, stays=stays, error=ERRORS[n % 3])
        raised = refusing(disk, work)
        if raised is not None:
            assert isinstance(raised, StorageError)
            assert os.strerror(disk.error) in str(raised)
        assert sum(runs_frame(root)["status"] == "ok") == 2
        assert len(read_manifests(root)) == (what == "manifest")
        if what == "export":
            assert len(runs_frame(root / "records.parquet")) == 2
        if not stays:
            assert not list(root.rglob(".tmp-*"))


def test_a_command_on_a_full_disk_says_so_in_one_sentence(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans]")
    disk = Disk(results, fail_at=9, stays=True)
    WATCHED.append(disk)
    try:
        code, out, err = bench("method=toy", "clusterers=[kmeans]", "--force")
    finally:
        WATCHED.pop()
    assert code == 1
    assert "No space left on device; free the disk" in out + err
    assert "Traceback" not in out + err
    assert bench("method=toy", "clusterers=[kmeans]")[0] == 0
    assert toy == [(0,), (0,)]
