"""What is read of a run: scores, seconds, memory; and which methods ScInfoVAE is compared with."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scinfovae.reproduce.evidence import Cell, Evidence
    from scinfovae.reproduce.values import PerRun

OURS = "scinfovae"
# K-means, spectral clustering and RSC, named as in the paper
CLUSTERERS = {"kmeans": "KM", "spectral": "SP", "rsc": "RSC"}
# our own preset is not what the paper compared with, and genes are no reduction of dimensions
_NOT_COMPARED = (OURS, "scinfovae_consensus", "genes")
# a rise below what allocators take at once says nothing
_SMALLEST_RISE = 1_000_000
NAN = float("nan")


def other_methods(evidence: Evidence) -> list[str]:
    """List the methods that ScInfoVAE is compared with: learned ones and baselines.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    Their names. Ablations, controls and the suite's own preset are none of them, nor are methods
    that were tried and cannot be used here.
    """
    from scinfovae.methods import METHODS

    return [
        name
        for name, info in METHODS.items()
        if info.kind in ("learned", "baseline")
        and name not in _NOT_COMPARED
        and name not in evidence.not_applicable
    ]


def title_of(method: str) -> str:
    """Give the name of a method in tables.

    Parameters
    ----------
    method
        The method.

    Returns
    -------
    Its title, or the name itself if it is not known.
    """
    from scinfovae.methods import METHODS

    return METHODS[method].title if method in METHODS else method


def labels_of(evidence: Evidence, method: str, clusterer: str) -> str:
    """Tell which labels of a method stand beside a clusterer.

    Parameters
    ----------
    evidence
        What counts.
    method
        The method.
    clusterer
        What labels the embedding of ScInfoVAE.

    Returns
    -------
    ``"own"`` if the method assigns clusters itself, else the same clusterer.
    """
    from scinfovae.methods import METHODS

    assigns = method in METHODS and METHODS[method].own_labels
    return "own" if assigns or method in evidence.own_labels else clusterer


def score_of(clusterer: str, metric: str, stage: str = "final") -> PerRun:
    """Read a score.

    Parameters
    ----------
    clusterer, metric
        Which.
    stage
        ``"final"``, or ``"pretrained"`` of methods with two stages.

    Returns
    -------
    A function of the evidence and a cell.
    """

    def read(evidence: Evidence, cell: Cell) -> list[float]:
        found = [evidence.lookup.get((*key, stage, clusterer, metric)) for key in cell.keys]
        return [value for value, _ in (one for one in found if one is not None)]

    return read


def diagnostic_of(name: str) -> PerRun:
    """Read a diagnostic before fine-tuning; docs/scores.md lists them.

    Self-training pulls all cells of a cluster into a point, whatever the objective before it: there
    the units of a VAE that had switched off most of them are active again.

    Parameters
    ----------
    name
        Which, e.g. ``"active_units"``.

    Returns
    -------
    A function of the evidence and a cell; a run without it has none.
    """

    def read(_: Evidence, cell: Cell) -> list[float]:
        told = [json.loads(text).get("diagnostics", {}) for text in cell.runs["metrics"]]
        values = [(stages.get("pretrained") or {}).get(name) for stages in told]
        return [float(value) for value in values if value is not None]

    return read


def log_seconds_of(clusterer: str) -> PerRun:
    """Read the logarithm of the seconds of the method's own steps and of clustering.

    Preprocessing is the same for all methods, and its first run in a process is slower.

    Parameters
    ----------
    clusterer
        What labels the final embedding.

    Returns
    -------
    A function of the evidence and a cell.
    """

    def read(evidence: Evidence, cell: Cell) -> list[float]:
        values = []
        for key, fit in zip(cell.keys, cell.runs["seconds_fit"], strict=True):
            total = fit + evidence.lookup.get((*key, "final", clusterer, "ari"), (NAN, NAN))[1]
            values.append(math.log(total) if total > 0 else NAN)
        return values

    return read


def log_memory_of(clusterer: str) -> PerRun:
    """Read the logarithm of the memory that a clusterer needed on the final embedding.

    Parameters
    ----------
    clusterer
        Which.

    Returns
    -------
    A function of the evidence and a cell; rises below 1 MB count as 1 MB.
    """

    def read(evidence: Evidence, cell: Cell) -> list[float]:
        values = []
        for text in cell.runs["metrics"]:
            for entry in json.loads(text).get("clusterings", []):
                needed = entry.get("peak_memory_bytes")
                named = (entry.get("stage"), entry.get("key"))
                if named == ("final", clusterer) and needed is not None:
                    values.append(math.log(max(needed, _SMALLEST_RISE)))
        return values

    return read
