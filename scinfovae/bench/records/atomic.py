"""A temporary name, a flush and a move: how nobody ever meets half a file."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from typing import TYPE_CHECKING

from scinfovae.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPORARY = ".tmp-"
_REMEDIES = {
    errno.EACCES: "get the right to write there",
    errno.EPERM: "get the right to write there",
    errno.EROFS: "get the right to write there",
    errno.EIO: "have the disk checked",
}


def temporary_name(path: Path) -> Path:
    """Name a neighbour of a file or folder under which nobody looks for it.

    Parameters
    ----------
    path
        What shall stand there in the end.

    Returns
    -------
    A path that no other process or machine chooses; the same suffix, in the same folder.
    """
    return path.with_name(f"{TEMPORARY}{os.getpid()}.{secrets.token_hex(3)}-{path.name}")


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
    StorageError
        If it cannot be written; then `path` is as it was.
    """
    temporary = temporary_name(path)
    try:
        with told_oserror(path, key):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _open_as_usual(temporary)
            flush(temporary)
            os.replace(temporary, path)
            flush(path.parent)
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
    StorageError
        In place of any OSError.
    """
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "free the disk")
        raise StorageError(
            f"'{_final(path)}' cannot be written: {error.strerror or error}; {remedy}, or choose "
            f"another place with {key}."
        ) from error


def final_name(name: str) -> str:
    """Take the mark of a temporary name off.

    Parameters
    ----------
    name
        The name of a file or folder.

    Returns
    -------
    The name it is to have in the end; a name that is not temporary as it is.
    """
    return re.sub(rf"^{re.escape(TEMPORARY)}[^-]*-", "", name)


def _final(path: Path) -> Path:
    """Name what a user knows in place of a temporary name."""
    return type(path)(*(final_name(part) for part in path.parts))


def _open_as_usual(path: Path) -> None:
    """Give a file the permissions of any new file; some libraries write for the owner only."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def flush(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder.

    Parameters
    ----------
    path
        The file or folder.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
