"""The claim about scores: ARI against other methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.reproduce.measures import (
    CLUSTERERS,
    OURS,
    labels_of,
    other_methods,
    score_of,
    title_of,
)
from scinfovae.reproduce.values import compare, side
from scinfovae.reproduce.verdict import NO_WORSE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison


def ari_no_worse(evidence: Evidence) -> list[Comparison]:
    """Compare ScInfoVAE with every other method, clusterer by clusterer.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per other method and clusterer; a method that assigns clusters itself is
    compared by those.
    """
    return [
        one
        for clusterer in CLUSTERERS
        for one in _against(evidence, other_methods(evidence), clusterer)
    ]


def _against(evidence: Evidence, methods: Sequence[str], clusterer: str) -> Iterator[Comparison]:
    """Compare the ARI of ScInfoVAE with that of methods."""
    ours = side(evidence, OURS, score_of(clusterer, "ari"))
    for method in methods:
        labels = labels_of(evidence, method, clusterer)
        inside = CLUSTERERS.get(labels, labels)
        label = f"ScInfoVAE ({CLUSTERERS[clusterer]}) − {title_of(method)} ({inside})"
        theirs = side(evidence, method, score_of(labels, "ari"))
        yield compare(label, "ARI", ours, theirs, margin=NO_WORSE)
