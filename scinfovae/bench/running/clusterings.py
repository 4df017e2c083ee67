"""Clusterings of a record: those that are missing, computed from embeddings and scored."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from scinfovae.bench.running.fitting import failure
from scinfovae.bench.running.scoring import (
    OWN,
    cluster_stage,
    column_of,
    entry_of,
    missing_clusterings,
    references_of,
    score,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from scinfovae.bench.planning.clusterers import ClustererRequest
    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.records.status import Status
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import LoadedData


def cluster_all(
    labels: pd.DataFrame,
    metrics: dict[str, Any],
    stages: Mapping[str, np.ndarray],
    recipe: Recipe,
    data: LoadedData,
    seed: int,
    log: RunLog,
    status: Status,
) -> Status:
    """Add every clustering that is missing to labels and metrics; one that fails is told.

    Parameters
    ----------
    labels, metrics
        Of the record; clusters and scores are added to them.
    stages
        Embeddings by stage.
    recipe, data, seed
        What is asked for, on what.
    log
        Hears progress and what failed.
    status
        Of the run so far.

    Returns
    -------
    That status, or the failure of a clusterer.
    """
    wanted = missing_clusterings(metrics, stages, recipe.clusterers)
    if column_of("final", OWN) in labels:
        wanted += missing_clusterings(metrics, ["final"], [OWN])
    for count, (stage, clusterer) in enumerate(wanted):
        log.progress("cluster", count, len(wanted))
        try:
            entry = _cluster_one(labels, stage, clusterer, stages.get(stage), metrics, seed)
            score_entry(entry, labels, stages, data, seed)
            metrics["clusterings"].append(entry)
        except Exception as error:
            failed = failure(f"cluster {stage}.{clusterer.key}", error)
            status = dataclasses.replace(failed, collapsed=status.collapsed)
            log.message(f"seed {seed}: {clusterer.key} failed on {stage}: {error}")
    log.progress("cluster", len(wanted), len(wanted))
    return status


def _cluster_one(
    labels: pd.DataFrame,
    stage: str,
    clusterer: ClustererRequest,
    embedding: np.ndarray | None,
    metrics: Mapping[str, Any],
    seed: int,
) -> dict[str, Any]:
    column = column_of(stage, clusterer)
    if clusterer is OWN:
        return entry_of(stage, OWN, labels[column].to_numpy(), {"info": {}, "seconds": 0.0})
    assert embedding is not None
    predicted, said = cluster_stage(embedding, clusterer, metrics["n_clusters"], seed)
    labels[column] = predicted
    return entry_of(stage, clusterer, predicted, said)


def score_entry(
    entry: dict[str, Any],
    labels: pd.DataFrame,
    stages: Mapping[str, np.ndarray],
    data: LoadedData,
    seed: int,
) -> None:
    """Score one clustering against every reference labelling and in both spaces.

    Parameters
    ----------
    entry
        Of ``metrics["clusterings"]``; the scores are added to it.
    labels
        Of the record.
    stages
        Embeddings by stage.
    data, seed
        What was run on, and its seed.
    """
    entry |= score(
        labels[entry["column"]].to_numpy(),
        embedding=stages.get(entry["stage"]),
        common=data.common,
        references=references_of(labels),
        seed=seed,
    )
