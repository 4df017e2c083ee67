"""Claims about run time: against the other methods, and on fewer genes."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections import Counter
from typing import TYPE_CHECKING

from scinfovae.reproduce.averages import over_methods
from scinfovae.reproduce.measures import OURS, labels_of, log_seconds_of, other_methods
from scinfovae.reproduce.values import Side, compare, mean, side
from scinfovae.reproduce.verdict import ABOVE, NO_WORSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison

ALL_GENES = "preprocessing.n_hvg=null"


def time_median(evidence: Evidence) -> list[Comparison]:
    """Compare the run time of ScInfoVAE with the median of the other methods.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison of logarithms, so that a difference of -.02 means 2 % slower.
    """
    timed, notes = _on_one_device(evidence)
    others = [
        _log_seconds(timed, method, labels_of(timed, method, "kmeans"))
        for method in other_methods(timed)
    ]
    return [
        compare(
            "median of the other methods − ScInfoVAE (KM)",
            "ln seconds",
            over_methods(others, statistics.median),
            _log_seconds(timed, OURS, "kmeans"),
            margin=NO_WORSE,
            notes=notes,
        )
    ]


def time_hvg(evidence: Evidence) -> list[Comparison]:
    """Compare the run time on all genes with that on 500.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison of logarithms; positive where 500 genes take less time.
    """
    timed, notes = _on_one_device(evidence)
    return [
        compare(
            "ScInfoVAE (KM) on all genes − on 500",
            "ln seconds",
            _log_seconds(timed, OURS, "kmeans", ALL_GENES),
            _log_seconds(timed, OURS, "kmeans"),
            margin=ABOVE,
            notes=notes,
        )
    ]


def _log_seconds(evidence: Evidence, method: str, clusterer: str, variant: str = "") -> Side:
    return side(evidence, method, log_seconds_of(clusterer), _log_of_mean, variant=variant)


def _log_of_mean(values: Sequence[float]) -> float:
    """Turn the logarithms of the seeds into that of their mean."""
    return math.log(mean([math.exp(value) for value in values]))


def _on_one_device(evidence: Evidence) -> tuple[Evidence, list[str]]:
    """Keep the runs whose seconds can be compared: one seed at a time, on one kind of device."""
    runs, notes = evidence.runs, []
    alone = runs["stack_width"] == 1
    if not alone.all():
        notes.append(
            f"{int((~alone).sum())} runs of stacked seeds, which share their seconds, are not "
            "timed (stack_width=1)"
        )
    runs = runs[alone]
    kinds = Counter(zip(runs["device"], runs["threads"], strict=True))
    if len(kinds) > 1:
        (device, threads), _ = min(kinds.items(), key=lambda item: (-item[1], item[0]))
        same = (runs["device"] == device) & (runs["threads"] == threads)
        notes.append(
            f"timed on {device} with {threads:g} threads; {int((~same).sum())} runs on other "
            "devices or threads are left out"
        )
        runs = runs[same]
    return dataclasses.replace(evidence, runs=runs), notes
