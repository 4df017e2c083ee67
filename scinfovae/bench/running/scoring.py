"""From an embedding to predicted labels and their scores."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.clusterers import ClustererRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import pandas as pd

    from scinfovae.bench.running.loading import LoadedData

OWN = ClustererRequest("own", {})
REFERENCE = "label."
TRUTH = "truth."


def column_of(stage: str, clusterer: ClustererRequest) -> str:
    """Name the column of ``labels.parquet`` that holds predicted labels.

    Parameters
    ----------
    stage
        ``"pretrained"`` or ``"final"``.
    clusterer
        The clusterer.

    Returns
    -------
    E.g. ``"final.kmeans"``.
    """
    return f"{stage}.{clusterer.key}"


def labels_frame(data: LoadedData) -> pd.DataFrame:
    """Start the table of labels: cell, its row in the input, its reference labels and truth.

    Parameters
    ----------
    data
        The data.

    Returns
    -------
    One row a surviving cell.
    """
    import pandas as pd

    columns: dict[str, Any] = {"cell_id": data.cell_ids, "row": data.prepared.cell_index}
    columns |= {REFERENCE + key: values for key, values in data.references.items()}
    columns |= {TRUTH + axis: values for axis, values in data.truth.items()}
    return pd.DataFrame(columns)


def oracle_labels(data: LoadedData) -> np.ndarray:
    """Turn the reference labels into clusters, for the control that bounds the scores.

    Parameters
    ----------
    data
        The data, with at least one labelling; the first is taken.

    Returns
    -------
    Array of shape (n_cells,), whole numbers.
    """
    import numpy as np

    first = data.references[data.dataset.label_keys[0]]
    return np.unique(first, return_inverse=True)[1].astype(np.int32)


def references_of(labels: pd.DataFrame) -> dict[str, np.ndarray]:
    """Take the reference labels out of a table of labels.

    Parameters
    ----------
    labels
        The contents of ``labels.parquet``.

    Returns
    -------
    Labels by label key; empty for unlabelled data.
    """
    columns = [name for name in labels.columns if name.startswith(REFERENCE)]
    return {name.removeprefix(REFERENCE): labels[name].to_numpy() for name in columns}


def missing_clusterings(
    metrics: Mapping[str, Any], stages: Iterable[str], clusterers: Sequence[ClustererRequest]
) -> list[tuple[str, ClustererRequest]]:
    """Compare what is asked for with what a record holds.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``.
    stages
        The stages that have an embedding.
    clusterers
        What is asked for, with parameters.

    Returns
    -------
    Pairs (stage, clusterer) still to be computed.
    """
    entries = metrics.get("clusterings", [])
    there = {(entry["stage"], entry["key"]) for entry in entries}
    wanted = ((stage, clusterer) for stage in stages for clusterer in clusterers)
    return [pair for pair in wanted if (pair[0], pair[1].key) not in there]


def cluster_stage(
    embedding: np.ndarray, clusterer: ClustererRequest, n_clusters: int, seed: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Cluster one embedding.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    clusterer
        The clusterer with its parameters.
    n_clusters
        K.
    seed
        The seed of the run.

    Returns
    -------
    Array of shape (n_cells,) with the labels, and what the clusterer says with its seconds and
    the memory it needed (``peak_memory_bytes``, None where the system does not tell).
    """
    from scinfovae.bench.running.memory import memory_rise
    from scinfovae.bench.running.warm_up import warm_up_clusterer
    from scinfovae.clustering import cluster

    warm_up_clusterer(clusterer.name)
    params = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in clusterer.params.items()
    }
    with memory_rise() as rise:
        start = time.perf_counter()
        found = cluster(clusterer.name, embedding, n_clusters, seed, params)
        seconds = time.perf_counter() - start
    said = {"info": dict(found.info), "seconds": seconds, "peak_memory_bytes": rise.n_bytes}
    return found.labels, said


def score(
    predicted: np.ndarray,
    *,
    embedding: np.ndarray | None,
    common: np.ndarray | None,
    references: Mapping[str, np.ndarray],
    seed: int,
) -> dict[str, Any]:
    """Score one clustering with every metric that applies.

    Parameters
    ----------
    predicted
        Array of shape (n_cells,).
    embedding
        Array of shape (n_cells, n_dimensions), the method's own space; None if it has none.
    common
        Array of shape (n_cells, 50), the space in which all methods can be compared; NaN for
        cells that are not in it, which are left out there. None leaves its scores out.
    references
        Reference labels by label key; may be empty.
    seed
        The seed of the run.

    Returns
    -------
    ``external`` by label key, with ``max`` where there are several, and ``internal`` with
    ``silhouette``, ``calinski_harabasz`` and the same with ``_common``; ``common_cells`` says
    how many cells are in the common space where not all are.
    """
    import numpy as np

    from scinfovae.metrics import external_scores, external_scores_multi, internal_scores

    external: dict[str, Any] = {}
    if len(references) > 1:
        external = external_scores_multi(references, predicted)
    elif references:
        external = {key: external_scores(ref, predicted) for key, ref in references.items()}
    own: dict[str, float] = dict.fromkeys(("silhouette", "calinski_harabasz"), math.nan)
    if embedding is not None:
        own = internal_scores(embedding, predicted, seed)
    if common is None:
        return {"external": external, "internal": own}
    placed = ~np.isnan(common).any(axis=1)
    shared = internal_scores(common[placed], predicted[placed], seed)
    internal = {**own, **{f"{key}_common": value for key, value in shared.items()}}
    internal.pop("silhouette_cells_common", None)
    if not placed.all():
        internal["common_cells"] = int(placed.sum())
    return {"external": external, "internal": internal}


def entry_of(
    stage: str, clusterer: ClustererRequest, predicted: np.ndarray, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Start the entry of a clustering in ``metrics.json``.

    Parameters
    ----------
    stage, clusterer
        What was clustered, and how.
    predicted
        Array of shape (n_cells,).
    said
        What `cluster_stage` gives beside the labels.

    Returns
    -------
    The entry, still without scores.
    """
    return {
        "stage": stage,
        "clusterer": clusterer.name,
        "key": clusterer.key,
        "params": dict(clusterer.params),
        "column": column_of(stage, clusterer),
        "clusters_found": len(set(predicted.tolist())),
        **said,
    }
