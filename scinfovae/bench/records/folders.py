"""Replacing a whole folder: whatever happens, the old one or the new one is there, and whole.

The new folder is filled under a temporary name beside the old one. Then the old one is put aside,
the new one takes its place, and the old one goes. A writer killed between the two moves leaves the
old folder aside, where readers still find it, and the next writer puts it back.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from typing import TYPE_CHECKING

from scinfovae.bench.records.atomic import (
    TEMPORARY,
    final_name,
    flush,
    temporary_name,
    told_oserror,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

ASIDE = ".old-"
MARK = "status.json"  # a folder without it is not whole, whoever made it
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)


def aside_of(folder: Path) -> Path:
    """Name the place where a folder waits while it is being replaced.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    A neighbour of it.
    """
    return folder.with_name(f"{ASIDE}{folder.name}")


def present(folder: Path) -> Path:
    """Find a folder where it can be read.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Its place, or the place aside if a writer was killed while it replaced the folder.
    """
    for _ in range(2):  # it may be moved between the two looks
        for place in (folder, aside_of(folder)):
            if (place / MARK).exists():
                return place
    return folder


@contextlib.contextmanager
def replaced_folder(folder: Path, owned: Collection[str]) -> Iterator[Path]:
    """Give an empty folder, and put it in the place of another when it is filled.

    Parameters
    ----------
    folder
        What is replaced; it need not exist. The caller holds its lock.
    owned
        Names of the files that go with the old folder; others are carried over.

    Yields
    ------
    Where to write.

    Raises
    ------
    StorageError
        If the disk refuses; then the old folder is as it was.
    """
    settle(folder, owned)
    fresh = temporary_name(folder)
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        with told_oserror(folder):
            _make(fresh)
            for parent in made:
                flush(parent.parent)
        yield fresh
        with told_oserror(folder):
            flush(fresh)
            _swap(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        with contextlib.suppress(OSError):
            for parent in made:
                parent.rmdir()  # only if nobody else has put something there
        raise
    with contextlib.suppress(OSError):
        if aside_of(folder).exists():
            _empty(aside_of(folder), folder, owned)


def settle(folder: Path, owned: Collection[str]) -> None:
    """Finish or undo what a killed writer left of a replacement.

    Parameters
    ----------
    folder
        What was being replaced. The caller holds its lock.
    owned
        As for `replaced_folder`.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    if not folder.parent.is_dir():
        return
    with told_oserror(folder):
        aside = aside_of(folder)
        if (aside / MARK).exists() and not (folder / MARK).exists():
            if folder.exists():
                _empty(folder, aside, owned)
            os.rename(aside, folder)
        elif aside.exists():
            _empty(aside, folder, owned)
        for left in folder.parent.iterdir():
            if left.name.startswith(TEMPORARY) and final_name(left.name) == folder.name:
                shutil.rmtree(left)


def link_files(source: Path, target: Path, names: Collection[str]) -> None:
    """Have files in a second folder as well, without copying them where the disk can do that.

    Parameters
    ----------
    source, target
        The folders.
    names
        Files of the first; those that do not exist are left out.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    for name in names:
        file = source / name
        if not file.is_file():
            continue
        with told_oserror(target / name):
            try:
                os.link(file, target / name)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                shutil.copy2(file, target / name)
                flush(target / name)


def _make(fresh: Path) -> None:
    """Make a folder, even while another process removes empty ones above it."""
    for attempt in range(5):
        try:
            fresh.mkdir(parents=True)
            return
        except FileNotFoundError:
            if attempt == 4:
                raise


def _swap(fresh: Path, folder: Path) -> None:
    """Put a folder in the place of another, or leave everything as it was."""
    aside, replaces = aside_of(folder), folder.exists()
    try:
        if replaces:
            os.rename(folder, aside)
        os.rename(fresh, folder)
        flush(folder.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            if not fresh.exists():
                os.rename(folder, fresh)
        with contextlib.suppress(OSError):
            if replaces and not folder.exists():
                os.rename(aside, folder)
        raise


def _empty(folder: Path, heir: Path, owned: Collection[str]) -> None:
    """Remove a folder; what is not ours in it moves to another."""
    for entry in list(folder.iterdir()):
        if entry.name in owned or entry.name.startswith(TEMPORARY):
            entry.unlink()
        else:
            heir.mkdir(exist_ok=True)
            os.rename(entry, heir / entry.name)
    folder.rmdir()
