"""Check claims against the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.reproduce.claims import CLAIMS, Claim, claim_of
from scinfovae.reproduce.verdict import FEWEST_DATASETS, Comparison, Verdict, verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.reproduce.evidence import Evidence


@dataclass(frozen=True)
class ClaimResult:
    """What the runs say about a claim.

    Attributes
    ----------
    claim, comparisons
        The claim, and all comparisons it consists of.
    has_failures
        Whether runs failed, so that a sweep has to be told to try them again.
    """

    claim: Claim
    comparisons: tuple[Comparison, ...]
    has_failures: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict of all comparisons together."""
        return verdict_of(self.comparisons)

    @property
    def todo(self) -> tuple[str, ...]:
        """The commands that make the missing runs; empty where nothing is missing."""
        missing = any(len(one.datasets) < FEWEST_DATASETS for one in self.comparisons)
        if not missing:
            return ()
        again = " --retry-failed" if self.has_failures else ""
        return (f"scinfovae-bench sweep experiment={self.claim.experiment}{again}",)


def check_claims(evidence: Evidence, names: Sequence[str] = ()) -> list[ClaimResult]:
    """Check claims.

    Parameters
    ----------
    evidence
        What counts.
    names
        Which claims; all if none is named.

    Returns
    -------
    One result a claim.

    Raises
    ------
    UsageError
        If there is no claim of a name.
    """
    chosen = [claim_of(name) for name in dict.fromkeys(names)] or list(CLAIMS.values())
    return [
        ClaimResult(claim, tuple(claim.check(evidence)), evidence.has_failures) for claim in chosen
    ]
