"""Agreement with reference labels: counted by hand, and equal to the published scores."""

from __future__ import annotations

import csv
from itertools import combinations, permutations
from math import log
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd
import pytest

from scinfovae.errors import DataError, UsageError
from scinfovae.metrics import (
    adjusted_rand_index,
    clustering_accuracy,
    completeness,
    external_scores,
    external_scores_multi,
    homogeneity,
    normalized_mutual_information,
)

if TYPE_CHECKING:
    from pathlib import Path

METRICS = ("ari", "nmi", "accuracy", "homogeneity", "completeness")
FILE_OF = {
    "worm_neuron_cell": "worm_neuron.h5",
    "10X_PBMC": "10x_pbmc_top2000.h5",
    "Young": "young_top2000.h5",
    "mouse_bladder_cell": "mouse_bladder_top2000.h5",
}


def random_pair(seed: int, classes: int, clusters: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, 60), rng.integers(0, clusters, 60)


def rand_index_by_pairs(reference: np.ndarray, predicted: np.ndarray) -> float:
    """Hubert and Arabie's index from the definition, pair of cells by pair of cells."""
    pairs = list(combinations(range(len(reference)), 2))
    in_class = np.array([reference[i] == reference[j] for i, j in pairs])
    in_cluster = np.array([predicted[i] == predicted[j] for i, j in pairs])
    both, chance = (in_class & in_cluster).sum(), in_class.sum() * in_cluster.sum() / len(pairs)
    return (both - chance) / ((in_class.sum() + in_cluster.sum()) / 2 - chance)


def entropies(reference: np.ndarray, predicted: np.ndarray) -> tuple[float, float, float]:
    """Entropy of classes, of clusters, and their mutual information, in nats."""
    joint: dict[tuple[int, int], float] = {}
    for pair in zip(reference.tolist(), predicted.tolist(), strict=True):
        joint[pair] = joint.get(pair, 0.0) + 1 / len(reference)
    classes = {c: sum(p for (a, _), p in joint.items() if a == c) for c, _ in joint}
    clusters = {k: sum(p for (_, b), p in joint.items() if b == k) for _, k in joint}
    information = sum(p * log(p / (classes[a] * clusters[b])) for (a, b), p in joint.items())
    return (
        -sum(p * log(p) for p in classes.values()),
        -sum(p * log(p) for p in clusters.values()),
        information,
    )


@pytest.mark.parametrize("seed", range(4))
def test_ari_counts_pairs(seed):
    reference, predicted = random_pair(seed, 4, 3)
    predicted[:30] = reference[:30]
    expected = rand_index_by_pairs(reference, predicted)
    assert adjusted_rand_index(reference, predicted) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_entropy_scores_follow_their_definitions(seed):
    reference, predicted = random_pair(seed, 5, 3)
    predicted[:30] = reference[:30]
    of_classes, of_clusters, information = entropies(reference, predicted)
    nmi = information / ((of_classes + of_clusters) / 2)
    assert normalized_mutual_information(reference, predicted) == pytest.approx(nmi, abs=1e-12)
    assert homogeneity(reference, predicted) == pytest.approx(information / of_classes, abs=1e-12)
    assert completeness(reference, predicted) == pytest.approx(information / of_clusters, abs=1e-12)


@pytest.mark.parametrize(("classes", "clusters"), [(4, 4), (5, 3), (3, 5), (1, 4)])
def test_accuracy_is_the_best_of_all_matchings(classes, clusters):
    reference, predicted = random_pair(0, classes, clusters)
    most = max(classes, clusters)
    best = max(
        np.mean([matching[k] == c for k, c in zip(predicted, reference, strict=True)])
        for matching in permutations(range(most))
    )
    assert clustering_accuracy(reference, predicted) == pytest.approx(best, abs=1e-12)


def test_accuracy_by_hand():
    # clusters 0 and 1 are matched to classes a and b; the split-off cluster 2 counts as wrong
    reference = ["a"] * 5 + ["b"] * 3
    assert clustering_accuracy(reference, [0, 0, 0, 2, 2, 1, 1, 0]) == 5 / 8


@pytest.mark.parametrize("renamed", [[3, 3, 9, 9, 1, 1], ["x", "x", "u", "u", "v", "v"]])
def test_names_of_clusters_do_not_matter(renamed):
    scores = external_scores(pd.Categorical(["k", "k", "a", "a", "m", "m"]), renamed)
    assert scores == pytest.approx(dict.fromkeys(METRICS, 1.0), abs=1e-12)
    assert tuple(scores) == METRICS


def test_one_cluster_tells_nothing():
    scores = external_scores([0, 0, 1, 1, 1], [7] * 5)
    assert scores == pytest.approx(
        {"ari": 0, "nmi": 0, "accuracy": 3 / 5, "homogeneity": 0, "completeness": 1}, abs=1e-12
    )


def test_several_references_are_each_scored_and_the_maximum_too():
    predicted = [0, 0, 1, 1, 2, 2]
    references = {"fine": [0, 0, 1, 1, 2, 2], "coarse": ["a", "a", "b", "b", "b", "b"]}
    scores = external_scores_multi(references, predicted)
    assert list(scores) == ["fine", "coarse", "max"]
    assert scores["coarse"] == external_scores(references["coarse"], predicted)
    assert scores["coarse"]["homogeneity"] == pytest.approx(1.0)
    assert scores["max"] == pytest.approx(dict.fromkeys(METRICS, 1.0))


@pytest.mark.parametrize("references", [{}, {"max": [0, 1]}])
def test_reference_keys_must_be_usable(references):
    with pytest.raises(UsageError, match="label_key"):
        external_scores_multi(references, [0, 1])


@pytest.mark.parametrize(
    ("reference", "predicted", "words"),
    [
        ([0, 1, 1], [0, 1], "3 reference labels and 2 predicted"),
        ([], [], "one label per cell"),
        ([[0, 1], [1, 0]], [0, 1], "one label per cell"),
        ([0.0, float("nan")], [0, 1], "missing"),
        (np.array(["a", None], dtype=object), [0, 1], "missing"),
    ],
)
def test_unusable_labels_are_refused(reference, predicted, words):
    with pytest.raises(DataError, match=words):
        external_scores(reference, predicted)


@pytest.mark.real_data
@pytest.mark.parametrize("dataset", FILE_OF)
def test_published_predictions_get_their_published_scores(shared_data: Path, dataset: str):
    with h5py.File(shared_data / "data" / "mirror" / FILE_OF[dataset]) as file:
        reference = file["Y"][()]
    published = shared_data / "published"
    with (published / "graph_sc_predictions_index.csv").open() as table:
        # not usable: an earlier run whose cells were shuffled, and a method that dropped cells
        rows = [
            row
            for row in csv.DictReader(table)
            if row["dataset"] == dataset
            and "gae_optimal" not in row["method"]
            and int(row["n_cells"]) == len(reference)
        ]
    assert len(rows) >= 28
    with np.load(published / "graph_sc_predictions.npz") as predictions:
        for row in rows:
            predicted = predictions[f"{row['method']}|{dataset}|{row['run']}"]
            # the published values are rounded to 4 decimals
            ari, nmi = float(row["ari"]), float(row["nmi"])
            assert adjusted_rand_index(reference, predicted) == pytest.approx(ari, abs=5.1e-5)
            assert normalized_mutual_information(reference, predicted) == pytest.approx(
                nmi, abs=5.1e-5
            )
