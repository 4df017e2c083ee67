from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.records.status import Status
from scinfovae.bench.records.store import RecordContents, RecordStore
from scinfovae.errors import ScInfoVAEError
from scinfovae.methods import MethodResult


def finished(record):
    status = record.status()
    return status is not None and status.status == "ok" and record.is_trained()


class Model:
    def save(self, path):
        path.write_bytes(b"weights")


@pytest.fixture
def record(tmp_path):
    return RecordStore(tmp_path).record("worm_neuron", "pca", "0123456789abcdef", 3)


def contents(**changes):
    result = MethodResult(
        stages={"final": np.ones((2, 2)), "pretrained": np.zeros((2, 2))},
        posterior_log_variance=np.ones((2, 2)),
        history={"loss": [1.0, 2.0], "stage": ["pretrain", "pretrain"], "short": [1.0]},
        model=Model(),
    )
    values = {
        "config": "seed: 3\n",
        "provenance": {"x": 1},
        "status": Status("ok", collapsed=True),
        "log": "line\n",
        "result": result,
        "labels": pd.DataFrame({"cell_id": ["a", "b"]}),
        "metrics": {"clusterings": []},
    }
    return RecordContents(**{**values, **changes})


def test_the_layout_of_the_store(record, tmp_path):
    expected = tmp_path / "runs" / "worm_neuron" / "pca" / "0123456789abcdef" / "seed=3"
    assert record.folder == expected
    assert not expected.exists()
    assert record.status() is None
    record.write(contents())
    assert sorted(path.name for path in expected.iterdir()) == sorted(
        (
            "config.yaml",
            "provenance.json",
            "status.json",
            "embedding.npy",
            "embedding_pretrained.npy",
            "posterior_log_variance.npy",
            "labels.parquet",
            "history.parquet",
            "metrics.json",
            "model.safetensors",
            "log.txt",
        )
    )


def test_what_is_written_is_read(record):
    record.write(contents())
    assert record.status() == Status("ok", collapsed=True)
    assert finished(record)
    assert set(record.embeddings()) == {"final", "pretrained"}
    assert record.embeddings()["final"].dtype == np.float32
    assert record.labels()["cell_id"].tolist() == ["a", "b"]
    history = pd.read_parquet(record.folder / "history.parquet")
    assert history["stage"].tolist() == ["pretrain", "pretrain"]
    assert np.isnan(history["short"][1])


def test_a_model_is_kept_only_if_wanted(record):
    record.write(contents(keep_model=False))
    assert not (record.folder / "model.safetensors").exists()


def test_nothing_of_an_older_record_survives(record):
    record.write(contents())
    record.write(contents(result=None, labels=None, status=Status("failed", message="no")))
    assert sorted(path.name for path in record.folder.iterdir()) == [
        "config.yaml",
        "log.txt",
        "provenance.json",
        "status.json",
    ]
    assert not finished(record)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"status": "wonderful"}', "[]"])
def test_a_torn_or_foreign_status_is_no_record(record, text):
    record.write(contents())
    (record.folder / "status.json").write_text(text)
    assert record.status() is None
    assert not finished(record)


def test_a_status_of_a_later_version_is_read(record):
    record.write(contents())
    value = json.loads((record.folder / "status.json").read_text())
    (record.folder / "status.json").write_text(json.dumps({**value, "new": 1}))
    assert finished(record)


@pytest.mark.parametrize("name", ["embedding.npy", "labels.parquet", "metrics.json"])
def test_a_record_that_lost_a_file_is_not_finished(record, name):
    record.write(contents())
    (record.folder / name).unlink()
    assert not finished(record)


def test_a_failure_in_a_clusterer_keeps_the_training(record):
    record.write(contents(status=Status("failed", stage="cluster final.rsc", message="no")))
    assert record.is_trained()
    assert not finished(record)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]"])
def test_a_record_with_torn_scores_is_not_finished(record, text):
    record.write(contents())
    (record.folder / "metrics.json").write_text(text)
    assert not record.is_trained()


@pytest.mark.parametrize(
    ("name", "read"),
    [("labels.parquet", "labels"), ("embedding.npy", "embeddings")],
)
def test_a_damaged_file_is_named_with_the_way_out(record, name, read):
    record.write(contents())
    path = record.folder / name
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ScInfoVAEError, match=rf"{name}' is damaged .* --force"):
        getattr(record, read)()


def test_scores_are_replaced_at_once_and_the_rest_stays(record):
    record.write(contents())
    (record.folder / "embedding_plot.png").write_bytes(b"picture")
    before = {path.name: path.read_bytes() for path in record.folder.iterdir()}
    labels = pd.DataFrame({"cell_id": ["a", "b"], "final.ward": [0, 1]})
    record.update(labels, {"clusterings": [], "new": 1}, Status("ok"))
    after = {path.name: path.read_bytes() for path in record.folder.iterdir()}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"labels.parquet", "metrics.json", "status.json"}
    assert set(after) == set(before)
    assert record.labels()["final.ward"].tolist() == [0, 1]
    assert record.metrics()["new"] == 1


def test_a_file_system_without_links_gets_copies(record, monkeypatch):
    record.write(contents())

    def refuse(source, target):
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    record.update(record.labels(), {"clusterings": []}, Status("ok"))
    assert set(record.embeddings()) == {"final", "pretrained"}
    assert (record.folder / "model.safetensors").read_bytes() == b"weights"


def test_files_of_the_user_stay_with_the_record(record):
    record.write(contents())
    (record.folder / "mine.txt").write_text("a note")
    (record.folder / "mine").mkdir()
    record.write(contents())
    assert (record.folder / "mine.txt").read_text() == "a note"
    assert (record.folder / "mine").is_dir()
    assert [path.name for path in record.folder.parent.iterdir()] == ["seed=3"]


def test_a_folder_that_vanishes_while_it_is_made_is_made_again(record, monkeypatch):
    tries = []

    def mkdir(path, *words, make=Path.mkdir, **more):
        if path.name.startswith(".tmp-") and len(tries) < 2:
            tries.append(path)
            raise FileNotFoundError(path)
        make(path, *words, **more)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    record.write(contents())
    assert len(tries) == 2
    assert finished(record)


def test_a_folder_that_somebody_else_makes_in_between_does_not_cost_the_record(record):
    record.write(contents())
    record.folder.rename(record.folder.with_name(".old-seed=3"))
    record.folder.mkdir()
    (record.folder / "embedding_plot.png").write_bytes(b"late")
    (record.folder / "mine.txt").write_text("a note")
    assert finished(record)
    assert set(record.embeddings()) == {"final", "pretrained"}
    with record.lock(pytest.fail):
        pass
    assert finished(record)
    assert (record.folder / "mine.txt").exists()
    assert not (record.folder / "embedding_plot.png").exists()
    assert [path.name for path in record.folder.parent.iterdir()] == ["seed=3"]
