"""Titles and ticks that fit the width of their panel."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING

from scinfovae.figures.short_names import CUT
from scinfovae.figures.style import MM, short_number, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

_GAP = 1.2
_MOST = 7


def width_of(axes: Axes) -> float:
    """Measure a panel; its page has been laid out (`scinfovae.figures.page.Page.settle`).

    Parameters
    ----------
    axes
        The panel.

    Returns
    -------
    Its width in millimetres, without what stands beside it.
    """
    return float(axes.bbox.width / axes.figure.dpi / MM)


def wrapped(text: str, room: float, most: int = 3) -> list[str]:
    """Break a name into lines, between words, at underscores or before the end of a file's name.

    Parameters
    ----------
    text
        One line; a piece that is too long is broken anywhere.
    room
        Width of a line in millimetres.
    most
        Lines; where there would be more, the last one is ``…`` and the end of the name, which is
        where variants of a dataset differ.

    Returns
    -------
    The lines.
    """
    pieces = re.split(r"(?<=[_ ])|(?=\.[a-z])", text)
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        if text_width(piece.rstrip()) <= room:
            lines[-1] += piece
            continue
        for character in piece:
            if lines[-1] and text_width(lines[-1] + character) > room and character != " ":
                lines.append("")
            lines[-1] += character
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) > most:
        end = text.strip()
        while end and text_width(CUT + end) > room:
            end = end[1:]
        lines = [*lines[: most - 1], CUT + end.lstrip()]
    return lines


def fit_ticks(axes: Axes, is_log: bool = False) -> None:
    """Set as many ticks on the horizontal axis as there is room for; its limits are set before.

    Parameters
    ----------
    axes
        The panel, laid out.
    is_log
        Whether the axis is logarithmic.
    """
    low, high = axes.get_xlim()
    ticks = spaced_ticks(low, high, width_of(axes), is_log)
    axes.set_xticks(ticks, [_label(tick) for tick in ticks])


def spaced_ticks(low: float, high: float, room: float, is_log: bool = False) -> list[float]:
    """Choose ticks whose labels do not touch.

    Parameters
    ----------
    low, high
        Ends of the axis.
    room
        Its length in millimetres.
    is_log
        Whether it is logarithmic.

    Returns
    -------
    Multiples of 1, 2 or 5 times a power of ten, or powers of ten, from the densest set that fits.
    """
    start, end = (math.log10(low), math.log10(high)) if is_log else (low, high)
    for ticks in _log_ticks(start, end) if is_log else _linear_ticks(low, high):
        places = [((math.log10(t) if is_log else t) - start) / (end - start) * room for t in ticks]
        if len(ticks) <= _MOST and _fit(places, [text_width(_label(t)) for t in ticks]):
            return ticks
    return []


def _fit(places: Sequence[float], widths: Sequence[float]) -> bool:
    pairs = itertools.pairwise(zip(places, widths, strict=True))
    return all(b - a >= (left + right) / 2 + _GAP for (a, left), (b, right) in pairs)


def _linear_ticks(low: float, high: float) -> Iterator[list[float]]:
    first = math.floor(math.log10((high - low) / 10))
    for power, factor in itertools.product(range(first, first + 4), (1, 2, 5)):
        step = factor * 10.0**power
        numbers = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        yield [round(number * step, 12) for number in numbers]


def _log_ticks(start: float, end: float) -> Iterator[list[float]]:
    powers = range(math.floor(start), math.ceil(end) + 1)
    if end - start < 2:
        fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
        yield [tick for tick in fine if start - 1e-9 <= math.log10(tick) <= end + 1e-9]
    whole = [power for power in powers if start - 1e-9 <= power <= end + 1e-9]
    for stride in range(1, len(whole) + 1):
        yield [10.0**power for power in whole[::stride]]


def _label(tick: float) -> str:
    return short_number(tick).replace("-", "−")
