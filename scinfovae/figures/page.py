"""The page that figures are drawn on, with room for title, legend and notes."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import FONT_SIZE, MM, MUTED, TITLE_SIZE, WIDTH, clean, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_LINE, _EDGE = 3.2, 2.0
_CHARACTERS, _LONGEST = 138, 60


class Page:
    """A figure with a title above, and a legend and notes below what is drawn.

    Attributes
    ----------
    figure
        Of matplotlib; what is drawn goes into `body`.
    body
        A part of it that keeps clear of title, legend and notes.
    """

    figure: Figure
    body: Any

    def __init__(
        self,
        height: float,
        title: str,
        notes: Sequence[str] = (),
        legend: Sequence[tuple[Any, str]] = (),
        columns: int = 5,
        width: float = WIDTH,
    ) -> None:
        """Lay out a page.

        Parameters
        ----------
        height
            Of what is drawn, in millimetres; the rest is added.
        title
            One line, broken where it is too long.
        notes
            Sentences below; each begins a line.
        legend
            Handles with their names, in `columns` or as many as there is room for.
        columns
            Of the legend, at most.
        width
            In millimetres.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        characters = int(_CHARACTERS * width / WIDTH)
        head = textwrap.wrap(clean(title), int(characters * 0.78))
        room = width - 2 * _EDGE
        foot = [line for note in notes for line in _folded(clean(note), characters, room)]
        names = shortened([name for _, name in legend], _LONGEST)
        widest = max(map(text_width, names), default=0.0)
        columns = max(1, min(columns, len(legend), int((width - 2 * _EDGE) // (widest + 9.0))))
        rows = math.ceil(len(legend) / columns)
        top = _EDGE + len(head) * _LINE * TITLE_SIZE / FONT_SIZE
        below = _EDGE + len(foot) * _LINE + (1.0 if foot else 0.0)
        keys = rows * (_LINE + 0.9) + (1.5 if rows else 0.0)
        whole = top + height + keys + below
        self.figure = Figure(figsize=(width * MM, whole * MM))
        FigureCanvasAgg(self.figure)
        bands: Any = self.figure.subfigures(3, 1, height_ratios=[top, height, keys + below])
        self.body = bands[1]
        for band in bands:
            band.set_facecolor("none")
        engine: Any = "constrained"
        self.figure.set_layout_engine(engine)
        pads = {"w_pad": 0.8 * MM, "h_pad": 0.8 * MM, "wspace": 0.02, "hspace": 0.02}
        self.figure.get_layout_engine().set(**pads)  # type: ignore[union-attr]
        x = _EDGE / width
        self.figure.text(
            x,
            1 - _EDGE / 2 / whole,
            "\n".join(head),
            va="top",
            fontsize=TITLE_SIZE,
            fontweight="bold",
            in_layout=False,
        )
        if foot:
            self.figure.text(
                x, _EDGE / 2 / whole, "\n".join(foot), va="bottom", color=MUTED, in_layout=False
            )
        if legend:
            shown = self.figure.legend(
                [handle for handle, _ in legend],
                names,
                loc="lower center",
                bbox_to_anchor=(0.5, below / whole),
                ncols=columns,
                borderaxespad=0.0,
                borderpad=0.2,
            )
            shown.set_in_layout(False)

    def settle(self) -> None:
        """Lay out what is drawn so far, so that panels have the width they will be saved with."""
        engine: Any = self.figure.get_layout_engine()
        engine.execute(self.figure)


def _folded(text: str, characters: int, room: float) -> list[str]:
    """Break a sentence into lines of so many characters, fewer where they are too wide."""
    while True:
        lines = textwrap.wrap(text, characters)
        if characters <= 20 or all(text_width(line) <= room for line in lines):
            return lines
        characters -= 2
