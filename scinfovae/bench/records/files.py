"""Writing files so that nobody ever meets half of one."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.atomic import TEMPORARY, atomic_path, told_oserror

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd

__all__ = [
    "TEMPORARY",
    "atomic_path",
    "finite",
    "read_json",
    "told_oserror",
    "write_array",
    "write_json",
    "write_parquet",
    "write_text",
]


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Parameters
    ----------
    path
        Where.
    text
        What.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON that any reader accepts: what is not finite becomes null.

    Parameters
    ----------
    path
        Where.
    value
        What; NumPy numbers are allowed.
    """
    text = json.dumps(finite(value), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON file that may be missing or foreign.

    Parameters
    ----------
    path
        Where.

    Returns
    -------
    The mapping, or None if there is no such file or it holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array as ``.npy``.

    Parameters
    ----------
    path
        Where.
    array
        What; no objects.
    """
    import numpy as np

    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as Parquet.

    Parameters
    ----------
    path
        Where.
    frame
        What; its index is not kept.
    """
    # through a stream of Python's, so that a full disk is an OSError whatever the engine
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        frame.to_parquet(stream, index=False)


def finite(value: Any) -> Any:
    """Make a value fit for JSON.

    Parameters
    ----------
    value
        Nested mappings and sequences of texts and numbers, NumPy ones included.

    Returns
    -------
    The same of plain Python values, with None for NaN and infinities.
    """
    if isinstance(value, dict):
        return {str(key): finite(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(member) for member in value]
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
