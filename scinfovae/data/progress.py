"""Progress of one transfer on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[int, int | None], None]

_SECONDS_BETWEEN_LINES = 5.0


@contextlib.contextmanager
def transfer_progress(title: str, shown: bool | None) -> Iterator[Report]:
    """Show how far a transfer is.

    Parameters
    ----------
    title
        What is transferred, in a few words.
    shown
        False for silence; None and True show a bar if standard error is a terminal, else lines.

    Yields
    ------
    A function to be called with the bytes received so far and the total, None if unknown.
    """
    if shown is False:
        yield lambda received, total: None
    elif sys.stderr.isatty():
        with _bar(title) as report:
            yield report
    else:
        yield _lines(title)


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda received, total: progress.update(task, completed=received, total=total)


def _lines(title: str) -> Report:
    print(title, file=sys.stderr)
    last = time.monotonic()

    def report(received: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            of_total = f" of {total / 1e6:.1f}" if total else ""
            print(f"{title}: {received / 1e6:.1f}{of_total} MB", file=sys.stderr)

    return report
