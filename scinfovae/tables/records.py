"""The records that tables are made of: read, checked, named and selected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.bench.records.imported import EXPORT, IMPORTED
from scinfovae.bench.records.select import of_sweep
from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from scinfovae.tables.expected import Expected
    from scinfovae.tables.labellings import Labelling
    from scinfovae.tables.selection import Selection


@dataclass(frozen=True)
class Records:
    """Runs and scores, ready for tables.

    Attributes
    ----------
    runs
        One row a run: the columns of `scinfovae.bench.records.frame.runs_frame` and of `name_data`,
        with ``run`` (its number), ``labelling`` and ``collapsed_pretrained``.
    scores
        The columns of `scinfovae.bench.records.frame.scores_frame`, with ``run``.
    entries
        What `name_entries` gives: methods with their settings.
    labellings
        By data the labels that count.
    expected
        By data, method and setting the clusterers that are expected.
    """

    runs: pd.DataFrame
    scores: pd.DataFrame
    entries: pd.DataFrame
    labellings: dict[str, Labelling]
    expected: dict[tuple[str, str, str], Expected]

    def told(self) -> str:
        """Say how many records there are and how they ended."""
        counts = self.runs["status"].value_counts()
        n_records = int((self.runs["status"] != "missing").sum())
        parts = [f"{n} {status}" for status, n in counts.items() if status != "missing"]
        told = f"{n_records} record{'s' * (n_records != 1)} ({', '.join(parts) or 'none'})"
        missing = int(counts.get("missing", 0))
        return told + (f", {missing} more expected and missing" if missing else "")


def find_source(given: Path | None, results: Path) -> Path:
    """Choose where the records come from.

    Parameters
    ----------
    given
        What was asked for, a results folder or an export, or None.
    results
        The results folder, where nothing was asked for.

    Returns
    -------
    The folder if it holds runs, else the export in it.

    Raises
    ------
    UsageError
        If there is neither.
    """
    if given is not None:
        if not given.exists():
            raise UsageError(f"there is no '{given}'; --from takes a results folder or a {EXPORT}.")
        if given.is_file():
            return given
    folder = given or results
    if any((folder / name).exists() for name in ("runs", "sweeps", IMPORTED)):
        return folder
    if (folder / EXPORT).exists():
        return folder / EXPORT
    raise UsageError(
        f"there are no records in '{folder}'; make some with 'scinfovae-bench run', or name the "
        f"folder with results.dir=DIR or --from DIR."
    )


def read_records(source: Path, selection: Selection, sweep: str | None = None) -> Records:
    """Read records and name what is in them.

    Parameters
    ----------
    source
        A results folder or an export.
    selection
        Which runs and clusterers are wanted.
    sweep
        Name of a sweep (or its first digits, or its experiment) whose runs alone count.

    Returns
    -------
    The records.

    Raises
    ------
    UsageError
        If no run is left.
    DataError
        If the source cannot be read, or holds two records of one run.
    """
    from scinfovae.bench.records.frame import runs_frame

    frame = runs_frame(source)
    if sweep is not None:
        frame = of_sweep(frame, sweep)
    if frame.empty:
        raise UsageError(f"'{source}' holds no records yet; make some with 'scinfovae-bench run'.")
    return prepare(selection.runs(frame), selection)


def prepare(frame: pd.DataFrame, selection: Selection | None = None) -> Records:
    """Name datasets and methods of a frame of runs, and take the scores out of it.

    Parameters
    ----------
    frame
        What `scinfovae.bench.records.frame.runs_frame` gives, or some of its rows.
    selection
        Which clusterers are wanted; all by default.

    Returns
    -------
    The records.

    Raises
    ------
    DataError
        If two rows are of one run.
    """
    from scinfovae.bench.records.frame import scores_frame
    from scinfovae.tables.data_names import name_data
    from scinfovae.tables.expected import expected_clusterers
    from scinfovae.tables.labellings import add_labellings, choose_labellings, scored_against
    from scinfovae.tables.method_names import name_entries

    key = ["dataset", "method", "identity", "seed"]
    double = frame[frame.duplicated(key)]
    if not double.empty:
        name = " ".join(f"{k}={double[k].iloc[0]}" for k in key)
        raise DataError(f"the records hold {name} twice; export the store again.")
    runs = add_labellings(name_data(frame.reset_index(drop=True)))
    runs["run"] = range(len(runs))
    runs["collapsed_pretrained"] = [_collapsed_pretrained(text) for text in runs["metrics"]]
    scores = scores_frame(runs).merge(runs[[*key, "run"]], on=key, how="left")
    expected = expected_clusterers(runs, scores)
    if selection is not None:
        scores = selection.scores(scores)
        for one in expected.values():
            one.keep(selection.clusterers)
    labellings = choose_labellings(runs)
    scores = scored_against(runs, scores, labellings)
    return Records(runs, scores, name_entries(runs), labellings, expected)


def _collapsed_pretrained(metrics: str) -> bool:
    diagnostics = json.loads(metrics).get("diagnostics") or {}
    return bool((diagnostics.get("pretrained") or {}).get("collapsed", False))
