"""Tables and numbers for people: framed on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table.

    Parameters
    ----------
    title
        Printed above; may be empty.
    columns
        Headings.
    rows
        Cells as text; columns whose cells look like numbers are flushed right.
    """
    if sys.stdout.isatty():
        _framed(title, columns, rows)
        return
    if title:
        print(title)
    widths = [
        max(len(heading), *(len(row[i]) for row in rows), 0) if rows else len(heading)
        for i, heading in enumerate(columns)
    ]
    right = [_is_numeric([row[i] for row in rows]) for i in range(len(columns))]
    for row in [columns, *rows]:
        cells = (
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        )
        print("  ".join(cells).rstrip())


def _framed(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    framed = Table(title=title or None, title_justify="left")
    for i, heading in enumerate(columns):
        right = _is_numeric([row[i] for row in rows])
        framed.add_column(heading, justify="right" if right else "left")
    for row in rows:
        framed.add_row(*(Text(cell) for cell in row))
    Console().print(framed)


def _is_numeric(cells: Sequence[str]) -> bool:
    marks = set("0123456789.-+± e,/infa∞")
    return bool(cells) and all(set(cell) <= marks for cell in cells)


def number(value: Any, digits: int = 3) -> str:
    """Write a number; what is not one is ``n/a``.

    Parameters
    ----------
    value
        A number, or None.
    digits
        Decimals.

    Returns
    -------
    The text.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "n/a"
    return f"{value:.{digits}f}"


def counted(n: int, what: str) -> str:
    """Write how many things there are.

    Parameters
    ----------
    n
        How many.
    what
        One of them.

    Returns
    -------
    E.g. ``"1 run"``, ``"3 runs"``.
    """
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def mean_sd(values: Sequence[float | None], digits: int = 3) -> str:
    """Write mean and standard deviation over seeds.

    Parameters
    ----------
    values
        One a seed; the standard deviation has n - 1 in its denominator.
    digits
        Decimals.

    Returns
    -------
    E.g. ``"0.512 ± 0.034"``, with how many seeds had a value if not all.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return "n/a"
    mean = math.fsum(known) / len(known)
    told = number(mean, digits)
    if len(known) > 1:
        variance = math.fsum((value - mean) ** 2 for value in known) / (len(known) - 1)
        told += f" ± {number(math.sqrt(variance), digits)}"
    return told if len(known) == len(values) else f"{told} ({len(known)} of {len(values)})"


def duration(seconds: float) -> str:
    """Write a duration.

    Parameters
    ----------
    seconds
        How long.

    Returns
    -------
    E.g. ``"0.8 s"``, ``"2 min 05 s"``, ``"1 h 02 min"``.
    """
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(n_bytes: float) -> str:
    """Write a number of bytes.

    Parameters
    ----------
    n_bytes
        How many.

    Returns
    -------
    E.g. ``"1.2 GB"``.
    """
    for unit in ("B", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB"
