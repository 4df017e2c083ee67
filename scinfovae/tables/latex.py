r"""Tables as LaTeX, for a document with ``\usepackage{booktabs,graphicx,longtable}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scinfovae.tables.document import Cell, Line, Origin, Table

WIDE = 6
LONG = 45
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "±": r"$\pm$",
    "≠": r"$\neq$",
    "≥": r"$\geq$",
    "×": r"$\times$",
    "−": "$-$",
    "–": "--",
    "†": r"\dag{}",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    "λ": r"$\lambda$",
    "χ": r"$\chi$",
    "²": r"\textsuperscript{2}",
}


def escape(text: str) -> str:
    """Write a text so that LaTeX shows it as it is.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    One line without commands of its own.
    """
    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    escaped = "".join(_ESCAPES.get(character, character) for character in one_line)
    # a minus before a number, and no line broken inside it
    return re.sub(r"(?<![\w.)-])-(?=\d)", "$-$", escaped).replace(r" $\pm$ ", r"~$\pm$~")


def document(table: Table, told: Origin) -> str:
    r"""Write a table as a float, or over several pages if it is long, with its notes below it.

    Parameters
    ----------
    table
        The table.
    told
        Where it comes from; a comment in the file.

    Returns
    -------
    The contents of a file to be included with ``\\input``.
    """
    made = f"made by: {told.command} (scinfovae {told.version}), from {told.records}"
    notes = [rf"\par\smallskip\raggedright\scriptsize {escape(n)}" for n in table.notes]
    packages = "booktabs,longtable" if len(table.lines) > LONG else "booktabs,graphicx"
    head = ["% " + " ".join(made.split()), rf"% needs \usepackage{{{packages}}}"]
    body = _long(table) if len(table.lines) > LONG else _float(table)
    return "\n".join([*head, *body[:-1], *notes, body[-1], ""])


def _float(table: Table) -> list[str]:
    grid = [
        rf"\begin{{tabular}}{{{_columns(table)}}}",
        r"\toprule",
        *_heads(table),
        r"\midrule",
        *(_line(one, place) for place, one in enumerate(table.lines)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if len(table.columns) > WIDE:
        grid = [r"\resizebox{\textwidth}{!}{%", *grid, "}"]
    start = [r"\begin{table}[p]", r"\centering\footnotesize", _caption(table)]
    return [*start, *grid, r"\end{table}"]


def _long(table: Table) -> list[str]:
    """Write a table that breaks over pages, its headings on each of them."""
    return [
        r"\begingroup\scriptsize\setlength{\tabcolsep}{3pt}",
        rf"\begin{{longtable}}{{{_columns(table)}}}",
        _caption(table) + r"\\",
        r"\toprule",
        *_heads(table),
        r"\midrule",
        r"\endfirsthead",
        r"\toprule",
        *_heads(table),
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *(_line(one, place) for place, one in enumerate(table.lines)),
        r"\end{longtable}",
        r"\par\endgroup",
    ]


def _caption(table: Table) -> str:
    label = re.sub("[^a-z0-9]+", "-", table.name.lower())
    return rf"\caption{{{escape(table.title)}}}\label{{tab:{label}}}"


def _columns(table: Table) -> str:
    return "l" * table.n_heads + "r" * (len(table.columns) - table.n_heads)


def _heads(table: Table) -> list[str]:
    return [" & ".join(escape(heading) for heading in table.columns) + r" \\"]


def _line(one: Line, place: int) -> str:
    rule = "\\midrule\n" if one.ruled and place else ""
    return f"{rule}{' & '.join(_cell(cell) for cell in one.cells)} \\\\"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    return rf"\textbf{{{text}}}" if cell.bold and text else text
