"""What stands in the record of a run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.typed import plain
from scinfovae.bench.records.status import SCHEMA, Status
from scinfovae.bench.records.store import Record, RecordContents
from scinfovae.bench.running.clusterings import cluster_all
from scinfovae.bench.running.fitting import Fit, failure
from scinfovae.bench.running.members import score_members
from scinfovae.bench.running.neighbours import (
    score_neighbourhoods,
    score_new_cells,
    wants_structure,
)
from scinfovae.bench.running.provenance import peak_memory
from scinfovae.bench.running.scoring import OWN, column_of, labels_frame, oracle_labels
from scinfovae.bench.running.trajectory import score_trajectory
from scinfovae.data.content import labels_hash_of_file
from scinfovae.errors import ScInfoVAEError
from scinfovae.methods import MethodResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import LoadedData


def write_run(
    record: Record,
    recipe: Recipe,
    data: LoadedData,
    fit: Fit,
    provenance: Mapping[str, Any],
    log: RunLog,
) -> None:
    """Cluster and score what a method returned for one seed, and write the record.

    Parameters
    ----------
    record
        Where; the caller holds its lock.
    recipe
        What was asked for.
    data
        The data.
    fit
        What became of the seed.
    provenance
        Where the result comes from; seconds and memory are added.
    log
        Goes into the record.
    """
    status, result, labels = fit.status, fit.result, None
    metrics: dict[str, Any] = {}
    if status.status == "ok" and result is not None:
        status, labels, metrics = _score_run(result, recipe, data, fit, log)
    else:
        log.message(f"seed {fit.seed}: {status.status}: {status.message}")
        if result is not None:
            # the curves tell what went wrong; the rest is of no use
            result = MethodResult(status="nan", history=result.history)
    spent = {**data.seconds, **(result.seconds if result is not None else {})}
    contents = RecordContents(
        config=config_text(recipe, data.dataset.n_clusters, fit.seed),
        provenance={**provenance, "seconds": spent, "peak_memory_bytes": peak_memory()},
        status=status,
        log=log.text,
        result=result,
        labels=labels,
        metrics=metrics,
        keep_model=recipe.settings.results.keep_model,
    )
    try:
        record.write(contents)
    except ScInfoVAEError:
        raise
    except Exception as error:
        # what the method returned cannot be kept: that is a failure of this run, not of the rest
        log.message(f"seed {fit.seed}: the result cannot be written: {error}")
        status = failure("record", error)
        record.write(
            dataclasses.replace(contents, status=status, result=None, labels=None, log=log.text)
        )


def _score_run(
    result: MethodResult, recipe: Recipe, data: LoadedData, fit: Fit, log: RunLog
) -> tuple[Status, pd.DataFrame, dict[str, Any]]:
    """Make labels and metrics of a fit that ended well."""
    import numpy as np

    labels = labels_frame(data)
    metrics: dict[str, Any] = {
        "schema": SCHEMA,
        "n_cells": len(labels),
        "n_clusters": data.dataset.n_clusters,
        "label_keys": list(data.dataset.label_keys),
        "labels_file": labels_hash_of_file(recipe.dataset),
        "diagnostics": result.diagnostics,
        "seconds": {**data.seconds, **result.seconds},
        "peak_memory_bytes": peak_memory(),
        "clusterings": [],
    }
    # what is clustered is what is stored, so that it can be clustered again
    stages = {name: np.asarray(e, np.float32) for name, e in result.stages.items()}
    metrics["stages"] = list(stages)
    if recipe.method.labels_from_reference:
        if not data.dataset.label_keys:
            told = (
                f"{recipe.method.name} copies reference labels, and none are given; with a "
                "dataset.label_key, repeat the command with --force."
            )
            return Status("not_applicable", stage="score", message=told), labels, metrics
        labels[column_of("final", OWN)] = oracle_labels(data)
    elif result.own_labels is not None:
        labels[column_of("final", OWN)] = np.asarray(result.own_labels, np.int32)
    metrics["own_labels"] = column_of("final", OWN) in labels
    if wants_structure(recipe):
        log.progress("structure", 0, 1)
        score_neighbourhoods(metrics, stages, data, log)
        score_new_cells(metrics, result, recipe.method, data)
        log.progress("structure", 1, 1)
    status = cluster_all(labels, metrics, stages, recipe, data, fit.seed, log, fit.status)
    # for display only, so never worth a finished training
    try:
        score_trajectory(metrics, result, data, fit.seed, log)
        score_members(metrics, result, data)
    except Exception as error:
        log.message(f"seed {fit.seed}: what is only shown could not be scored: {error}")
    return status, labels, metrics


def config_text(recipe: Recipe, n_clusters: int, seed: int) -> str:
    """Write the whole resolved configuration of a run.

    Parameters
    ----------
    recipe, n_clusters, seed
        What was asked for, K included.

    Returns
    -------
    YAML.
    """
    import yaml

    resolved = plain(dict(recipe.resolved))
    # where files lie on one machine is nobody else's business, and defines nothing
    for key in ("results", "data"):
        resolved.pop(key, None)
    facts = {"seed": seed, "n_clusters": n_clusters, **resolved}
    return yaml.safe_dump(facts, sort_keys=False)
