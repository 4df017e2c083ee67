"""Completing a finished record: what it lacks is computed from what it holds, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.status import Status
from scinfovae.bench.running.clusterings import cluster_all, score_entry
from scinfovae.bench.running.neighbours import lacks_structure, score_neighbourhoods
from scinfovae.bench.running.scoring import (
    OWN,
    REFERENCE,
    column_of,
    missing_clusterings,
    oracle_labels,
)
from scinfovae.data.content import labels_hash_of_file
from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.records.store import Record
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import LoadedData


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
    return lacks_scores(record.metrics(), record.stages(), recipe)


def lacks_scores(metrics: Mapping[str, Any], stages: Sequence[str], recipe: Recipe) -> bool:
    """Tell whether the scores of a run lack some, or a labelling, that are asked for.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``.
    stages
        The stages that have an embedding.
    recipe
        What is asked for.

    Returns
    -------
    Whether something is missing.
    """
    keys = recipe.dataset.label_key
    unlabelled = keys is not None and not set(keys) <= set(metrics.get("label_keys", []))
    relabelled = _wants_other_labels(metrics, recipe)
    missing = missing_clusterings(metrics, stages, recipe.clusterers)
    if metrics.get("own_labels"):
        missing += missing_clusterings(metrics, ["final"], [OWN])
    lacks = lacks_structure(metrics, stages, recipe)
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
        # what they were made of is gone, so they cannot be scored against the new labels
        for scores in ("trajectory", "members"):
            metrics.pop(scores, None)
        metrics["labels_file"] = labels_hash_of_file(recipe.dataset)
        if recipe.method.labels_from_reference:
            labels[column_of("final", OWN)] = oracle_labels(data)
    # what counts is what was scored: a killed writer may have left labels without scores
    if new := [key for key in fresh if key not in metrics["label_keys"]]:
        for key in new:
            labels[REFERENCE + key] = fresh[key]
        metrics["label_keys"] = [*metrics["label_keys"], *new]
        for entry in metrics["clusterings"]:
            score_entry(entry, labels, stages, data, seed)
    if lacks_structure(metrics, stages, recipe):
        score_neighbourhoods(metrics, stages, data, log)
    status = record.status() or Status("ok")
    ok = Status("ok", collapsed=status.collapsed)
    status = cluster_all(labels, metrics, stages, recipe, data, seed, log, ok)
    record.update(labels, metrics, status)
