"""A disk that refuses, at every single point where a record is written."""

from __future__ import annotations

import errno
import itertools
import os
import resource

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.records.status import Status
from scinfovae.bench.records.store import RecordContents, RecordStore
from scinfovae.errors import StorageError
from scinfovae.methods import MethodResult

ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)
REMEDIES = {errno.ENOSPC: "free the disk", errno.EACCES: "right to write", errno.EIO: "checked"}


class KilledError(BaseException):
    """The process is gone: nothing that comes after is done, and nothing tidies up."""


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
def test_whatever_the_disk_refuses_the_old_record_or_the_new_one_is_there(
    disks, tmp_path, story, stays
):
    work, before, after = STORIES[story]
    sample = prepared(tmp_path / "count", before)
    errors = itertools.cycle(ERRORS)
    for n in range(disks.n_points(tmp_path, lambda: work(sample))):
        root = tmp_path / str(n)
        record = prepared(root, before)
        disk = disks(root, fail_at=n, stays=stays, error=next(errors))
        raised = disk.refusal(lambda record=record: work(record))
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
def test_a_writer_that_dies_at_any_point_leaves_the_old_record_or_the_new_one(
    disks, tmp_path, story
):
    work, before, after = STORIES[story]
    sample = prepared(tmp_path / "count", before)
    for n in range(disks.n_points(tmp_path, lambda: work(sample))):
        root = tmp_path / str(n)
        record = prepared(root, before)
        disk = disks(root, fail_at=n, stays=True, error=KilledError)
        raised = disk.refusal(lambda record=record: work(record))
        where = disk.points[n]
        assert isinstance(raised, KilledError), where
        assert stamps(record) in (before, after), where
        work(record)
        assert stamps(record) == after, where
        assert {path.name for path in record.folder.parent.iterdir()} == {"seed=0"}, where
        assert (record.folder / "mine.txt").exists() == (before is not None), where


@pytest.mark.usefixtures("disks")
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
