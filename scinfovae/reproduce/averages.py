"""Claims about the spread of scores over seeds, against the other methods as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.metrics.stability import coefficient_of_variation
from scinfovae.reproduce.measures import (
    CLUSTERERS,
    OURS,
    labels_of,
    other_methods,
    score_of,
)
from scinfovae.reproduce.values import FEWEST_SEEDS, CellValue, Side, compare, mean, side
from scinfovae.reproduce.verdict import NO_WORSE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison

FEWEST_METHODS = 3
CV_METRICS = {
    "ari": "ARI",
    "nmi": "NMI",
    "calinski_harabasz": "CH",
    "silhouette": "silhouette",
}


def over_methods(sides: Sequence[Side], summary: Callable[[Sequence[float]], float]) -> Side:
    """Reduce several methods to one number per dataset.

    Parameters
    ----------
    sides
        One a method.
    summary
        Reduces the numbers of the methods.

    Returns
    -------
    The side; datasets with fewer than three methods are left out.
    """
    found = Side(notes=[note for one in sides for note in one.notes])
    datasets = {value.dataset: value.base for one in sides for value in one.values}
    for dataset, base in datasets.items():
        cells = [value for one in sides for value in one.values if value.dataset == dataset]
        if len(cells) < FEWEST_METHODS:
            found.notes.append(f"{dataset}: {len(cells)} of at least {FEWEST_METHODS} methods")
            continue
        n_seeds = min(cell.n_seeds for cell in cells)
        value = summary([cell.value for cell in cells])
        found.values.append(CellValue(dataset, base, value, n_seeds))
    return found


def cv_average(evidence: Evidence) -> list[Comparison]:
    """Compare the coefficient of variation of ScInfoVAE with the mean of the other methods.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per metric, for K-means and for RSC; positive where ScInfoVAE varies less.
    """
    found = []
    for clusterer in ("kmeans", "rsc"):
        for metric, title in CV_METRICS.items():
            others = [
                _cv(evidence, method, labels_of(evidence, method, clusterer), metric)
                for method in other_methods(evidence)
            ]
            label = f"mean of the other methods − ScInfoVAE ({CLUSTERERS[clusterer]}), {title}"
            ours = _cv(evidence, OURS, clusterer, metric)
            found.append(compare(label, "CV", over_methods(others, mean), ours, margin=NO_WORSE))
    return found


def cv_same(evidence: Evidence) -> list[Comparison]:
    """Compare the coefficients of variation of K-means and RSC on the embedding.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per metric; the claim is that the difference is small on either side.
    """
    return [
        compare(
            f"ScInfoVAE (KM) − ScInfoVAE (RSC), {title}",
            "CV",
            _cv(evidence, OURS, "kmeans", metric),
            _cv(evidence, OURS, "rsc", metric),
            rule="same",
        )
        for metric, title in CV_METRICS.items()
    ]


def _cv(evidence: Evidence, method: str, clusterer: str, metric: str) -> Side:
    per_run = score_of(clusterer, metric)
    return side(evidence, method, per_run, coefficient_of_variation, fewest_seeds=FEWEST_SEEDS)
