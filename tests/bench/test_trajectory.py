"""What a run tells of the way its embedding took: scored snapshots, and no label before the end."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from scinfovae.bench.running.members import score_members
from scinfovae.bench.running.trajectory import score_trajectory
from scinfovae.methods import MethodResult

SHORT = (
    "method=scinfovae",
    "method.hidden=[8]",
    "method.latent_dim=2",
    "method.pretrain.epochs=4",
    "method.pretrain.warmup_epochs=0",
    "method.fine_tune.epochs=2",
    "clusterers=[kmeans]",
)

LOG = SimpleNamespace(progress=lambda step, done, total: None)


def data_of(references):
    dataset = SimpleNamespace(label_keys=tuple(references), n_clusters=3)
    return SimpleNamespace(dataset=dataset, references=references)


def metrics_of(results):
    (file,) = results.rglob("metrics.json")
    return json.loads(file.read_text())


def test_the_trajectory_ends_where_the_stages_end(bench, results):
    code, _, err = bench(*SHORT)
    assert code == 0, err
    metrics = metrics_of(results)
    scores = {e["stage"]: e["external"]["cluster"] for e in metrics["clusterings"]}
    curves = metrics["trajectory"]
    assert curves["pretrain"]["epoch"] == [1, 2, 3, 4]
    assert curves["fine_tune"]["epoch"] == [1, 2]
    for stage, told in (("pretrain", "pretrained"), ("fine_tune", "final")):
        for metric in ("ari", "nmi"):
            assert curves[stage][metric][-1] == pytest.approx(scores[told][metric], abs=1e-12)


def test_every_snapshot_is_scored_against_the_first_labels():
    truth = np.repeat([0, 1, 2], 20)
    apart = np.eye(3)[truth] * 9 + np.random.default_rng(0).normal(size=(60, 3))
    mixed = np.random.default_rng(1).normal(size=(60, 3))
    result = MethodResult(snapshots={"pretrain": {5: mixed, 10: apart}})
    metrics = {}
    score_trajectory(metrics, result, data_of({"fine": truth, "coarse": truth > 0}), 0, LOG)
    curve = metrics["trajectory"]["pretrain"]
    assert curve["epoch"] == [5, 10]
    assert abs(curve["ari"][0]) < 0.1
    assert (curve["ari"][1], curve["nmi"][1]) == (1.0, 1.0)


def test_cells_without_labels_have_no_trajectory():
    metrics = {}
    result = MethodResult(snapshots={"pretrain": {1: np.zeros((60, 3))}})
    score_trajectory(metrics, result, data_of({}), 0, LOG)
    assert metrics == {}


def test_partitions_behind_a_consensus_are_scored():
    truth = np.array([0, 0, 0, 1, 1, 1])
    result = MethodResult(members=[1 - truth, np.array([0, 0, 1, 1, 2, 2])])
    metrics = {}
    score_members(metrics, result, data_of({"type": truth}))
    assert metrics["members"]["ari"] == pytest.approx([1.0, 8 / 33])  # by hand: (2 - 1.2) / 3.3
