"""All that a command has found out, and as plain values for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scinfovae.reproduce.checking import ClaimResult
    from scinfovae.reproduce.harness import HarnessCheck
    from scinfovae.reproduce.verdict import Comparison


@dataclass(frozen=True)
class Report:
    """What a command has found out.

    Attributes
    ----------
    source
        What was read, in words.
    claims, harness
        The claims and the checks of the harness.
    left_out
        Runs that are no evidence and why, a sentence each.
    """

    source: str
    claims: tuple[ClaimResult, ...]
    harness: tuple[HarnessCheck, ...]
    left_out: tuple[str, ...]

    @property
    def failed(self) -> tuple[HarnessCheck, ...]:
        """The checks of the harness that failed; claims never fail."""
        return tuple(check for check in self.harness if check.state == "failed")


def notes_of(result: ClaimResult) -> list[str]:
    """List what a reader has to know about a claim beside its numbers.

    Parameters
    ----------
    result
        The claim.

    Returns
    -------
    Sentences, each once: what was not run and why, what is too little, what was left out.
    """
    notes = []
    missing = [one.label for one in result.comparisons if one.verdict == "not run"]
    if missing and len(missing) < len(result.comparisons):
        notes.append(f"{len(missing)} of {len(result.comparisons)} comparisons were not run")
    notes += [one.reason for one in result.comparisons if one.reason]
    notes += [note for one in result.comparisons for note in one.notes]
    return list(dict.fromkeys(notes))


def seeds_text(comparison: Comparison) -> str:
    """Say on how many seeds a comparison rests.

    Parameters
    ----------
    comparison
        The comparison.

    Returns
    -------
    E.g. ``"3"`` or ``"3 to 5"``; empty where nothing was run.
    """
    least, most = comparison.seeds
    if not comparison.datasets:
        return ""
    return str(least) if least == most else f"{least} to {most}"


def as_plain(report: Report) -> dict[str, Any]:
    """Write a report for machines.

    Parameters
    ----------
    report
        What was found out.

    Returns
    -------
    Plain values; numbers that are not finite are None.
    """
    from scinfovae.bench.records.files import finite

    return dict(
        finite(
            {
                "source": report.source,
                "claims": [_plain_claim(result) for result in report.claims],
                "harness": [vars(check) for check in report.harness],
                "left_out": report.left_out,
            }
        )
    )


def _plain_claim(result: ClaimResult) -> dict[str, Any]:
    claim = result.claim
    return {
        "claim": claim.name,
        "words": claim.words,
        "where": claim.where,
        "asks": claim.asks,
        "verdict": result.verdict,
        "comparisons": [
            {
                "label": one.label,
                "unit": one.unit,
                "difference": one.mean,
                "low": one.low,
                "high": one.high,
                "margin": one.margin,
                "rule": one.rule,
                "datasets": one.datasets,
                "seeds": one.seeds,
                "verdict": one.verdict,
            }
            for one in result.comparisons
        ],
        "notes": notes_of(result),
        "todo": result.todo,
    }
