"""All runs as one table, and all their scores as another: what tables and figures read."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.columns import COLUMNS, NAME
from scinfovae.bench.records.imported import EXPORT, read_export, read_imported, uncounted
from scinfovae.errors import DataError, ScInfoVAEWarning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from scinfovae.bench.records.index import StoreContents

METRICS = (
    "ari",
    "nmi",
    "accuracy",
    "homogeneity",
    "completeness",
    "silhouette",
    "calinski_harabasz",
    "silhouette_common",
    "calinski_harabasz_common",
)
_INTERNAL = METRICS[5:]
_NAMES = (
    "dataset",
    "dataset_base",
    "data_variant",
    "method",
    "title",
    "setting",
    "variant",
    "preset",
    "short",
    "identity",
    "seed",
)
SCORE_COLUMNS = (
    *_NAMES,
    "stage",
    "clusterer",
    "label_key",
    "metric",
    "value",
    "seconds_cluster",
    "clusters_found",
)


def runs_frame(source: Path) -> pd.DataFrame:
    """Read all runs, those included that were asked for and never done.

    Parameters
    ----------
    source
        A results folder, or a ``records.parquet`` written by ``scinfovae-bench store export``.

    Returns
    -------
    One row a run, sorted by dataset, method, identity and seed, with the columns of
    `scinfovae.bench.records.columns.COLUMNS`. `status` is ``"missing"`` where a manifest expects a
    run that has no record. `seconds_fit` are the method's own steps, shared by the seeds of a
    stack.

    Raises
    ------
    DataError
        If there is no such folder or file, or the file is not an export.
    """
    if source.is_file():
        return frame_of(read_export(source))
    runs, contents = read_runs(source)
    if contents.problems:
        path, reason = contents.problems[0]
        warnings.warn(
            f"{len(contents.problems)} of the files in '{source / 'runs'}' are torn or foreign, "
            f"such as '{path}': {reason}; 'scinfovae-bench store list' names them all.",
            ScInfoVAEWarning,
            stacklevel=2,
        )
    if more := uncounted(source / EXPORT, runs):
        warnings.warn(
            f"'{source / EXPORT}' holds {more} more finished runs, which are not counted; "
            f"'scinfovae-bench store import {source / EXPORT} results.dir={source}' takes them in.",
            ScInfoVAEWarning,
            stacklevel=2,
        )
    return runs


def read_runs(root: Path) -> tuple[pd.DataFrame, StoreContents]:
    """Read all runs of a results folder, those that were imported included, and what is wrong.

    Parameters
    ----------
    root
        The results folder.

    Returns
    -------
    The frame that `runs_frame` gives, and the contents it was made of.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    from scinfovae.bench.records.expected import add_expected
    from scinfovae.bench.records.index import read_store
    from scinfovae.bench.records.manifest import read_manifests

    if not root.is_dir():
        raise DataError(
            f"there are no results in '{root}'; give the folder of results.dir=DIR or a "
            "records.parquet."
        )
    contents = read_store(root)
    own = {tuple(row[key] for key in NAME) for row in contents.rows}
    others = [row for row in read_imported(root) if tuple(row[key] for key in NAME) not in own]
    rows = [*contents.rows, *others]
    missing = add_expected(rows, read_manifests(root))
    return frame_of([*rows, *missing]), contents


def frame_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame of rows.

    Parameters
    ----------
    rows
        Each with a value for every column of `COLUMNS`.

    Returns
    -------
    The sorted frame.
    """
    import pandas as pd

    return _typed(pd.DataFrame.from_records([*rows], columns=list(COLUMNS)))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    kinds: dict[str, Any] = {"str": object, "bool": bool, "int": "int64", "float": "float64"}
    frame = frame.astype({column: kinds[kind] for column, kind in COLUMNS.items()})
    return frame.sort_values([*NAME], ignore_index=True)


def scores_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Take every score out of the metrics of runs.

    Parameters
    ----------
    runs
        What `runs_frame` gives, or some of its rows.

    Returns
    -------
    One row per run, stage, clusterer, label key and metric, in the order of the record, so that
    the first label key of a run is its primary one; ``"max"`` is the best over several, and ``""``
    stands for metrics that need no labels. Of a run in which a clusterer failed, the others are
    here. Values that are not defined are NaN.
    """
    import pandas as pd

    columns: dict[str, list[Any]] = {column: [] for column in SCORE_COLUMNS}
    for row in runs[[*_NAMES, "metrics"]].to_dict("records"):
        named = [row[name] for name in _NAMES]
        for entry in json.loads(row["metrics"]).get("clusterings", []):
            told = [entry.get("seconds"), entry.get("clusters_found")]
            for label_key, metric, value in _values_of(entry):
                cells = (*named, entry["stage"], entry["key"], label_key, metric, value, *told)
                for column, cell in zip(columns.values(), cells, strict=True):
                    column.append(cell)
    frame = pd.DataFrame(columns)
    numbers = ("value", "seconds_cluster", "clusters_found")
    kinds: dict[str, Any] = {**dict.fromkeys(numbers, "float64"), "seed": "int64", "short": bool}
    return frame.astype(kinds)


def _values_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, float | None]]:
    """List the scores of one clustering as (label key, metric, value)."""
    for label_key, scores in (entry.get("external") or {}).items():
        for metric in METRICS:
            if metric in scores:
                yield label_key, metric, scores[metric]
    for metric in _INTERNAL:
        if metric in (entry.get("internal") or {}):
            yield "", metric, entry["internal"][metric]
