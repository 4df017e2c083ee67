"""Fonts, lines and texts of all figures, whatever the user has set."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

WIDTH = 180.0
"""Of a page, in millimetres: two columns."""
FONT_SIZE = 7.0
"""Points; nothing is written smaller."""
TITLE_SIZE = 8.5
INK, MUTED, PALE = "#222222", "#6B6B6B", "#EDEDED"
MM = 1 / 25.4
_FONT = "DejaVu Sans"
_STYLE: dict[Any, Any] = {
    "font.family": _FONT,
    "font.size": FONT_SIZE,
    "axes.titlesize": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "legend.fontsize": FONT_SIZE,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.4,
    "legend.handletextpad": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.5,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,
    # names of datasets and methods are shown as they are, dollars included
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Draw and save with the fonts and lines of the project, whatever the user has set."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


@functools.cache
def text_width(text: str, size: float = FONT_SIZE) -> float:
    """Measure a text.

    Parameters
    ----------
    text
        One line.
    size
        Of the font, in points.

    Returns
    -------
    Its width in millimetres.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, size=size, prop=FontProperties(family=_FONT), usetex=False)
    return float(path.get_extents().width) / 72 / MM


def clean(text: object, longest: int = 400) -> str:
    """Make a name fit to be drawn, whatever is in it.

    Parameters
    ----------
    text
        E.g. the name of a dataset.
    longest
        Characters; what is longer is cut.

    Returns
    -------
    The text on one line; what the font has no sign for becomes ``?``. It never begins with an
    underscore, which would hide it from legends.
    """
    known = _characters()
    shown = "".join(c if ord(c) in known and c.isprintable() else "?" for c in str(text).strip())
    shown = shown if len(shown) <= longest else shown[: longest - 1] + "…"
    return f" {shown}" if shown.startswith("_") else shown


@functools.cache
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family=_FONT))).get_charmap())


def not_run(axes: Axes, told: str = "not run") -> None:
    """Mark a panel as empty.

    Parameters
    ----------
    axes
        The panel.
    told
        What is written into it.
    """
    axes.set_facecolor(PALE)
    axes.text(
        0.5, 0.5, told, transform=axes.transAxes, ha="center", va="center", color=MUTED, zorder=9
    )


def bare(axes: Axes) -> None:
    """Leave out ticks and frame of a panel whose axes have no unit.

    Parameters
    ----------
    axes
        The panel.
    """
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def plain_log(axes: Axes, which: str) -> None:
    """Scale an axis by logarithms, with plain numbers at its ticks; what it shows is drawn before.

    Parameters
    ----------
    axes
        The panel.
    which
        ``"x"`` or ``"y"``.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    few = high / max(low, 1e-300) < 60
    axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=7))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
    axis.set_minor_formatter(NullFormatter())


def short_number(value: float) -> str:
    """Write a number of an axis.

    Parameters
    ----------
    value
        The number.

    Returns
    -------
    E.g. ``"20k"``, ``"0.01"``.
    """
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def letter(axes: Axes, name: str) -> None:
    """Name a panel by a bold letter at its upper left.

    Parameters
    ----------
    axes
        The panel.
    name
        The letter.
    """
    text = axes.set_title(name, loc="left", fontsize=TITLE_SIZE, fontweight="bold")
    text.set_in_layout(True)
