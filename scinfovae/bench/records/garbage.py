"""What can go from a results folder: leftovers of killed writers, and on request more."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scinfovae.bench.records.atomic import TEMPORARY, final_name, temporary_name, told_oserror
from scinfovae.bench.records.contents import OWNED
from scinfovae.bench.records.folders import ASIDE, settle
from scinfovae.bench.records.locks import is_held, lock_if_free, remove_if_free
from scinfovae.bench.records.store import RecordStore
from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["interrupted", "temporary", "lock", "superseded", "download"]
_AN_HOUR = 3600.0  # a temporary file this old belongs to no writer at work


@dataclass(frozen=True)
class Waste:
    """One thing that can go.

    Attributes
    ----------
    path
        Where it lies.
    kind
        What it is.
    reason
        Why it can go, or what becomes of it.
    n_bytes
        How much room it takes.
    lock_path
        The lock under which it is removed, where there is one.
    """

    path: Path
    kind: Kind
    reason: str
    n_bytes: int
    lock_path: Path | None = None


def find_waste(root: Path, *, superseded: bool = False, cache: Path | None = None) -> list[Waste]:
    """List what can go from a results folder; nothing that a process is writing is among it.

    Parameters
    ----------
    root
        The results folder.
    superseded
        List records of earlier versions of a method or of the preprocessing, too.
    cache
        A folder of downloads of which broken-off ones are listed, too.

    Returns
    -------
    What was found; nothing was removed.
    """
    found = [*_leftovers(root), *_locks(root)]
    if superseded:
        found += _superseded(root)
    if cache is not None:
        found += _downloads(cache)
    return found


def remove_waste(waste: Sequence[Waste]) -> tuple[list[Waste], list[str]]:
    """Remove what `find_waste` found, unless somebody uses it by now.

    Parameters
    ----------
    waste
        What to remove.

    Returns
    -------
    What is gone, and a sentence for each that is not.
    """
    gone, kept = [], []
    for one in waste:
        try:
            if _remove(one):
                gone.append(one)
            else:
                kept.append(f"'{one.path}' is in use and stays.")
        except (ScInfoVAEError, OSError) as error:
            kept.append(str(error))
    return gone, kept


def _remove(one: Waste) -> bool:
    if one.kind == "lock":
        return remove_if_free(one.path)
    if one.lock_path is None:
        with told_oserror(one.path):
            _delete(one.path)
        return True
    with lock_if_free(one.lock_path) as held:
        if held and one.kind == "interrupted":
            settle(_record_of(one.path), OWNED)
        elif held:
            _remove_record(one.path)
    if held:
        remove_if_free(one.lock_path)
    return held


def _remove_record(folder: Path) -> None:
    """Remove a whole record at once; what is not ours keeps it."""
    foreign = [path.name for path in folder.iterdir() if path.name not in OWNED]
    if foreign:
        raise ScInfoVAEError(f"'{folder}' holds '{foreign[0]}', which is not ours, and stays.")
    with told_oserror(folder):
        doomed = temporary_name(folder)
        os.rename(folder, doomed)
        shutil.rmtree(doomed)
    with contextlib.suppress(OSError):
        for parent in folder.parents[:3]:
            parent.rmdir()


def _record_of(leftover: Path) -> Path:
    """Name the record that a temporary folder, or one put aside, belongs to."""
    return leftover.with_name(final_name(leftover.name).removeprefix(ASIDE))


def _leftovers(root: Path) -> Iterator[Waste]:
    store = RecordStore(root)
    for path in _named(root, (TEMPORARY, ASIDE)):
        record = _record_of(path)
        seed = record.name.removeprefix("seed=")
        if path.is_dir() and seed.isdecimal() and len(path.relative_to(root).parts) == 5:
            lock = store.lock_path(path.parent.name, int(seed))
            if not is_held(lock):
                told = "left by a killed writer"
                if path.name.startswith(ASIDE) and not record.exists():
                    told = "a whole record that a killed writer left aside: it is put back"
                yield Waste(path, "interrupted", told, _size(path), lock)
        elif path.name.startswith(TEMPORARY) and _is_old(path):
            yield Waste(path, "temporary", "left by a killed writer", _size(path))


def _locks(root: Path) -> Iterator[Waste]:
    for path in sorted((root / ".locks").glob("*.lock")):
        if not is_held(path):
            yield Waste(path, "lock", "nobody holds it", _size(path))


def _superseded(root: Path) -> Iterator[Waste]:
    from scinfovae.bench.records.index import read_store
    from scinfovae.data.preprocessing.config import PREPROCESSING_VERSION
    from scinfovae.methods import METHODS

    store = RecordStore(root)
    for row in read_store(root).rows:
        info, provenance = METHODS.get(row["method"]), json.loads(row["provenance"])
        found = {
            "method": (provenance.get("method_version"), info and info.version),
            "preprocessing": (provenance.get("preprocessing_version"), PREPROCESSING_VERSION),
        }
        for what, (old, now) in found.items():
            if old is not None and now is not None and old < now:
                told = f"made by version {old} of the {what}; it is {now} now"
                path = root / row["folder"]
                lock = store.lock_path(row["identity"], row["seed"])
                yield Waste(path, "superseded", told, _size(path), lock)
                break


def _downloads(cache: Path) -> Iterator[Waste]:
    for path in _named(cache, (".part-",)):
        if path.is_file() and _is_old(path):
            yield Waste(path, "download", "a download that broke off", _size(path))


def _named(root: Path, beginnings: tuple[str, ...]) -> Iterator[Path]:
    """Find files and folders by how their names begin; nothing inside such a folder."""
    for place, folders, files in os.walk(root):
        folders.sort()
        for name in sorted([*folders, *files]):
            if name.startswith(beginnings):
                yield Path(place) / name
        folders[:] = [name for name in folders if not name.startswith(beginnings)]


def _is_old(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime > _AN_HOUR
    return False


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        if path.is_dir():
            return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file())
        return path.lstat().st_size
    return 0


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
