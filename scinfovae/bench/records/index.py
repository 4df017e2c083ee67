"""The index of a store: every record as a row, kept to be fast and never trusted.

Each entry carries the fingerprint of its record; one that differs is read again from the record,
and entries without a record are forgotten. What is derived with this version's registry and
defaults is void when these change.
"""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae._version import __version__
from scinfovae.bench.planning.identity import short_hash
from scinfovae.bench.records.atomic import atomic_path
from scinfovae.bench.records.columns import COLUMNS
from scinfovae.bench.records.rows import row_of
from scinfovae.bench.records.scan import Found, Scan, scan
from scinfovae.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX = "index.parquet"
_STAMP = b"scinfovae.index"
_REFRESH = 50  # a reader that had to read this many records keeps what it has learnt

Entry = tuple[str, dict[str, Any], list[str]]


@dataclass
class StoreContents:
    """What a results folder holds.

    Attributes
    ----------
    rows
        One a record, with the columns of `scinfovae.bench.records.columns.COLUMNS`.
    problems
        What is torn or does not belong there: path and reason.
    leftovers
        What writers leave that are at work or were killed.
    n_read
        How many records had to be read, because the index did not hold them as they are.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[tuple[Path, str]] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    n_read: int = 0


def read_store(root: Path) -> StoreContents:
    """Read all records of a results folder, from the index where it holds them as they are.

    Parameters
    ----------
    root
        The results folder; it need not exist.

    Returns
    -------
    Rows, sorted by place, and problems.
    """
    return _read(root, scan(root), _load(root))[0]


def reindex(root: Path) -> StoreContents:
    """Read all records of a results folder from the records alone, and write the index anew.

    Parameters
    ----------
    root
        The results folder.

    Returns
    -------
    What it holds.

    Raises
    ------
    StorageError
        If the index cannot be written.
    """
    contents, entries = _read(root, scan(root), {}, keep=False)
    _write(root, entries)
    return contents


def _read(
    root: Path, seen: Scan, known: Mapping[str, Entry], *, keep: bool = True
) -> tuple[StoreContents, dict[str, Entry]]:
    contents = StoreContents(problems=list(seen.foreign), leftovers=seen.leftovers)
    entries: dict[str, Entry] = {}
    for found in seen.found:
        place = found.folder.relative_to(root).as_posix()
        entry = known.get(place)
        fingerprint = found.fingerprint()
        if entry is None or entry[0] != fingerprint:
            entry = _read_record(found, place, fingerprint)
            contents.n_read += 1
        _, row, problems = entry
        contents.problems += [(found.folder, reason) for reason in problems]
        if row:
            contents.rows.append(row)
            entries[place] = entry
    if keep and contents.n_read >= _REFRESH:
        # a folder that may only be read is read all the same
        with contextlib.suppress(StorageError):
            _write(root, entries)
    return contents, entries


def _read_record(found: Found, place: str, fingerprint: str) -> Entry:
    """Read a record, again if it changes meanwhile."""
    name = (found.dataset, found.method, found.identity, found.seed)
    for _ in range(5):
        row, problems = row_of(found.folder, name)
        now = found.fingerprint()
        if now == fingerprint:
            break
        fingerprint = now
    else:
        fingerprint = ""  # it will be read again
    if row is not None:
        row["folder"] = place
    return fingerprint, row or {}, problems


def _write(root: Path, entries: Mapping[str, Entry]) -> None:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {**row, "fingerprint": fingerprint, "problems": json.dumps(problems)}
        for fingerprint, row, problems in entries.values()
    ]
    frame = pd.DataFrame.from_records(rows, columns=[*COLUMNS, "fingerprint", "problems"])
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({_STAMP: _stamp().encode()})
    with atomic_path(root / INDEX) as temporary, temporary.open("wb") as stream:
        pq.write_table(table, stream, compression="zstd")


def _load(root: Path) -> dict[str, Entry]:
    """Read the index; one that is damaged, or made by another version, holds nothing."""
    path = root / INDEX
    if not path.is_file():
        return {}
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        if metadata.get(_STAMP) != _stamp().encode():
            return {}
        rows = pq.read_table(path).to_pandas().to_dict("records")
    except (OSError, ValueError, pa.ArrowException):
        return {}
    return {
        row["folder"]: (row.pop("fingerprint"), row, json.loads(row.pop("problems")))
        for row in rows
    }


def _stamp() -> str:
    """Name all that rows are derived with beside the records."""
    from scinfovae.bench.planning.typed import plain
    from scinfovae.methods import METHODS

    methods = [[m.name, m.title, m.version, plain(m.config_class())] for m in METHODS.values()]
    return short_hash([_code_and_configuration(), methods])


@functools.cache
def _code_and_configuration() -> list[str]:
    from scinfovae.resources import resource_path

    bench = Path(__file__).parents[1]
    names = ("records/columns", "records/rows", "planning/variant", "planning/identity")
    files = [bench / f"{name}.py" for name in names]
    files += [resource_path("datasets.yaml"), *sorted(resource_path("configs").rglob("*.yaml"))]
    return [__version__, *(file.read_text(encoding="utf-8") for file in files)]
