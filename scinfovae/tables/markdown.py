"""Tables as Markdown that GitHub renders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.tables.document import Cell, Origin, Table

_SPECIAL = re.compile(r"([\\`*\[\]|~$#])")
# GitHub leaves an underscore inside a word alone
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")


def escape(text: str) -> str:
    """Write a text so that Markdown shows it as it is.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    One line without markup, HTML or mathematics.
    """
    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    marked = _UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\1", one_line))
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Write a text as code on one line.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    The text between enough backticks.
    """
    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    longest = max((len(run) for run in re.findall("`+", one_line)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{one_line}{pad}{fence}"


def grid(table: Table) -> list[str]:
    """Write the grid of a table.

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    Its lines.
    """
    marks = [":---" if i < table.n_heads else "---:" for i in range(len(table.columns))]
    lines = [_row([escape(heading) for heading in table.columns]), _row(marks)]
    return lines + [_row([_cell(cell) for cell in one.cells]) for one in table.lines]


def section(table: Table, level: int = 1) -> list[str]:
    """Write a table with its title and notes.

    Parameters
    ----------
    table
        The table.
    level
        Of its heading.

    Returns
    -------
    Lines.
    """
    lines = [f"{'#' * level} {escape(table.title)}", ""]
    lines += [*grid(table), ""] if table.lines else ["Nothing to show.", ""]
    return lines + [f"- {escape(note)}" for note in table.notes] + [""]


def origin(told: Origin) -> list[str]:
    """Say where a file comes from.

    Parameters
    ----------
    told
        Command, records and version.

    Returns
    -------
    Lines.
    """
    made = f"Made by {code(told.command)} (scinfovae {told.version}) from {escape(told.records)}."
    return [made, ""]


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    return f"**{text}**" if cell.bold and text else text


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
