"""From a paired difference and its interval to a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "does not hold", "undecided", "not run"]
Rule = Literal["above", "same"]

NO_WORSE = -0.02
ABOVE = 0.0
FEWEST_DATASETS = 5
# differences of scores such as .48 - .50 are no exact binary fractions
_DIGITS = 12


@dataclass(frozen=True)
class Comparison:
    """One paired difference over datasets.

    Attributes
    ----------
    label
        What is compared; more is better for the claim.
    unit
        In what: e.g. ``"ARI"``, or ``"ln ratio"``.
    mean, low, high
        The mean over datasets and its 95 % interval; NaN where there is none.
    margin, rule
        ``"above"``: whether the difference is above the margin; ``"same"``: whether it stays
        within plus and minus its size.
    datasets
        The datasets it rests on, each counted once; variants averaged are joined by +.
    seeds
        Fewest and most seeds of a cell.
    notes
        What was left out, and what else a reader should know.
    """

    label: str
    unit: str
    mean: float
    low: float
    high: float
    margin: float = NO_WORSE
    rule: Rule = "above"
    datasets: tuple[str, ...] = ()
    seeds: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What the interval says; with fewer than five datasets at most ``"undecided"``."""
        if not self.datasets:
            return "not run"
        if len(self.datasets) < FEWEST_DATASETS:
            return "undecided"
        return judge(self.low, self.high, self.margin, self.rule)

    @property
    def reason(self) -> str:
        """Why it is undecided although there is an interval, or an empty text."""
        n = len(self.datasets)
        if 0 < n < FEWEST_DATASETS:
            return f"{n} of the {FEWEST_DATASETS} datasets that a verdict needs at least"
        return ""


def judge(low: float, high: float, margin: float, rule: Rule = "above") -> Verdict:
    """Compare an interval with its margin.

    Parameters
    ----------
    low, high
        The bounds of the 95 % interval of a difference.
    margin
        What the difference is to exceed; of the rule ``"same"`` its size alone counts.
    rule
        ``"above"`` or ``"same"``.

    Returns
    -------
    ``"holds"`` if the whole interval lies on the claim's side of the margin, ``"does not hold"``
    if all of it lies on the other, else ``"undecided"``. A bound at the margin decides nothing.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "undecided"
    low, high, margin = (round(value, _DIGITS) for value in (low, high, margin))
    if rule == "same":
        size = abs(margin)
        if -size < low and high < size:
            return "holds"
        return "does not hold" if high < -size or low > size else "undecided"
    if low > margin:
        return "holds"
    return "does not hold" if high < margin else "undecided"


def verdict_of(comparisons: tuple[Comparison, ...]) -> Verdict:
    """Give the verdict of a claim that consists of several comparisons.

    Parameters
    ----------
    comparisons
        All that the claim asks for, those that were not run included.

    Returns
    -------
    ``"does not hold"`` if one of them does not, ``"holds"`` if every one does, ``"not run"`` if
    none was run, else ``"undecided"``.
    """
    verdicts = {comparison.verdict for comparison in comparisons}
    if verdicts <= {"not run"}:
        return "not run"
    if "does not hold" in verdicts:
        return "does not hold"
    return "holds" if verdicts == {"holds"} else "undecided"
