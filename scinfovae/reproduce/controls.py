"""Controls with known scores: what knows nothing, and what knows the labels."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.reproduce.measures import OURS, labels_of, other_methods, score_of
from scinfovae.reproduce.values import side

if TYPE_CHECKING:
    from scinfovae.reproduce.evidence import Evidence

RANDOM = ("random_labels", "random_embedding")
ORACLE = "oracle_labels"
# ARI is 0 on average for what knows nothing; its spread is well below this on any real dataset
CHANCE = 0.05
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Controls:
    """What the controls say.

    Attributes
    ----------
    controls, datasets
        Those that were run, and on what.
    problems
        What is not in order, a sentence each.
    """

    controls: tuple[str, ...]
    datasets: tuple[str, ...]
    problems: tuple[str, ...]


def check_controls(evidence: Evidence) -> Controls:
    """Compare the ARI of the controls with what it must be, and with the methods between them.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    What was found. A single method below the random controls is a finding about that method; the
    median of all methods below them is a problem of the harness.
    """
    scores = {name: _ari(evidence, name) for name in (*RANDOM, ORACLE)}
    methods = [_ari(evidence, name) for name in (OURS, *other_methods(evidence))]
    problems: list[str] = []
    datasets = dict.fromkeys(name for found in scores.values() for name in found)
    for dataset in datasets:
        known = [found[dataset] for found in methods if dataset in found]
        middle = statistics.median(known) if known else None
        for control in RANDOM:
            value = scores[control].get(dataset)
            if value is None:
                continue
            if abs(value) > CHANCE:
                problems.append(f"{control} has ARI {value:.3f} on {dataset}, chance is 0")
            if middle is not None and middle <= value:
                problems.append(
                    f"the median of {len(known)} methods has ARI {middle:.3f} on {dataset}, not "
                    f"above {control} with {value:.3f}"
                )
        oracle = scores[ORACLE].get(dataset, 1.0)
        if abs(oracle - 1.0) > _ROUNDING:
            problems.append(f"{ORACLE} has ARI {oracle:.3f} on {dataset}, it must have 1")
    run = tuple(name for name, found in scores.items() if found)
    return Controls(run, tuple(datasets), tuple(problems))


def _ari(evidence: Evidence, method: str) -> dict[str, float]:
    """Give the mean ARI of a method by dataset."""
    labels = labels_of(evidence, method, "kmeans")
    found = side(evidence, method, score_of(labels, "ari"))
    return {value.dataset: value.value for value in found.values}
