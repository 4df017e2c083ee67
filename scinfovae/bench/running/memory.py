"""Main memory that one step needs on top of what the process holds already."""

from __future__ import annotations

import contextlib
import ctypes
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_FORGET_PEAK = "5\n"
_before_forgetting = 0


@dataclass
class Rise:
    """What a step needed.

    Attributes
    ----------
    n_bytes
        The most it held at once; None where the system does not tell (it does on Linux).
    """

    n_bytes: int | None = None


@contextlib.contextmanager
def memory_rise() -> Iterator[Rise]:
    """Measure how far the memory of the process rises within the block.

    The system keeps the peak of the process by itself and is made to forget it at the start, so
    that nothing is sampled and nothing slowed down. Memory that was freed before is handed back
    first, else the step could use it without any rise.

    Yields
    ------
    The rise; known after the block.
    """
    global _before_forgetting
    rise = Rise()
    start = None
    with contextlib.suppress(OSError):
        _hand_back()
        peak = _status("VmHWM")
        _CLEAR.write_text(_FORGET_PEAK)
        _before_forgetting = max(_before_forgetting, peak)
        start = _status("VmRSS")
    yield rise
    if start is not None:
        with contextlib.suppress(OSError):
            rise.n_bytes = max(_status("VmHWM") - start, 0)


def peak_before_forgetting() -> int:
    """Give the peak of the process that `memory_rise` has made the system forget.

    Returns
    -------
    Bytes; 0 if it never did.
    """
    return _before_forgetting


def _status(key: str) -> int:
    """Read a size of the process in bytes."""
    for line in _STATUS.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    raise OSError(f"the system does not tell {key}")


@functools.cache
def _trim() -> ctypes._FuncPointer | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None


def _hand_back() -> None:
    trim = _trim()
    if trim is not None:
        trim(0)
