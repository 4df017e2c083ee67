"""Run-to-run consistency of layouts, against a case worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scinfovae.errors import DataError
from scinfovae.metrics.consistency import layout_consistency, procrustes_disparities

# A square and a rectangle twice as wide, both around the origin: of unit size they are
# (±1, ±1) / sqrt 8 and (±2, ±1) / sqrt 20. Their product of matrices is diagonal with singular
# values 8 / sqrt 160 and 4 / sqrt 160, whose sum is the best correlation 12 / sqrt 160; the
# disparity is 1 - 144 / 160 = .1.
SQUARE = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]], float)
RECTANGLE = SQUARE * [2, 1]


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, -sin], [sin, cos]])


def test_a_square_and_a_rectangle() -> None:
    np.testing.assert_allclose(procrustes_disparities([SQUARE, RECTANGLE]), [0.1], atol=1e-12)


def test_position_size_turn_and_reflection_do_not_count() -> None:
    moved = 7 * turned(RECTANGLE, 0.3) + (5, -2)
    mirrored = RECTANGLE * (1, -1)
    found = procrustes_disparities([RECTANGLE, moved, mirrored])
    np.testing.assert_allclose(found, [0, 0, 0], atol=1e-12)


def test_the_mean_is_over_all_pairs_of_runs() -> None:
    told = layout_consistency([SQUARE, RECTANGLE, turned(RECTANGLE, 1.0), 3 * SQUARE])
    # square-square and rectangle-rectangle 0, four times square-rectangle .1
    assert (told.n_runs, told.n_pairs) == (4, 6)
    assert told.mean == pytest.approx(0.4 / 6)
    assert told.sd == pytest.approx(np.std([0, 0, 0.1, 0.1, 0.1, 0.1], ddof=1))


def test_one_pair_has_no_spread() -> None:
    assert np.isnan(layout_consistency([SQUARE, RECTANGLE]).sd)


def test_layouts_without_anything_in_common_are_near_one() -> None:
    rng = np.random.default_rng(0)
    assert layout_consistency(list(rng.normal(size=(5, 2000, 2)))).mean > 0.99


@pytest.mark.parametrize(
    ("layouts", "message"),
    [
        ([SQUARE], "1 layouts cannot be compared"),
        ([SQUARE, SQUARE[:3]], "are not of the same cells"),
        ([SQUARE, np.ones((4, 2))], "All cells of layout 1 lie at one point"),
        ([SQUARE, SQUARE * np.nan], "NaN or infinite"),
    ],
)
def test_what_cannot_be_compared(layouts, message) -> None:
    with pytest.raises(DataError, match=message):
        layout_consistency(layouts)
