"""The claim about neighbourhoods: kNN preservation on the data of Fig. 4, against t-SNE."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from scinfovae.reproduce.admission import FIGURE4
from scinfovae.reproduce.evidence import rows_where
from scinfovae.reproduce.measures import OURS
from scinfovae.reproduce.values import CellValue, Side, compare, mean
from scinfovae.reproduce.verdict import ABOVE

if TYPE_CHECKING:
    import pandas as pd

    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison

TSNE = "tsne"
# SPEC of Fig. 4: two latent dimensions and a Gaussian likelihood, for continuous data
_SCINFOVAE_2D = {"latent_dim=2", "likelihood=gaussian"}
DEFINITIONS = {
    "overlap": ("shared neighbours", 1.0),
    "agreement": ("equal entries of the kNN graphs", 100.0),
}


def knn_above_tsne(evidence: Evidence) -> list[Comparison]:
    """Compare ScInfoVAE and t-SNE in two dimensions, averaged over K.

    Read from ``metrics.json``, ``structure`` by stage, as `structure_scores` gives it. Every draw
    of the points counts as one dataset.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per definition, both as shares; the chance level is told in a note.
    """
    return [
        compare(
            f"ScInfoVAE − t-SNE, {title}, mean over K",
            "share",
            _side(evidence, OURS, name, scale),
            _side(evidence, TSNE, name, scale),
            margin=ABOVE,
            notes=_chance(evidence, name, scale),
        )
        for name, (title, scale) in DEFINITIONS.items()
    ]


def _side(evidence: Evidence, method: str, name: str, scale: float) -> Side:
    found = Side()
    runs = _runs(evidence, method)
    for (dataset, base), draw in runs.groupby(["dataset", "dataset_base"], sort=False):
        values = [mean(_scores(text).get(name, ())) / scale for text in draw["metrics"]]
        known = [value for value in values if math.isfinite(value)]
        if len(known) == len(draw):
            # each draw of the points is a dataset of its own
            found.values.append(CellValue(str(base), str(base), mean(known), len(known)))
        else:
            told = f"{dataset} × {method}: {len(known)} of {len(draw)} runs have this value"
            found.notes.append(told)
    return found


def _runs(evidence: Evidence, method: str) -> pd.DataFrame:
    """Take the runs of a method on Fig. 4, of ScInfoVAE those in two dimensions."""
    runs = evidence.runs[evidence.runs["dataset"] == FIGURE4]
    runs = runs[runs["method"] == method]
    if method == OURS:
        said = [set(text.split(", ")) for text in runs["variant"]]
        runs = rows_where(runs, [tokens >= _SCINFOVAE_2D for tokens in said])
    if runs["setting"].nunique() > 1:
        latest = runs.loc[runs["started"].sort_values().index[-1], "setting"]
        runs = runs[runs["setting"] == latest]
    return runs


def _chance(evidence: Evidence, name: str, scale: float) -> list[str]:
    """Tell what an unrelated embedding has on average."""
    for text in _runs(evidence, OURS)["metrics"]:
        if values := _scores(text).get(f"chance_{name}"):
            return [f"chance level {mean(values) / scale:.3f}"]
    return []


def _scores(text: str) -> dict[str, Any]:
    structure = json.loads(text).get("structure") or {}
    found: dict[str, Any] = structure.get("final") or {}
    return found
