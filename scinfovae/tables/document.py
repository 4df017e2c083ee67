"""A table as people and machines read it, whatever the format of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cell:
    """One cell: a text, and whether it is set in bold."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Attributes
    ----------
    cells
        As many as there are columns.
    ruled
        Whether a rule sets it apart from the line above.
    """

    cells: tuple[Cell, ...]
    ruled: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its data.

    Attributes
    ----------
    name
        The stem of its files.
    title
        What it shows.
    columns
        Headings.
    n_heads
        How many of the first columns name a line; they are flushed left, the others right.
    lines
        What people read.
    notes
        What a reader has to know, a sentence each: marks, data and numbers behind it.
    data
        What machines read: one row a cell, numbers unrounded.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    n_heads: int
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    data: pd.DataFrame


def line(*cells: str | Cell, ruled: bool = False) -> Line:
    """Make a line of texts and cells.

    Parameters
    ----------
    *cells
        One a column.
    ruled
        Whether a rule sets it apart from the line above.

    Returns
    -------
    The line.
    """
    return Line(tuple(Cell(c) if isinstance(c, str) else c for c in cells), ruled)


@dataclass(frozen=True)
class Origin:
    """Where tables come from; it stands in every file.

    Attributes
    ----------
    command
        The command that made them.
    records
        How many records it read, and how they ended.
    version
        The version of the project.
    """

    command: str
    records: str
    version: str
