"""The files of a record as types: what stands in them, for whoever reads them without our code.

A run lies in ``runs/<dataset>/<method>/<identity>/seed=<k>/``:

=============================  =====================================================================
``config.yaml``                `ConfigFile`: the resolved configuration, without places of files
``provenance.json``            `ProvenanceFile`: what was run on what, and what it cost
``status.json``                `StatusFile`: how it ended; without it there is no record
``metrics.json``               `MetricsFile`: the scores, by stage and clusterer
``labels.parquet``             one row a cell: ``cell_id``, ``row`` (in the input), ``label.<key>``
                               (reference labels), ``<stage>.<clusterer key>`` (predicted labels),
                               ``truth.<axis>`` (true coordinates, of drawn points)
``embedding.npy``              float32 of shape (n_cells, n_dimensions), rows as in the labels
``embedding_pretrained.npy``   the same before fine-tuning, where the method has two stages
``posterior_log_variance.npy``  the same shape, where the embedding is the mean of a posterior
``history.parquet``            curves of the training, one row an epoch
``model.safetensors``          the trained model, unless ``results.keep_model=false``
``log.txt``                    what was said meanwhile
``embedding_plot.*``           the picture, and the coordinates it draws
=============================  =====================================================================

Numbers that are not finite are null in JSON. A key may be added without a new schema number.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from scinfovae.bench.records.status import State  # noqa: TC001 (read at run time by whoever checks)


class StatusFile(TypedDict):
    """``status.json``; see `scinfovae.bench.records.status.Status`."""

    schema: int
    status: State
    stage: str
    message: str
    traceback: str
    collapsed: bool


class PresetNode(TypedDict):
    """The preset that a run started from."""

    name: str
    description: str
    short: bool


class ConfigFile(TypedDict):
    """``config.yaml``; its nodes are explained in `scinfovae.bench.planning.plan`."""

    seed: int
    n_clusters: int
    preset: PresetNode
    dataset: dict[str, Any]
    preprocessing: dict[str, Any]
    method: dict[str, Any]
    clusterers: list[str]
    clustering: dict[str, Any]
    input: NotRequired[str]
    executor: NotRequired[dict[str, Any]]
    device: NotRequired[str]
    stack_width: NotRequired[int | str]
    threads: NotRequired[int]
    tf32: NotRequired[bool]
    figures: NotRequired[bool]
    structure: NotRequired[bool | str]
    plugins: NotRequired[list[str]]


class DatasetFacts(TypedDict):
    """What was read of a dataset; a run that never came to read it has the first two."""

    name: str
    n_clusters: int
    content_hash: NotRequired[str]
    label_keys: NotRequired[list[str]]
    overridden: NotRequired[dict[str, Any]]
    input: NotRequired[str]
    n_cells_input: NotRequired[int]
    n_genes_input: NotRequired[int]
    n_genes_dropped: NotRequired[int]
    n_cells_dropped: NotRequired[int]
    n_cells: NotRequired[int]
    n_genes_surviving: NotRequired[int]
    n_genes: NotRequired[int]
    counts_rounded_up: NotRequired[bool]


class NumericsFacts(TypedDict):
    """What can change digits without changing the meaning; `hash` names the rest."""

    hash: str
    device: str
    products: NotRequired[str]
    cpu_capability: str
    dtype: str
    tf32: bool
    stack_width: int
    threads: int
    packages: dict[str, str]


class ProvenanceFile(TypedDict):
    """``provenance.json``; seconds by step, bytes by place (``host``, ``cuda``)."""

    schema: int
    project_version: str
    git: dict[str, Any] | None
    command: str
    started: str
    python: str
    platform: str
    dataset: DatasetFacts
    numerics: NumericsFacts | dict[str, Any]
    stacked_seeds: list[int]
    identity: str
    method_version: int
    preprocessing_version: NotRequired[int]
    seconds: NotRequired[dict[str, float]]
    peak_memory_bytes: NotRequired[dict[str, int]]


class ClusteringEntry(TypedDict):
    """One clustering of one stage, and its scores.

    `key` is the clusterer, with a hash where its parameters are not the defaults; `column` names
    its labels. `external` holds scores by label key, with ``max`` where there are several.
    """

    stage: str
    clusterer: str
    key: str
    params: dict[str, Any]
    column: str
    clusters_found: int
    info: dict[str, Any]
    seconds: float
    peak_memory_bytes: NotRequired[int | None]
    external: dict[str, dict[str, float | None]]
    internal: dict[str, float | None]


class StructureScores(TypedDict):
    """What an embedding keeps of the neighbourhoods in the data; lists of equal length.

    `overlap` and its chance line are shares, `agreement` and its chance line percent. All are
    empty where there are too few cells for the smallest K.
    """

    k: list[int]
    overlap: list[float]
    chance_overlap: list[float]
    agreement: list[float]
    chance_agreement: list[float]


class NewCellsStructure(TypedDict):
    """The same for cells that were not trained on, embedded by the model of the last stage.

    `message` is empty, or says why there are no scores, as for a method that embeds no new cells.
    """

    n_cells: int
    message: str
    seconds: NotRequired[float]
    final: NotRequired[StructureScores]


class Curve(TypedDict):
    """K-means of the embeddings on the way through a stage, one value a snapshot.

    `epoch` counts the epochs of the stage; in the stage ``"members"`` (of several models, each with
    a schedule of its own) the percent of them.
    """

    epoch: list[int]
    ari: list[float]
    nmi: list[float]


class Members(TypedDict):
    """The partitions behind a consensus, one value each."""

    ari: list[float]
    nmi: list[float]


class MetricsFile(TypedDict):
    """``metrics.json``; diagnostics are by stage, the first label key is the primary one.

    `trajectory` holds a `Curve` by stage of the training, `members` scores of partitions; both are
    against the first label key, and for display only.

    `structure` holds `StructureScores` by stage, where they were asked for; `structure_space` says
    whose neighbourhoods they are about: ``"data"``, the values as they are (continuous data), or
    ``"pca"``, their first 50 principal components (counts).
    """

    schema: int
    n_cells: int
    n_clusters: int
    label_keys: list[str]
    labels_file: str | None
    stages: NotRequired[list[str]]
    own_labels: NotRequired[bool]
    diagnostics: dict[str, dict[str, Any]]
    seconds: dict[str, float]
    peak_memory_bytes: dict[str, int]
    clusterings: list[ClusteringEntry]
    trajectory: NotRequired[dict[str, Curve]]
    members: NotRequired[Members]
    structure: NotRequired[dict[str, StructureScores]]
    structure_space: NotRequired[str]
    structure_new: NotRequired[NewCellsStructure]
