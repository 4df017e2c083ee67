"""Distances between named classes, against places on a line."""

from __future__ import annotations

import numpy as np
import pytest

from scinfovae.errors import DataError, UsageError
from scinfovae.metrics.classes import class_distance, compare_class_distances

# two ependymal cells at 0 and 1, two endothelial ones at 3 and 4, two neurons at 9 and 10
PLACES = np.array([[0.0], [1], [3], [4], [9], [10]])
LABELS = np.array(["ependymal"] * 2 + ["endothelial"] * 2 + ["neuron"] * 2)
MEAN = 27 / 6
SPREAD = np.sqrt(np.mean((PLACES - MEAN) ** 2))
FIG6 = {"anchor": "ependymal", "near": "endothelial", "others": ["neuron"]}


def test_places_on_a_line() -> None:
    centroid, nearest = class_distance(PLACES, LABELS, "ependymal", "endothelial", k=1)
    assert centroid == pytest.approx(3 / SPREAD)
    # from 0 and 1 the nearest is at 3, from 3 and 4 it is at 1: (3 + 2) / 2 and (2 + 3) / 2
    assert nearest == pytest.approx(2.5 / SPREAD)


def test_with_all_neighbours_it_is_the_mean_over_all_pairs() -> None:
    _, mean = class_distance(PLACES, LABELS, "ependymal", "endothelial", k=9)
    assert mean == pytest.approx(np.mean([3, 4, 2, 3]) / SPREAD)


def test_a_ratio_above_one_says_that_the_other_class_is_farther() -> None:
    near, far = compare_class_distances({"line": PLACES}, LABELS, **FIG6, k=1)
    assert (near.second, near.centroid_ratio, near.neighbours_ratio) == ("endothelial", 1, 1)
    assert (far.first, far.second) == ("ependymal", "neuron")
    assert far.centroid_ratio == pytest.approx(9 / 3)
    assert far.neighbours_ratio == pytest.approx(8.5 / 2.5)


def test_neither_scale_nor_place_nor_turn_of_a_space_matters() -> None:
    plane = np.column_stack([PLACES, np.zeros(6)])
    moved = 50 * plane @ np.array([[0.6, 0.8], [-0.8, 0.6]]) + 3
    rows = compare_class_distances({"line": PLACES, "plane": moved}, LABELS, **FIG6)
    assert [row.space for row in rows] == ["line", "line", "plane", "plane"]
    for line, plane_row in zip(rows[:2], rows[2:], strict=True):
        assert line.centroid == pytest.approx(plane_row.centroid)
        assert line.neighbours == pytest.approx(plane_row.neighbours)


def test_what_the_data_show_already_is_seen_beside() -> None:
    # the embedding halves the gap to the neurons: its ratio is below that of the data
    squeezed = np.where(PLACES > 8, PLACES - 4, PLACES)
    spaces = {"embedding": squeezed, "PCA-50": PLACES}
    rows = {(r.space, r.second): r for r in compare_class_distances(spaces, LABELS, **FIG6)}
    assert rows["embedding", "neuron"].centroid_ratio == pytest.approx(5 / 3)
    assert rows["PCA-50", "neuron"].centroid_ratio == pytest.approx(3)


def test_classes_at_one_place_have_no_ratio() -> None:
    places = np.array([[0.0], [0], [0], [0], [1], [1]])
    far = compare_class_distances({"line": places}, LABELS, **FIG6)[1]
    assert np.isnan(far.centroid_ratio)
    assert far.centroid > 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"near": "endothelia"}, UsageError, "Did you mean 'endothelial'"),
        ({"others": []}, UsageError, "at least one other class"),
        ({"k": 0}, UsageError, "k=0 must be at least 1"),
        ({"labels": LABELS[:3]}, DataError, "one each is needed"),
        ({"spaces": {"x": np.zeros((6, 2))}}, DataError, "lie at one point"),
    ],
)
def test_what_cannot_be_meant(change, error, message) -> None:
    given = {"spaces": {"line": PLACES}, "labels": LABELS, **FIG6, **change}
    spaces, labels = given.pop("spaces"), given.pop("labels")
    with pytest.raises(error, match=message):
        compare_class_distances(spaces, labels, **given)
