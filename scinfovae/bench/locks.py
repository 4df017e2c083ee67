"""One writer at a time for a record, across processes; the kernel frees what a dead one held."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from scinfovae.bench.files import told_oserror
from scinfovae.errors import ScInfoVAEError

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
    ScInfoVAEError
        If the lock file cannot be created or locked.
    """
    with told_oserror(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            waiting(f"waiting: another process ({owner}) is doing this run")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise ScInfoVAEError(
                f"'{path}' cannot be locked ({error.strerror or error}): this file system keeps no "
                "locks, which two commands at once need; choose another folder with "
                "results.dir=DIR."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)
