"""Columns of text at the right of a panel, where nothing is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.figures.style import INK, MM, MUTED, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

HEAD_POINTS = 9.0
"""What the heads of the columns need above a panel."""
_PAD, _GAP = 1.0, 1.8


class TextColumns:
    """Columns as wide as what is written into them, the same beside all panels of a figure.

    Attributes
    ----------
    heads
        Of the columns.
    starts
        Where each begins, in millimetres from the right edge of the panel.
    """

    def __init__(self, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """Measure the columns.

        Parameters
        ----------
        heads
            Of the columns.
        lines
            Every line that will be written; one that has its first text alone may use the whole
            width.
        """
        self.heads = tuple(heads)
        self.starts: list[float] = []
        whole = [heads, *(line for line in lines if any(line[1:]) or len(line) == 1)]
        start = _PAD
        for i in range(len(heads)):
            self.starts.append(start)
            start += max(text_width(line[i]) for line in whole) + _GAP

    def write(self, axes: Axes, place: float, texts: Sequence[str], colour: str = INK) -> None:
        """Write a line.

        Parameters
        ----------
        axes
            The panel.
        place
            Its height on the vertical axis.
        texts
            One a column.
        colour
            Of the text.
        """
        for start, text in zip(self.starts, texts, strict=True):
            if text:
                where = axes.get_yaxis_transform() + _shift(axes, start, 0.0)
                axes.text(1.0, place, text, transform=where, va="center", color=colour)

    def write_heads(self, axes: Axes) -> None:
        """Write the heads above the panel, in the room of `HEAD_POINTS` below its title.

        Parameters
        ----------
        axes
            The panel.
        """
        for start, text in zip(self.starts, self.heads, strict=True):
            if text:
                where = axes.transAxes + _shift(axes, start, 0.7)
                axes.text(1.0, 1.0, text, transform=where, va="bottom", color=MUTED)


def _shift(axes: Axes, right: float, up: float) -> Transform:
    from matplotlib.transforms import ScaledTranslation

    return ScaledTranslation(right * MM, up * MM, axes.figure.dpi_scale_trans)
