"""The one name of a run: a hash of exactly what defines its result."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.typed import plain

if TYPE_CHECKING:
    from scinfovae.methods import InputKind

_LATER: dict[str, Any] = {
    "min_cells": 0,
    "min_gene_counts": 0,
    "min_genes": 0,
    "min_cell_counts": 0,
    "target_sum": None,
    "hvg_thresholds": None,
    "values": "counts",
}


def canonical(value: Any) -> str:
    """Write a value as JSON that is the same for equal values.

    Parameters
    ----------
    value
        Dataclasses, dicts, lists, texts, numbers.

    Returns
    -------
    JSON with sorted keys and no spaces.
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def short_hash(value: Any, digits: int = 16) -> str:
    """Name a value by its content.

    Parameters
    ----------
    value
        What `canonical` can write.
    digits
        Length of the name.

    Returns
    -------
    Leading hexadecimal digits of the SHA-256 of its canonical JSON.
    """
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:digits]


def recipe_facts(preprocessing: Any) -> dict[str, Any]:
    """Write a recipe of preprocessing as it enters the names of runs.

    Parameters
    ----------
    preprocessing
        A `PreprocessingConfig`, or its keys and values as they stand in a record.

    Returns
    -------
    Keys and plain values. Keys that the recipe gained later are left out where they change
    nothing, so that runs keep the names they had before.
    """
    facts: dict[str, Any] = plain(preprocessing)
    return {k: v for k, v in facts.items() if not (k in _LATER and v == _LATER[k])}


def identity(
    *,
    content_hash: str,
    n_clusters: int,
    method: str,
    method_version: int,
    method_config: Any,
    preprocessing: Any,
    preprocessing_version: int,
    input_kind: InputKind = "common",
) -> str:
    """Name a run up to its seed.

    Neither paths nor clusterers, seeds, executors or devices enter: they do not change what is
    computed, only where, how often and how fast.

    Parameters
    ----------
    content_hash
        The bytes of the dataset.
    n_clusters
        K.
    method, method_version, method_config
        The method with every choice resolved.
    preprocessing, preprocessing_version
        The recipe of the input, and the version of the code that follows it.
    input_kind
        ``"common"``, or ``"own"`` where the recipe is that of the method's authors.

    Returns
    -------
    16 hexadecimal digits.
    """
    return short_hash(
        {
            "content_hash": content_hash,
            "n_clusters": n_clusters,
            "method": method,
            "method_version": method_version,
            "method_config": method_config,
            "input_kind": input_kind,
            "preprocessing": recipe_facts(preprocessing),
            "preprocessing_version": preprocessing_version,
        }
    )


def setting(
    *,
    method: str,
    method_version: int,
    method_config: Any,
    input_kind: str,
    preprocessing: Any,
    preprocessing_version: int,
) -> str:
    """Name what is done, whatever the data: equal over datasets and seeds.

    Parameters
    ----------
    method, method_version, method_config
        The method with every choice resolved.
    input_kind
        ``"common"``, or ``"own"`` where the method has its own recipe.
    preprocessing, preprocessing_version
        The recipe of the input, and the version of the code that follows it.

    Returns
    -------
    8 hexadecimal digits; 10 and 10.0 are the same, as they are in a configuration file.
    """
    facts = {
        "method": method,
        "method_version": method_version,
        "method_config": plain(method_config),
        "input_kind": input_kind,
        "preprocessing": recipe_facts(preprocessing),
        "preprocessing_version": preprocessing_version,
    }
    return short_hash(_whole(facts), 8)


def _whole(value: Any) -> Any:
    """Write floats that are whole numbers as such."""
    if isinstance(value, dict):
        return {key: _whole(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_whole(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
