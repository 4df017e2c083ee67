"""From intervals to verdicts, at the margins and on either side of them."""

from __future__ import annotations

import dataclasses

import pytest

from scinfovae.reproduce.verdict import ABOVE, NO_WORSE, Comparison, judge, verdict_of

FIVE = ("a", "b", "c", "d", "e")


def test_the_margins_are_those_that_were_announced() -> None:
    assert (NO_WORSE, ABOVE) == (-0.02, 0.0)


@pytest.mark.parametrize(
    ("low", "high", "margin", "expected"),
    [
        (0.01, 0.03, NO_WORSE, "holds"),
        (-0.0199, 0.3, NO_WORSE, "holds"),
        (-0.02, 0.3, NO_WORSE, "undecided"),
        (-0.0201, 0.3, NO_WORSE, "undecided"),
        (-0.3, -0.0199, NO_WORSE, "undecided"),
        (-0.3, -0.02, NO_WORSE, "undecided"),
        (-0.3, -0.0201, NO_WORSE, "does not hold"),
        (-0.02, -0.02, NO_WORSE, "undecided"),
        (0.48 - 0.50, 0.48 - 0.50, NO_WORSE, "undecided"),  # -.020000000000000018
        (0.001, 0.002, ABOVE, "holds"),
        (0.0, 0.002, ABOVE, "undecided"),
        (-0.01, 0.0, ABOVE, "undecided"),
        (-0.01, -0.001, ABOVE, "does not hold"),
        (float("nan"), 0.1, ABOVE, "undecided"),
        (float("-inf"), float("-inf"), ABOVE, "undecided"),
    ],
)
def test_above(low, high, margin, expected) -> None:
    assert judge(low, high, margin) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.019, 0.019, "holds"),
        (0.0, 0.0, "holds"),
        (-0.02, 0.01, "undecided"),
        (-0.01, 0.02, "undecided"),
        (-0.5, 0.5, "undecided"),
        (0.01, 0.03, "undecided"),
        (0.02, 0.03, "undecided"),
        (0.021, 0.03, "does not hold"),
        (-0.03, -0.021, "does not hold"),
    ],
)
def test_same(low, high, expected) -> None:
    assert judge(low, high, NO_WORSE, "same") == expected


def comparison(low: float, high: float, n: int = 5) -> Comparison:
    return Comparison("a − b", "ARI", (low + high) / 2, low, high, datasets=FIVE[:n])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_few_datasets_decide_nothing_however_clear_they_are(n) -> None:
    for low, high in ((0.4, 0.5), (-0.5, -0.4)):
        few = comparison(low, high, n)
        assert few.verdict == "undecided"
        assert few.reason == f"{n} of the 5 datasets that a verdict needs at least"
    assert comparison(0.4, 0.5).reason == ""


def test_without_datasets_nothing_was_run() -> None:
    nothing = dataclasses.replace(comparison(0.4, 0.5), datasets=())
    assert (nothing.verdict, nothing.reason) == ("not run", "")


def test_a_claim_holds_where_all_of_it_holds() -> None:
    holds, fails, open_ = comparison(0.1, 0.2), comparison(-0.2, -0.1), comparison(-0.1, 0.1)
    nothing = comparison(0.1, 0.2, 0)
    assert verdict_of((holds, holds)) == "holds"
    assert verdict_of((holds, open_)) == "undecided"
    assert verdict_of((holds, nothing)) == "undecided"
    assert verdict_of((holds, open_, nothing, fails)) == "does not hold"
    assert verdict_of((nothing, nothing)) == "not run"
    assert verdict_of(()) == "not run"
