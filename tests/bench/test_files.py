from __future__ import annotations

import errno
import json
import os

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.records import files
from scinfovae.errors import ScInfoVAEError


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_whatever_is_written_is_whole_and_alone(tmp_path):
    files.write_text(tmp_path / "a.txt", "å\n")
    files.write_json(tmp_path / "b.json", {"x": np.float32(0.5), "y": np.array([1, 2])})
    files.write_array(tmp_path / "c.npy", np.eye(2))
    files.write_parquet(tmp_path / "d.parquet", pd.DataFrame({"x": [1]}))
    assert listed(tmp_path) == ["a.txt", "b.json", "c.npy", "d.parquet"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "å\n"
    assert files.read_json(tmp_path / "b.json") == {"x": 0.5, "y": [1, 2]}
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), np.eye(2))


def test_json_holds_no_nan(tmp_path):
    files.write_json(tmp_path / "a.json", {"x": [float("nan"), np.inf, {"y": -np.inf}], "z": 1})
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"x": [None, None, {"y": None}], "z": 1}


def test_a_failure_half_way_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    files.write_text(target, "old")

    def fail_half_way():
        with files.atomic_path(target) as temporary:
            temporary.write_text("ne")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert target.read_text() == "old"
    assert listed(tmp_path) == ["a.txt"]


def test_a_full_disk_is_told_in_a_sentence(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ScInfoVAEError, match=r"a\.txt' cannot be written: No space left"):
        files.write_text(tmp_path / "a.txt", "new")
    assert listed(tmp_path) == []


def test_a_folder_that_is_a_file_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ScInfoVAEError, match="cannot be written"):
        files.write_text(tmp_path / "file" / "a.txt", "x")


def test_files_of_libraries_that_write_for_the_owner_only_become_readable(tmp_path):
    with files.atomic_path(tmp_path / "a.bin") as temporary:
        temporary.touch(mode=0o600)
    files.write_text(tmp_path / "b.txt", "")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_foreign_json_is_no_json(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert files.read_json(tmp_path / "a.json") is None
    assert files.read_json(tmp_path / "missing.json") is None
