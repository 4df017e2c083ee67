"""Runs that were done elsewhere and came as an export: scores and provenance without files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.atomic import atomic_path
from scinfovae.bench.records.columns import COLUMNS, NAME
from scinfovae.bench.records.rows import named_anew
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from scinfovae.bench.records.columns import RunName

EXPORT = "records.parquet"
IMPORTED = "imported.parquet"
_LATER = ("experiment",)  # columns that exports of the first version lack


@dataclass(frozen=True)
class Import:
    """What became of an import.

    Attributes
    ----------
    path
        The file that holds everything imported into this results folder.
    added, replaced, known
        Runs that are new, that took the place of another of the same name, and that left the one
        that was there in its place.
    """

    path: Path
    added: int
    replaced: int
    known: int


def read_export(path: Path) -> list[dict[str, Any]]:
    """Read an exported table.

    Parameters
    ----------
    path
        A ``records.parquet`` written by ``scinfovae-bench store export``.

    Returns
    -------
    One row a run, with a value for every column of `scinfovae.bench.records.columns.COLUMNS`, and
    named against the defaults of today.

    Raises
    ------
    DataError
        If it is no such file.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"'{path}' cannot be read as Parquet: {error}") from error
    frame = frame.assign(**{column: "" for column in _LATER if column not in frame})
    absent = [column for column in COLUMNS if column not in frame]
    if absent:
        raise DataError(
            f"'{path}' is no export of runs (no column '{absent[0]}'); make one with "
            "'scinfovae-bench store export'."
        )
    rows: list[dict[Any, Any]] = frame[list(COLUMNS)].to_dict("records")
    return [named_anew(row) for row in rows]


def import_runs(root: Path, exports: Iterable[Path]) -> Import:
    """Take the runs of exports into a results folder, so that tables and reports hold them.

    An import has no embedding, label or model: figures that need one leave it out, and a sweep
    that asks for such a run does it. Of two imported runs of one name a finished one stays before
    one that failed, and else the one that was started later; a record of the folder itself always
    stands before an imported one.

    Parameters
    ----------
    root
        The results folder; made if it is not there.
    exports
        Files written by ``scinfovae-bench store export``. Runs in them that were only asked for
        and never done are left out.

    Returns
    -------
    What became of them.

    Raises
    ------
    DataError
        If a file is no export; then nothing is changed.
    StorageError
        If the folder cannot be written; then what was imported before is as it was.
    """
    import pandas as pd

    found = [row for path in exports for row in read_export(path)]
    rows = {_name(row): row for row in read_imported(root)}
    counts = {"added": 0, "replaced": 0, "known": 0}
    for row in found:
        if row["status"] == "missing":
            continue
        name = _name(row)
        before = rows.get(name)
        stays = before is not None and _worth(before) >= _worth(row)
        counts["added" if before is None else "known" if stays else "replaced"] += 1
        if not stays:
            rows[name] = {**row, "folder": ""}
    path = root / IMPORTED
    frame = pd.DataFrame.from_records([rows[name] for name in sorted(rows)], columns=list(COLUMNS))
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        frame.to_parquet(stream, index=False, compression="zstd")
    return Import(path, **counts)


def read_imported(root: Path) -> list[dict[str, Any]]:
    """Read what was imported into a results folder.

    Parameters
    ----------
    root
        The results folder.

    Returns
    -------
    One row a run, as `read_export` gives them and without `folder`; empty if nothing was imported.

    Raises
    ------
    DataError
        If the file that holds them is damaged.
    """
    path = root / IMPORTED
    return read_export(path) if path.is_file() else []


def finished_imports(root: Path) -> dict[RunName, str]:
    """List the finished runs that were imported into a results folder.

    Parameters
    ----------
    root
        The results folder.

    Returns
    -------
    The contents of ``metrics.json`` as text, by dataset, method, identity and seed.

    Raises
    ------
    DataError
        If the file that holds them is damaged.
    """
    return {_name(row): row["metrics"] for row in read_imported(root) if row["status"] == "ok"}


def uncounted(export: Path, runs: pd.DataFrame) -> int:
    """Count the finished runs of an export that are not among others.

    Parameters
    ----------
    export
        A ``records.parquet``; it need not exist.
    runs
        What `scinfovae.bench.records.frame.runs_frame` gives.

    Returns
    -------
    Their number; 0 for a file that is no export.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        rows = pd.read_parquet(export, columns=[*NAME, "status"])
    except (OSError, ValueError, pa.ArrowException):
        return 0
    known = set(
        runs.loc[runs["status"] != "missing", list(NAME)].itertuples(index=False, name=None)
    )
    finished = rows.loc[rows["status"] == "ok", list(NAME)].itertuples(index=False, name=None)
    return len(set(finished) - known)


def _worth(row: Mapping[str, Any]) -> tuple[bool, str]:
    return row["status"] == "ok", str(row["started"])


def _name(row: Mapping[str, Any]) -> RunName:
    return row["dataset"], row["method"], row["identity"], int(row["seed"])
