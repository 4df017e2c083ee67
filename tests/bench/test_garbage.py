"""Tidying a store: what may go, and above all what may not."""

from __future__ import annotations

import json
import os
import time

import pytest

from scinfovae.bench.records.garbage import find_waste, remove_waste
from scinfovae.bench.records.index import read_store
from scinfovae.bench.records.locks import file_lock

WORDS = ("method=toy", "clusterers=[kmeans]", "seed=0")


@pytest.fixture
def record(toy, bench, results):
    bench(*WORDS)
    (found,) = results.glob("runs/simulated/toy/*/seed=0")
    return found


def kinds(results, **flags):
    return {one.path.name: one.kind for one in find_waste(results, **flags)}


def lock_of(record, results):
    return results / ".locks" / f"{record.parent.name}-seed=0.lock"


def leftover(record, name):
    folder = record.with_name(name)
    folder.mkdir()
    (folder / "config.yaml").write_text("half")
    return folder


def aged(path):
    long_ago = time.time() - 7200
    os.utime(path, (long_ago, long_ago))
    return path


def test_of_a_tidy_store_only_locks_can_go(record, results):
    lock = lock_of(record, results)
    assert kinds(results) == {lock.name: "lock"}
    gone, kept = remove_waste(find_waste(results))
    assert ([one.path for one in gone], kept) == ([lock], [])
    assert not lock.exists()
    assert find_waste(results) == []
    assert read_store(results).rows[0]["status"] == "ok"


def test_what_a_killed_writer_left_goes_and_its_record_stays(record, results):
    folder = leftover(record, ".tmp-123.abc-seed=0")
    waste = [one for one in find_waste(results) if one.kind == "interrupted"]
    assert [(one.path, one.n_bytes) for one in waste] == [(folder, 4)]
    assert folder.exists()  # listing removes nothing
    assert remove_waste(waste) == (waste, [])
    assert not folder.exists()
    assert (record / "status.json").exists()


def test_a_record_left_aside_is_put_back_and_not_removed(record, results):
    aside = record.with_name(".old-seed=0")
    record.rename(aside)
    (waste,) = (one for one in find_waste(results) if one.kind == "interrupted")
    assert "put back" in waste.reason
    remove_waste([waste])
    assert (record / "status.json").exists()
    assert not aside.exists()


def test_what_somebody_holds_is_not_waste(record, results):
    leftover(record, ".tmp-123.abc-seed=0")
    before = find_waste(results)
    with file_lock(lock_of(record, results), pytest.fail):
        assert find_waste(results) == []
        gone, kept = remove_waste(before)
        assert gone == []
        assert len(kept) == 2
        assert all("is in use and stays" in sentence for sentence in kept)
        assert record.with_name(".tmp-123.abc-seed=0").exists()


def test_temporary_files_of_writers_at_work_stay(record, results):
    fresh = results / ".tmp-1.a-index.parquet"
    fresh.write_text("in the making")
    old = record / ".tmp-2.b-plot.png"
    old.write_text("left")
    aged(old)
    assert "temporary" in kinds(results).values()
    remove_waste(find_waste(results))
    assert fresh.exists()
    assert not old.exists()


def test_records_of_earlier_versions_go_only_when_asked(record, results, toy):
    path = record / "provenance.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "method_version": 0}))
    assert "superseded" not in kinds(results).values()
    waste = [one for one in find_waste(results, superseded=True) if one.kind == "superseded"]
    assert [one.path for one in waste] == [record]
    assert "version 0 of the method; it is 1 now" in waste[0].reason
    remove_waste(waste)
    assert not (results / "runs" / "simulated").exists()


def test_records_of_this_version_do_not_go_even_when_asked(record, results):
    assert "superseded" not in kinds(results, superseded=True).values()


def test_a_record_that_holds_files_of_the_user_stays(record, results):
    path = record / "provenance.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "preprocessing_version": 0}))
    (record / "mine.txt").write_text("mine")
    waste = [one for one in find_waste(results, superseded=True) if one.kind == "superseded"]
    gone, (kept,) = remove_waste(waste)
    assert gone == []
    assert "mine.txt" in kept
    assert (record / "status.json").exists()


def test_broken_off_downloads_go_only_when_asked(results, tmp_path):
    cache = tmp_path / "cache"
    (cache / "abc").mkdir(parents=True)
    for name in (".part-1", ".part-2", "data.h5"):
        (cache / "abc" / name).write_text("x")
    aged(cache / "abc" / ".part-1")
    aged(cache / "abc" / "data.h5")
    assert find_waste(results) == []
    assert kinds(results, cache=cache) == {".part-1": "download"}
    remove_waste(find_waste(results, cache=cache))
    assert {path.name for path in (cache / "abc").iterdir()} == {".part-2", "data.h5"}
