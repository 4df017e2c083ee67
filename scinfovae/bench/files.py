"""Writing files so that nobody ever meets half of one."""

from __future__ import annotations

import contextlib
import json
import math
import os
from typing import TYPE_CHECKING, Any

from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd

TEMPORARY = ".tmp-"


@contextlib.contextmanager
def atomic_path(path: Path, key: str = "results.dir=DIR") -> Iterator[Path]:
    """Give a temporary name in the folder of a file and move it into place when it is written.

    The file is flushed to the disk before it is moved, so that even after a power cut `path`
    is either the old file or the whole new one.

    Parameters
    ----------
    path
        Where the file shall stand.
    key
        What a user can say to have it elsewhere.

    Yields
    ------
    Where to write it; the same suffix, in the same folder.

    Raises
    ------
    ScInfoVAEError
        If it cannot be written; then `path` is as it was.
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        with told_oserror(path, key):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _open_as_usual(temporary)
            _flush(temporary)
            os.replace(temporary, path)
            _flush(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def told_oserror(path: Path, key: str = "results.dir=DIR") -> Iterator[None]:
    """Turn what the operating system refuses into a sentence.

    Parameters
    ----------
    path
        What is being written or removed.
    key
        What a user can say to have it elsewhere.

    Raises
    ------
    ScInfoVAEError
        In place of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise ScInfoVAEError(
            f"'{path}' cannot be written: {error.strerror or error}; free the disk, or choose "
            f"another place with {key}."
        ) from error


def _open_as_usual(path: Path) -> None:
    """Give a file the permissions of any new file; some libraries write for the owner only."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)


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
