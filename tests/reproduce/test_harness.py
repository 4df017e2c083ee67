"""Checks of the harness: what passes, what fails, and what cannot be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.errors import DataError
from scinfovae.reproduce import figure4_map
from scinfovae.reproduce.controls import check_controls
from scinfovae.reproduce.harness import check_harness

if TYPE_CHECKING:
    from pathlib import Path


def fill(runs, dataset: str = "worm_neuron", **scores: float) -> None:
    for method, ari in scores.items():
        own = method in ("random_labels", "oracle_labels")
        runs.add(dataset, method, ari, clusterers=["own"] if own else ["kmeans"])


ORDERLY = {"random_labels": 0.001, "random_embedding": -0.002, "pca": 0.4, "oracle_labels": 1.0}


def test_controls_in_order(runs) -> None:
    fill(runs, **ORDERLY)
    fill(runs, "adam", pca=0.5, random_labels=0.0)
    found = check_controls(runs.evidence())
    assert found.problems == ()
    assert found.controls == ("random_labels", "random_embedding", "oracle_labels")
    assert found.datasets == ("adam", "worm_neuron")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"oracle_labels": 0.99}, "oracle_labels has ARI 0.990 on worm_neuron, it must have 1"),
        ({"random_labels": 0.06}, "random_labels has ARI 0.060 on worm_neuron, chance is 0"),
        ({"random_embedding": -0.06}, "random_embedding has ARI -0.060 on worm_neuron"),
        ({"pca": -0.01}, "median of 1 methods has ARI -0.010 on worm_neuron, not above random_"),
    ],
)
def test_controls_out_of_order(runs, changed, told) -> None:
    fill(runs, **{**ORDERLY, **changed})
    assert any(told in problem for problem in check_controls(runs.evidence()).problems)


def test_one_bad_method_is_a_finding_about_the_method(runs, three_others) -> None:
    fill(runs, **ORDERLY, nmf=-0.01, tsne=0.3)
    assert check_controls(runs.evidence()).problems == ()


def test_without_controls_or_files_it_is_said_that_nothing_was_checked(runs) -> None:
    runs.add("worm_neuron", "pca")
    predictions, controls, figure4 = check_harness(runs.evidence(), None, None, [])
    assert (predictions.state, controls.state, figure4.state) == (
        "not checked",
        "not checked",
        "ok",
    )
    assert "--predictions FILE" in predictions.message
    assert "method=control" in controls.message


def test_predictions_that_cannot_be_read_are_an_error_of_the_user(runs, tmp_path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        check_harness(runs.evidence(), tmp_path / "nothing.npz", None, [])


def test_the_carried_points_are_mapped_to_the_published_ones() -> None:
    assert figure4_map.largest_difference() <= 1e-12
    assert len(figure4_map.PUBLISHED_2D) == len(figure4_map.PUBLISHED_9D) == 8


@pytest.mark.real_data
def test_the_carried_points_are_those_of_the_published_files(shared_data: Path) -> None:
    rows = [2025, 2032, 2127, 2172, 0, 1000, 1400, 2100]
    for name, carried in (("2d", figure4_map.PUBLISHED_2D), ("9d", figure4_map.PUBLISHED_9D)):
        file = shared_data / "synthetic" / f"synthetic_{name}_2200.tsv"
        published = pd.read_csv(file, sep="\t", float_precision="round_trip").to_numpy()
        np.testing.assert_array_equal(published[rows], carried)


def test_a_wrong_map_is_caught(runs, monkeypatch) -> None:
    nine = np.array(figure4_map.PUBLISHED_9D)
    nine[3, 5] += 2e-12
    monkeypatch.setattr(figure4_map, "PUBLISHED_9D", nine)
    assert check_harness(runs.evidence(), None, None, [])[2].state == "failed"


def requests(mirror: Path, cache: Path, names: str) -> list:
    words = [f"dataset={names}", "method=pca", f"data.mirror={mirror}", f"data.cache_dir={cache}"]
    return [group.recipe.dataset for group in make_plan(words)]


@pytest.mark.real_data
def test_published_predictions_of_the_data_at_hand(
    runs, shared_data, few_predictions, tmp_path
) -> None:
    file = few_predictions
    asked = requests(shared_data / "data" / "mirror", tmp_path, "worm_neuron,romanov")
    check = check_harness(runs.evidence(), file, None, asked)[0]
    assert check.state == "ok"
    assert check.message == "3 of 3 on 1 datasets (1 more are not at hand)"
    nothing = check_harness(runs.evidence(), file, None, requests(tmp_path, tmp_path, "romanov"))[0]
    assert nothing.state == "not checked"
    assert "is at hand" in nothing.message
