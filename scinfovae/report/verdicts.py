"""Verdicts on the paper's claims, each comparison with its interval as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.report.grid import minus
from scinfovae.reproduce.report import Report, notes_of, seeds_text
from scinfovae.tables.formatting import NOTHING, interval, signed

if TYPE_CHECKING:
    import pandas as pd

    from scinfovae.reproduce.checking import ClaimResult
    from scinfovae.reproduce.verdict import Comparison, Verdict

WIDTH = 220.0
_PADDING = 0.06


@dataclass(frozen=True)
class Interval:
    """Where an interval lies on the axis of its claim; coordinates between 0 and `WIDTH`."""

    low: float
    mean: float
    high: float
    zero: float
    margins: tuple[float, ...]


@dataclass(frozen=True)
class ComparisonView:
    """One comparison in words and as a picture; no picture where there is no interval."""

    label: str
    unit: str
    difference: str
    interval: str
    n_datasets: int
    seeds: str
    verdict: Verdict
    drawn: Interval | None


@dataclass(frozen=True)
class ClaimView:
    """One claim as the page shows it."""

    name: str
    words: str
    where: str
    asks: str
    verdict: Verdict
    comparisons: tuple[ComparisonView, ...]
    margin: str
    notes: tuple[str, ...]
    todo: tuple[str, ...]


def check_runs(runs: pd.DataFrame, source: str) -> Report:
    """Check all claims and the harness, without the network.

    Parameters
    ----------
    runs
        Rows of the frame of runs.
    source
        What was read, in words.

    Returns
    -------
    The verdicts.
    """
    from scinfovae.bench.records.columns import COLUMNS
    from scinfovae.bench.records.frame import scores_frame
    from scinfovae.reproduce.checking import check_claims
    from scinfovae.reproduce.evidence import gather
    from scinfovae.reproduce.harness import check_harness

    plain = runs[list(COLUMNS)].reset_index(drop=True)
    evidence = gather(plain, scores_frame(plain))
    return Report(
        source=f"{source}, of which {len(evidence.runs)} are evidence",
        claims=tuple(check_claims(evidence)),
        harness=tuple(check_harness(evidence, None, None, [])),
        left_out=evidence.left_out,
    )


def show_claim(result: ClaimResult) -> ClaimView:
    """Lay a claim out.

    Parameters
    ----------
    result
        The claim with its comparisons.

    Returns
    -------
    What the page shows; all intervals of a claim lie on one axis, zero and margin on it.
    """
    claim, run = result.claim, [one for one in result.comparisons if one.datasets]
    margins = {one.margin: "±" * (one.rule == "same") for one in run}
    told = [f"{sign}{abs(m):g}" if sign else f"{m:g}" for m, sign in margins.items()]
    low, high = _axis(run)
    return ClaimView(
        name=claim.name,
        words=claim.words,
        where=claim.where,
        asks=claim.asks,
        verdict=result.verdict,
        comparisons=tuple(_show(one, low, high) for one in result.comparisons),
        margin=minus(", ".join(told)),
        notes=tuple(notes_of(result)),
        todo=result.todo,
    )


def _axis(comparisons: list[Comparison]) -> tuple[float, float]:
    """Find bounds that hold all intervals, their margins and zero."""
    ends = [0.0]
    for one in comparisons:
        ends += [one.low, one.high, one.mean, one.margin]
        ends += [-one.margin] * (one.rule == "same")
    known = [end for end in ends if math.isfinite(end)]
    low, high = min(known), max(known)
    padding = _PADDING * (high - low) or 1.0
    return low - padding, high + padding


def _show(one: Comparison, low: float, high: float) -> ComparisonView:
    def place(value: float) -> float:
        return round(WIDTH * (value - low) / (high - low), 1)

    drawn = None
    if all(math.isfinite(value) for value in (one.low, one.mean, one.high)):
        margins = (one.margin, -one.margin) if one.rule == "same" else (one.margin,)
        drawn = Interval(
            place(one.low),
            place(one.mean),
            place(one.high),
            place(0.0),
            tuple(place(margin) for margin in margins),
        )
    return ComparisonView(
        label=one.label,
        unit=one.unit,
        difference=minus(signed(one.mean)) if math.isfinite(one.mean) else NOTHING,
        interval=minus(interval(one.low, one.high)) if drawn else NOTHING,
        n_datasets=len(one.datasets),
        seeds=seeds_text(one) or NOTHING,
        verdict=one.verdict,
        drawn=drawn,
    )
