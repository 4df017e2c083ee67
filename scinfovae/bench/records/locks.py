"""One writer at a time for a record, across processes; the kernel frees what a dead one held."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from scinfovae.bench.records.atomic import told_oserror
from scinfovae.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextlib.contextmanager
def file_lock(path: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold a lock file; wait while another process holds it.

    Parameters
    ----------
    path
        The lock file; it is created, and stays behind empty.
    waiting
        Called once with a sentence if there is something to wait for.

    Raises
    ------
    StorageError
        If the lock file cannot be created or locked.
    """
    descriptor = _acquire(path, waiting)
    try:
        with told_oserror(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


@contextlib.contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock file unless another process does.

    Parameters
    ----------
    path
        The lock file.

    Yields
    ------
    Whether it is held now by this process.
    """
    descriptor = _open(path)
    try:
        yield _try(descriptor, path) and _is_at(descriptor, path)
    finally:
        os.close(descriptor)


def remove_if_free(path: Path) -> bool:
    """Remove a lock file that nobody holds.

    Parameters
    ----------
    path
        The lock file.

    Returns
    -------
    Whether it was removed.
    """
    with lock_if_free(path) as held:
        if held:
            # removed while it is held: who opened it before finds out in `file_lock`
            with told_oserror(path):
                path.unlink()
        return held


def is_held(path: Path) -> bool:
    """Tell whether a process holds a lock file just now; never waits.

    Parameters
    ----------
    path
        The lock file; it need not exist.

    Returns
    -------
    Whether it is held.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        # a holder writes its name into the file; without one the lock itself is left alone
        if not os.pread(descriptor, 1, 0):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _acquire(path: Path, waiting: Callable[[str], None]) -> int:
    """Open and lock a file that stands at its name when it is locked."""
    told = False
    while True:
        descriptor = _open(path)
        try:
            if not _try(descriptor, path):
                if not told:
                    owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
                    waiting(f"waiting: another process ({owner or 'unknown'}) is doing this run")
                    told = True
                with told_oserror(path):
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            # whoever tidied up may have removed the file that was waited for
            if _is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _open(path: Path) -> int:
    with told_oserror(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def _try(descriptor: int, path: Path) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StorageError(
            f"'{path}' cannot be locked ({error.strerror or error}): this file system keeps no "
            "locks, which two commands at once need; choose another folder with results.dir=DIR."
        ) from error
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is still the one of its name."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))
