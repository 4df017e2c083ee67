"""What all tables share: names of files and stages, the columns for machines, and legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from scinfovae.tables.board import Board, Entry
    from scinfovae.tables.comparison import Row

_FIRST = ("dataset", "dataset_base", "method", "label", "clusterer", "stage", "metric")


def file_stem(board: Board, name: str) -> str:
    """Name the files of a table.

    Parameters
    ----------
    board
        The cells of one stage.
    name
        What is shown.

    Returns
    -------
    The name, with the stage before it unless that is the final one.
    """
    return name if board.stage == "final" else f"{board.stage}_{name}"


def of_stage(board: Board) -> str:
    """Name the stage for a title.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    Nothing for the final stage.
    """
    return "" if board.stage == "final" else ", before fine-tuning"


def describe(board: Board, row: Row) -> dict[str, Any]:
    """Describe a row for machines.

    Parameters
    ----------
    board
        The cells.
    row
        The row.

    Returns
    -------
    Method, setting and clusterer, and what is known of them.
    """
    return {**describe_entry(board.entry(row)), "clusterer": row[2]}


def describe_entry(entry: Entry) -> dict[str, Any]:
    """Describe a method with its setting for machines.

    Parameters
    ----------
    entry
        The method.

    Returns
    -------
    Names and marks.
    """
    return {
        "method": entry.method,
        "label": entry.label,
        "setting": entry.setting,
        "variant": entry.variant,
        "preset": entry.preset,
        "short": entry.short,
        "control": entry.control,
    }


def in_order(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a table for machines, what names a row first.

    Parameters
    ----------
    rows
        Values by column; ``data`` and ``base`` are called ``dataset`` and ``dataset_base``.

    Returns
    -------
    The table.
    """
    import pandas as pd

    frame = pd.DataFrame(list(rows)).rename(columns={"data": "dataset", "base": "dataset_base"})
    for name in frame:
        # published rows lack some counts, and a count with a decimal point is none
        if str(name).startswith("n_"):
            frame[name] = frame[name].astype("Int64")
    first = [column for column in _FIRST if column in frame]
    return frame[[*first, *(column for column in frame if column not in first)]]


def legends(board: Board, entries: Iterable[Entry]) -> list[str]:
    """Say what the names of methods and data abbreviate.

    Parameters
    ----------
    board
        The cells.
    entries
        The methods shown.

    Returns
    -------
    One sentence a name.
    """
    notes = [f"{e.label}: {e.legend}." for e in dict.fromkeys(entries) if e.legend]
    names = board.records.runs[["data", "data_legend"]].drop_duplicates()
    return notes + [f"{d}: {told}." for d, told in names.itertuples(index=False) if told]
