"""A disk that refuses what is written to it, at a chosen point.

Python tells of each opening for writing, move, link, new folder and removal (`sys.audit`), and
flushes are counted too, so that a write point added later is met without being named.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass
class Disk:
    """Counts the write points below a folder, and refuses one of them, or all from one on."""

    root: Path
    fail_at: int | None = None
    stays: bool = False
    error: type[BaseException] | int = errno.ENOSPC
    points: list[str] = field(default_factory=list)

    watched: ClassVar[list[Disk]] = []

    def refusal(self, work):
        """Do something on this disk; gives what it raised, if anything."""
        own = () if isinstance(self.error, int) else (self.error,)
        self.watched.append(self)
        try:
            work()
        except (ScInfoVAEError, *own) as error:
            return error
        finally:
            self.watched.pop()
        return None

    @classmethod
    def n_points(cls, root, work):
        disk = cls(root)
        assert disk.refusal(work) is None
        return len(disk.points)

    def meet(self, act, path):
        if not str(path).startswith(str(self.root)):
            return
        self.points.append(f"{act} {path}")
        n = len(self.points) - 1
        if self.fail_at is None or n < self.fail_at or (n > self.fail_at and not self.stays):
            return
        if isinstance(self.error, int):
            raise OSError(self.error, os.strerror(self.error))
        raise self.error


def hear(event, args):
    if not Disk.watched:
        return
    disk = Disk.watched[-1]
    if event == "open" and isinstance(args[0], (str, os.PathLike)) and args[2] & WRITING:
        disk.meet("open", args[0])
    elif event in ("os.mkdir", "os.chmod", "os.truncate"):
        disk.meet(event, args[0])
    elif event in ("os.rename", "os.link"):
        disk.meet(event, args[1])
    elif event in ("os.remove", "os.rmdir"):
        folder = args[1] if isinstance(args[1], int) and args[1] >= 0 else None
        above = "" if folder is None else os.readlink(f"/proc/self/fd/{folder}")
        disk.meet(event, os.path.join(above, args[0]))


def fsync(descriptor):
    if Disk.watched:
        Disk.watched[-1].meet("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))


sys.addaudithook(hear)  # there is no way to take it off again; it does nothing outside
