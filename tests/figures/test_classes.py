"""Colours, markers and the drawing order of classes and clusters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from scinfovae.figures.classes import (
    class_legend,
    colour_of,
    marker_of,
    match_clusters,
    places_of,
    scatter_classes,
)


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        # one letter a cell; an assignment of most shared cells gave "b" to the second, pure in "a"
        (["aaaab", "aa"], {0: 0, 1: 2}),
        # and here "b" to the first, most of whose cells are "a"
        (["aaaabb", "aaa"], {0: 0, 1: 2}),
        # the larger share has the colour, whatever the order
        (["aa", "aaa", "bb"], {0: 2, 1: 0, 2: 1}),
        # of two classes that are equally common, the one that is left
        (["ab", "aaa"], {0: 1, 1: 0}),
        # a class that no cluster is mostly of has no cluster
        (["aab", "ccb"], {0: 0, 1: 2}),
    ],
)
def test_a_cluster_has_the_colour_of_its_commonest_class_or_one_of_its_own(clusters, expected):
    reference = np.array(list("".join(clusters)))
    predicted = np.repeat(np.arange(len(clusters)), [len(one) for one in clusters])
    assert match_clusters(reference, predicted) == expected


def test_32_classes_have_32_colours_that_can_be_told_apart():
    colours = np.array([colour_of(place) for place in range(32)])
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)]
    assert min(apart) > 0.15
    # none vanishes on white or on the grey of a panel
    assert np.linalg.norm(colours - 1, axis=1).min() > 0.3
    assert len({(colour_of(place), marker_of(place)) for place in range(64)}) == 64


def test_cells_are_drawn_in_one_random_order_with_their_own_colour_and_marker():
    values = np.repeat([f"c{i:02d}" for i in range(10)], 20)
    points = np.random.default_rng(0).normal(size=(200, 2))
    places = places_of(None, values)
    drawn = []
    for _ in range(2):
        axes = Figure().subplots()
        scatter_classes(axes, points, values, places, 4.0)
        (cells,) = axes.collections
        drawn.append(np.asarray(cells.get_offsets()))
    np.testing.assert_array_equal(*drawn)
    order = [int(np.flatnonzero((points == one).all(axis=1))[0]) for one in drawn[0]]
    assert sorted(order) == list(range(200))
    # ten classes of twenty cells: neither the first nor the last are of a few classes only
    assert min(len(set(values[order][part])) for part in (slice(40), slice(-40, None))) > 7
    own = [places[value] for value in values[order]]
    np.testing.assert_allclose(cells.get_facecolors()[:, :3], [colour_of(one) for one in own])
    # circles up to the eighth class, triangles after it
    corners = [len(path.vertices) for path in cells.get_paths()]
    assert len({n for n, place in zip(corners, own, strict=True) if place < 8}) == 1
    assert {n for n, place in zip(corners, own, strict=True) if place >= 8} == {4}
    assert [name for _, name in class_legend(places)] == list(places)


def test_a_panel_without_cells_is_drawn():
    axes = Figure().subplots()
    scatter_classes(axes, np.zeros((0, 2)), np.array([], dtype=str), {}, 4.0)
