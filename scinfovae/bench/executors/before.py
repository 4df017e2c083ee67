"""What a record was before a worker began, so that its traces can be told later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scinfovae.bench.records.record import Record


@dataclass(frozen=True)
class Before:
    """What a record was before a worker began.

    Attributes
    ----------
    mark
        Changes whenever the record is written; None if there was none.
    trained
        Whether at most clusterings were wanting.
    """

    mark: tuple[int, int] | None
    trained: bool

    def is_still(self, record: Record) -> bool:
        """Tell whether nobody has written the record since."""
        return _mark_of(record) == self.mark


def state_before(record: Record) -> Before:
    """Remember a record.

    Parameters
    ----------
    record
        The record; it need not exist.

    Returns
    -------
    What it is now.
    """
    return Before(_mark_of(record), record.is_trained())


def _mark_of(record: Record) -> tuple[int, int] | None:
    try:
        found = (record.folder / "status.json").stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
