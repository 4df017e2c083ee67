"""The one name of a run: a hash of exactly what defines its result."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from scinfovae.bench.typed import plain


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


def identity(
    *,
    content_hash: str,
    n_clusters: int,
    method: str,
    method_version: int,
    method_config: Any,
    preprocessing: Any,
    preprocessing_version: int,
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
            "input_kind": "common",
            "preprocessing": preprocessing,
            "preprocessing_version": preprocessing_version,
        }
    )
