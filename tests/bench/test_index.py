"""The index of a store: fast, and never believed against the records."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from scinfovae.bench.records import index, scan
from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.index import read_store, reindex
from scinfovae.bench.records.manifest import ExpectedRun, Manifest, write_manifest
from scinfovae.errors import ScInfoVAEWarning

WORDS = ("method=toy", "clusterers=[kmeans]")


@pytest.fixture
def store(toy, bench, results):
    """Two finished runs and an index that knows them."""
    bench(*WORDS, "seed=0,1")
    reindex(results)
    return results


def folder(results, seed=0):
    (found,) = results.glob(f"runs/simulated/toy/*/seed={seed}")
    return found


def rewrite(path, **changes):
    value = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps(value))


def test_nothing_is_read_twice(store):
    contents = read_store(store)
    assert [row["seed"] for row in contents.rows] == [0, 1]
    assert contents.n_read == 0


def test_the_index_says_what_the_records_say(store):
    fast = read_store(store).rows
    (store / "index.parquet").unlink()
    slow = read_store(store)
    assert slow.n_read == 2
    pd.testing.assert_frame_equal(pd.DataFrame(fast), pd.DataFrame(slow.rows))


def test_a_changed_record_is_read_again(store):
    rewrite(folder(store) / "status.json", status="failed", message="later")
    contents = read_store(store)
    assert contents.n_read == 1
    assert [row["status"] for row in contents.rows] == ["failed", "ok"]


def test_a_change_of_equal_size_and_time_is_found_by_the_file_itself(store):
    path = folder(store) / "metrics.json"
    before = path.stat()
    fresh = path.with_name("new")
    fresh.write_text(path.read_text().replace('"n_cells": 60', '"n_cells": 61'))
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.replace(path)
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert json.loads(read_store(store).rows[0]["metrics"])["n_cells"] == 61


def test_a_removed_record_is_forgotten_and_a_new_one_found(store, bench):
    shutil.rmtree(folder(store, 1))
    assert [row["seed"] for row in read_store(store).rows] == [0]
    bench(*WORDS, "seed=5")
    assert [row["seed"] for row in read_store(store).rows] == [0, 5]


@pytest.mark.parametrize("content", [b"", b"torn", None])
def test_a_damaged_index_is_as_none(store, content):
    path = store / "index.parquet"
    path.write_bytes(path.read_bytes()[:500] if content is None else content)
    contents = read_store(store)
    assert (len(contents.rows), contents.n_read) == (2, 2)
    assert reindex(store).n_read == 2
    assert read_store(store).n_read == 0


def test_an_index_of_another_version_of_the_code_is_as_none(store, monkeypatch):
    monkeypatch.setattr(index, "_code_and_configuration", lambda: ["another"])
    assert read_store(store).n_read == 2


def test_many_new_records_are_remembered_without_being_asked(store, monkeypatch):
    (store / "index.parquet").unlink()
    monkeypatch.setattr(index, "_REFRESH", 2)
    assert read_store(store).n_read == 2
    assert read_store(store).n_read == 0


def test_a_folder_that_may_only_be_read_is_read(store, monkeypatch):
    (store / "index.parquet").unlink()
    monkeypatch.setattr(index, "_REFRESH", 1)

    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert len(read_store(store).rows) == 2
    assert not (store / "index.parquet").exists()


TORN = [
    ("metrics.json", "{", "failed", "its metrics.json is torn"),
    ("metrics.json", None, "failed", "its metrics.json is missing"),
    ("config.yaml", "a: [", "failed", "its config.yaml is torn"),
    ("config.yaml", "a: 1", "failed", "its config.yaml is not of this project"),
    ("provenance.json", "[]", "failed", "its provenance.json is torn"),
    ("embedding.npy", None, "failed", "its embedding.npy is missing"),
    ("labels.parquet", None, "failed", "its labels.parquet is missing"),
]


@pytest.mark.parametrize(("name", "text", "status", "reason"), TORN)
def test_a_torn_record_is_never_a_result(store, name, text, status, reason):
    path = folder(store) / name
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    contents = read_store(store)
    assert (folder(store), reason) in contents.problems
    row = contents.rows[0]
    assert (row["status"], row["stage"], row["metrics"]) == (status, "record", "{}")
    assert reason in row["message"]
    with pytest.warns(ScInfoVAEWarning, match=r"torn or foreign.*store list"):
        assert list(runs_frame(store)["status"]) == ["failed", "ok"]


@pytest.mark.parametrize("text", ["", "{", '{"status": "wonderful"}'])
def test_without_a_sound_status_there_is_no_run(store, text):
    write_manifest(
        store, Manifest((ExpectedRun("simulated", "toy", folder(store).parent.name, 0, "paper"),))
    )
    (folder(store) / "status.json").write_text(text)
    contents = read_store(store)
    assert [row["seed"] for row in contents.rows] == [1]
    assert contents.problems == [(folder(store), "its status.json is torn")]
    with pytest.warns(ScInfoVAEWarning):
        assert list(runs_frame(store)["status"]) == ["missing", "ok"]


def test_a_record_in_the_place_of_another_is_told(store):
    other = folder(store).with_name("seed=7")
    shutil.copytree(folder(store), other)
    contents = read_store(store)
    (problem,) = contents.problems
    assert problem == (other, "its config.yaml is that of another run, simulated x toy seed 0")
    assert contents.rows[-1]["status"] == "failed"


def test_foreign_files_are_told_and_left(store):
    runs = store / "runs"
    (runs / "notes.txt").write_text("mine")
    (runs / "simulated" / "toy" / "x.csv").write_text("mine")
    (folder(store).parent / "seed=x").mkdir()
    (folder(store).parent / "seed=01").mkdir()
    (folder(store) / "mine.txt").write_text("mine")
    told = {path.name: reason for path, reason in read_store(store).problems}
    assert told == {
        "notes.txt": "it is no folder of a dataset",
        "x.csv": "it is no folder of an identity",
        "seed=x": "it is no folder seed=<k> of a run",
        "seed=01": "it is no folder seed=<k> of a run",
    }
    assert (runs / "notes.txt").exists()


def test_a_record_that_a_killed_writer_put_aside_is_still_read(store):
    place = folder(store)
    place.rename(place.with_name(".old-seed=0"))
    contents = read_store(store)
    assert [row["seed"] for row in contents.rows] == [0, 1]
    assert contents.rows[0]["status"] == "ok"
    assert contents.rows[0]["folder"].endswith("seed=0")
    assert [path.name for path in contents.leftovers] == [".old-seed=0"]


def test_a_record_that_is_put_aside_after_it_was_listed_is_still_read(store, monkeypatch):
    listed = scan._listed

    def then_put_aside(parent, seen):
        paths = listed(parent, seen)
        for path in paths:
            if path.name == "seed=0":
                path.rename(path.with_name(".old-seed=0"))
        return paths

    monkeypatch.setattr(scan, "_listed", then_put_aside)
    contents = read_store(store)
    assert contents.problems == []
    assert [(row["seed"], row["status"]) for row in contents.rows] == [(0, "ok"), (1, "ok")]


def test_a_record_that_comes_back_after_it_was_missed_is_still_read(store, monkeypatch):
    real_stat = Path.stat
    missed = []

    def missed_once(self, **words):
        if self.name == "seed=0" and not missed:
            missed.append(self)
            raise FileNotFoundError(self)  # away for the moment in which another takes its place
        return real_stat(self, **words)

    monkeypatch.setattr(Path, "stat", missed_once)
    contents = read_store(store)
    assert missed
    assert contents.problems == []
    assert [(row["seed"], row["status"]) for row in contents.rows] == [(0, "ok"), (1, "ok")]


def test_a_link_to_nowhere_is_foreign(store):
    (folder,) = store.glob("runs/*/*/*")
    (folder / "seed=7").symlink_to("nowhere")
    contents = read_store(store)
    assert [path.name for path, _ in contents.problems] == ["seed=7"]
    assert len(contents.rows) == 2
