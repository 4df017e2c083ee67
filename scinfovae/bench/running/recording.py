"""What stands in the record of a run, and how clusterings are added to it later."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.typed import plain
from scinfovae.bench.records.status import SCHEMA, Status
from scinfovae.bench.records.store import Record, RecordContents
from scinfovae.bench.running.fitting import Fit, failure
from scinfovae.bench.running.neighbours import (
    lacks_structure,
    score_neighbourhoods,
    score_new_cells,
    wants_structure,
)
from scinfovae.bench.running.provenance import peak_memory
from scinfovae.bench.running.scoring import (
    OWN,
    REFERENCE,
    cluster_stage,
    column_of,
    entry_of,
    labels_frame,
    missing_clusterings,
    oracle_labels,
    references_of,
    score,
)
from scinfovae.data.content import labels_hash_of_file
from scinfovae.errors import ScInfoVAEError
from scinfovae.methods import MethodResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from scinfovae.bench.planning.clusterers import ClustererRequest
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
    status = _cluster_all(labels, metrics, stages, recipe, data, fit.seed, log, fit.status)
    return status, labels, metrics


def needs_scores(record: Record, recipe: Recipe) -> bool:
    """Tell whether a record lacks scores or a labelling that are asked for.

    Parameters
    ----------
    record
        A finished record.
    recipe
        What is asked for.

    Returns
    -------
    Whether `add_clusterings` has something to do.
    """
    status = record.status()
    if status is not None and status.status == "not_applicable":
        return False
    metrics = record.metrics()
    keys = recipe.dataset.label_key
    unlabelled = keys is not None and not set(keys) <= set(metrics.get("label_keys", []))
    relabelled = _wants_other_labels(metrics, recipe)
    missing = missing_clusterings(metrics, record.stages(), recipe.clusterers)
    if metrics.get("own_labels"):
        missing += missing_clusterings(metrics, ["final"], [OWN])
    lacks = lacks_structure(metrics, record.stages(), recipe)
    return unlabelled or relabelled or lacks or bool(missing)


def _wants_other_labels(metrics: Mapping[str, Any], recipe: Recipe) -> bool:
    """Tell whether labels are asked for that stand in another file than those of a record."""
    asked = bool(recipe.dataset.label_key) or recipe.dataset.labels_path is not None
    return asked and labels_hash_of_file(recipe.dataset) != metrics.get("labels_file")


def add_clusterings(
    record: Record, recipe: Recipe, data: LoadedData, seed: int, log: RunLog
) -> None:
    """Compute what a finished record lacks from its stored embeddings, without training.

    Parameters
    ----------
    record
        Where; the caller holds its lock.
    recipe
        What is asked for.
    data
        The data.
    seed
        The seed of the run.
    log
        Hears progress.

    Raises
    ------
    ScInfoVAEError
        If the record is damaged, or its cells are not those of the data; a `StorageError` if
        the disk refuses.
    """
    labels, metrics, stages = record.labels(), record.metrics(), record.embeddings()
    if labels["row"].tolist() != data.prepared.cell_index.tolist():
        raise ScInfoVAEError(
            f"the record '{record.folder}' holds other cells than its dataset has now after "
            "preprocessing; redo the run with --force."
        )
    fresh = data.references
    if fresh and _wants_other_labels(metrics, recipe):
        labels = labels.drop(columns=[REFERENCE + key for key in metrics["label_keys"]])
        metrics["label_keys"] = []
        metrics["labels_file"] = labels_hash_of_file(recipe.dataset)
        if recipe.method.labels_from_reference:
            labels[column_of("final", OWN)] = oracle_labels(data)
    # what counts is what was scored: a killed writer may have left labels without scores
    if new := [key for key in fresh if key not in metrics["label_keys"]]:
        for key in new:
            labels[REFERENCE + key] = fresh[key]
        metrics["label_keys"] = [*metrics["label_keys"], *new]
        for entry in metrics["clusterings"]:
            _score_entry(entry, labels, stages, data, seed)
    if lacks_structure(metrics, stages, recipe):
        score_neighbourhoods(metrics, stages, data, log)
    status = record.status() or Status("ok")
    ok = Status("ok", collapsed=status.collapsed)
    status = _cluster_all(labels, metrics, stages, recipe, data, seed, log, ok)
    record.update(labels, metrics, status)


def _cluster_all(
    labels: pd.DataFrame,
    metrics: dict[str, Any],
    stages: Mapping[str, np.ndarray],
    recipe: Recipe,
    data: LoadedData,
    seed: int,
    log: RunLog,
    status: Status,
) -> Status:
    """Add every clustering that is missing to labels and metrics; one that fails is told."""
    wanted = missing_clusterings(metrics, stages, recipe.clusterers)
    if column_of("final", OWN) in labels:
        wanted += missing_clusterings(metrics, ["final"], [OWN])
    for count, (stage, clusterer) in enumerate(wanted):
        log.progress("cluster", count, len(wanted))
        try:
            entry = _cluster_one(labels, stage, clusterer, stages.get(stage), metrics, seed)
            _score_entry(entry, labels, stages, data, seed)
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


def _score_entry(
    entry: dict[str, Any],
    labels: pd.DataFrame,
    stages: Mapping[str, np.ndarray],
    data: LoadedData,
    seed: int,
) -> None:
    entry |= score(
        labels[entry["column"]].to_numpy(),
        embedding=stages.get(entry["stage"]),
        common=data.common,
        references=references_of(labels),
        seed=seed,
    )


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
