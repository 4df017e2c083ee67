"""How the clusters of an embedding fared on the way through its training, for display only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import LoadedData
    from scinfovae.methods import MethodResult


def score_trajectory(
    metrics: dict[str, Any], result: MethodResult, data: LoadedData, seed: int, log: RunLog
) -> None:
    """Score K-means of every snapshot against the first reference labelling.

    The snapshots were taken by a training that saw no label and ended before they are scored.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``; gains ``trajectory``: by stage of the training equally
        long lists ``epoch``, ``ari`` and ``nmi``. Nothing without snapshots or labels.
    result
        What the method returned.
    data, seed
        What was run on, and the seed of the run.
    log
        Hears progress.
    """
    from scinfovae.clustering import cluster
    from scinfovae.metrics import external_scores

    if not data.dataset.label_keys:
        return
    reference = data.references[data.dataset.label_keys[0]]
    total = sum(len(taken) for taken in result.snapshots.values())
    done = 0
    told: dict[str, dict[str, list[float]]] = {}
    for stage, taken in result.snapshots.items():
        curve = told.setdefault(stage, {"epoch": [], "ari": [], "nmi": []})
        for epoch, embedding in taken.items():
            found = cluster("kmeans", embedding, data.dataset.n_clusters, seed)
            scores = external_scores(reference, found.labels)
            curve["epoch"].append(epoch)
            curve["ari"].append(scores["ari"])
            curve["nmi"].append(scores["nmi"])
            done += 1
            log.progress("trajectory", done, total)
    if told:
        metrics["trajectory"] = told
