"""Tables as the page shows them: a cell split into number, spread and marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from scinfovae.tables.document import Cell, Table

Kind = Literal["", "partial", "failed", "missing", "nothing"]

_NUMBER = re.compile(
    r"(?P<main>(?:< )?[+-]?\d[\d.]*)(?P<spread> ± (?:[\d.]+|n/a))?(?P<marks>(?: \S+)*)"
)
_BADGES = re.compile(r"(?P<text>.*\S) \[(?P<badges>(?:short|control|published)(?:, \w+)*)\]", re.S)
_PARTIAL = re.compile(r"\(\d+/\d+\)|†")
_KINDS: dict[str, Kind] = {
    "failed": "failed",
    "missing": "missing",
    "undefined": "nothing",
    "not": "nothing",
    "n/a": "nothing",
    "–": "nothing",
}


@dataclass(frozen=True)
class Shown:
    """One cell.

    Attributes
    ----------
    main, spread, marks
        The number (or all of a text that is none), its standard deviation, and what follows.
    kind
        What became of the runs behind it, for its colour; a text says the same.
    bold
        Whether it is the best of its column.
    """

    main: str
    spread: str = ""
    marks: str = ""
    kind: Kind = ""
    bold: bool = False


@dataclass(frozen=True)
class Head:
    """What names a row: a text, and its marks (``short``, ``control``, ``published``)."""

    text: str
    badges: tuple[str, ...] = ()


@dataclass(frozen=True)
class GridRow:
    """One row.

    Attributes
    ----------
    heads, cells
        What names it, and its values.
    ruled
        Whether a rule sets it apart from the row above.
    pool, clusterer
        By what the leaderboard filters it; empty elsewhere.
    """

    heads: tuple[Head, ...]
    cells: tuple[Shown, ...]
    ruled: bool = False
    pool: str = ""
    clusterer: str = ""


@dataclass(frozen=True)
class Grid:
    """One table.

    Attributes
    ----------
    name, title
        Its anchor, and what it shows.
    columns, n_heads
        Headings; how many of the first columns name a row.
    rows, notes
        What people read, and what they have to know for it.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    n_heads: int
    rows: tuple[GridRow, ...]
    notes: tuple[str, ...] = ()


def make_grid(table: Table) -> Grid:
    """Make the grid of a table.

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    The same, cells split.
    """
    rows = tuple(
        GridRow(
            heads=tuple(show_head(cell.text) for cell in one.cells[: table.n_heads]),
            cells=tuple(show(cell) for cell in one.cells[table.n_heads :]),
            ruled=one.ruled,
        )
        for one in table.lines
    )
    return Grid(table.name, table.title, table.columns, table.n_heads, rows, table.notes)


def show(cell: Cell) -> Shown:
    """Split a cell.

    Parameters
    ----------
    cell
        Of a table.

    Returns
    -------
    Number, spread and marks of ``"0.498 ± 0.002 (2/3) c1"``; any other text is left whole.
    """
    found = _NUMBER.fullmatch(cell.text)
    if found is None:
        first = cell.text.partition(" ")[0]
        return Shown(cell.text, kind=_KINDS.get(first, ""), bold=cell.bold)
    main, spread, marks = (part or "" for part in found.group("main", "spread", "marks"))
    kind: Kind = "partial" if _PARTIAL.search(marks) else ""
    return Shown(minus(main), spread.strip(), marks.strip(), kind, cell.bold)


def minus(number: str) -> str:
    """Write a number with a minus sign instead of a hyphen.

    Parameters
    ----------
    number
        As the tables write it.

    Returns
    -------
    The text.
    """
    return number.replace("-", "−")


def show_head(text: str) -> Head:
    """Split the name of a row.

    Parameters
    ----------
    text
        E.g. ``"ScInfoVAE (quick) [short]"``.

    Returns
    -------
    Name and badges.
    """
    found = _BADGES.fullmatch(text)
    if found is None:
        return Head(text)
    return Head(found["text"], tuple(found["badges"].split(", ")))
