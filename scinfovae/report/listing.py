"""The numbers behind a figure: a table to look at and a file to take away."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

# bytes of a CSV file that the page carries along, and rows and columns it shows of any
LARGEST = 16_000
ROWS = 24
COLUMNS = 12


@dataclass(frozen=True)
class Listing:
    """The first rows of a CSV file, and the whole of it where it is small.

    Attributes
    ----------
    name, file
        Its name, and where it lies as seen from the page (empty if not below it).
    n_rows
        How many rows it has.
    columns, rows
        What is shown of it.
    uri
        All of it as a data URI; empty if it is too large for that.
    """

    name: str
    file: str
    n_rows: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    uri: str


def read_listing(path: Path, file: str) -> Listing | None:
    """Read a CSV file.

    Parameters
    ----------
    path
        The file.
    file
        Where it lies as seen from the page; may be empty.

    Returns
    -------
    Its first rows; None if there is no such file.

    Raises
    ------
    DataError
        If it is no CSV file.
    """
    import pandas as pd

    if not path.is_file():
        return None
    try:
        content = path.read_bytes()
        frame = pd.read_csv(path, comment="#")
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{path}' cannot be read as CSV ({error}); draw its figure again."
        ) from error
    # where it was made stands below the page already
    shown = frame.drop(columns=["command", "records"], errors="ignore").iloc[:ROWS, :COLUMNS]
    encoded = base64.b64encode(content).decode() if len(content) <= LARGEST else ""
    return Listing(
        name=path.name,
        file=file,
        n_rows=len(frame),
        columns=tuple(str(column) for column in shown),
        rows=tuple(
            tuple(_text(value) for value in row) for row in shown.itertuples(index=False, name=None)
        ),
        uri=f"data:text/csv;charset=utf-8;base64,{encoded}" if encoded else "",
    )


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    return str(value)
