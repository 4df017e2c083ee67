"""Names shortened to the room there is, so that those that differ still do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.figures.style import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CUT = "…"
_FEWEST = 8


def shortened(names: Sequence[str], longest: int, ends: Sequence[str] = ()) -> list[str]:
    """Make names fit to be drawn, and leave out the middle of those that are too long.

    Parameters
    ----------
    names
        Without their ends.
    longest
        Characters of a name with its end.
    ends
        One a name, never shortened, such as the mark of its clusterer; none by default.

    Returns
    -------
    Names with their ends; of equal names the same is left out, and different ones stay different.
    """
    pairs = list(zip(map(clean, names), ends or [""] * len(names), strict=True))
    room: dict[str, int] = {}
    for name, end in pairs:
        room[name] = min(room.get(name, longest), max(longest - len(end), _FEWEST))
    found = {name: name for name in room if len(name) <= room[name]}
    taken = set(found)
    for name in room:
        if name not in found:
            found[name] = next(cut for cut in _cuts(name, room[name]) if cut not in taken)
            taken.add(found[name])
    return [found[name] + end for name, end in pairs]


def _cuts(text: str, room: int) -> Iterator[str]:
    """Offer ways to shorten a text, at first with all that stands before its last bracket."""
    before = text.rfind(" (") + 2
    first = min(before, 2 * room // 3) if before > 1 else room // 2
    for head in sorted(range(1, room - 1), key=lambda head: abs(head - first)):
        yield text[:head] + CUT + text[head + 1 - room :]
    number = 2
    while True:
        told = f"{CUT}#{number}"
        yield text[: room - len(told)] + told
        number += 1
