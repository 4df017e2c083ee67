"""Scale, title and number of seeds of one panel of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.figures.beside import HEAD_POINTS
from scinfovae.figures.colours import OURS
from scinfovae.figures.fitting import fit_ticks, wrapped
from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import INK, PALE, plain_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.bars import Bar
    from scinfovae.figures.beside import TextColumns
    from scinfovae.figures.panels import Panel


def is_logarithmic(metric: str) -> bool:
    """Tell whether a metric is drawn on a logarithmic scale."""
    return metric.startswith("calinski_harabasz")


def set_axes(
    axes: Axes,
    n_lines: int,
    limits: tuple[float, float],
    metric: str,
    bars: Sequence[Bar],
    columns: TextColumns,
) -> None:
    """Set the scale of a panel, and write beside each line its number of seeds and its rank.

    Parameters
    ----------
    axes
        The panel.
    n_lines
        Of all panels.
    limits
        The range of all panels.
    metric
        What is drawn.
    bars
        Those of the panel.
    columns
        Where `told` is written.
    """
    axes.set_ylim(max(n_lines, 3) - 0.4, -0.6)
    axes.set_xlim(*limits)
    if is_logarithmic(metric):
        plain_log(axes, "x")
    elif limits[0] < 0:
        axes.axvline(0, color=INK, linewidth=0.5)
    axes.grid(axis="x", color="#D8D8D8", linewidth=0.4, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    if not is_run(bars):
        axes.set_facecolor(PALE)
        return
    columns.write_heads(axes)
    for place, bar in enumerate(bars):
        columns.write(axes, place, told(bar))


def fit_panel(axes: Axes, panel: Panel, room: float, metric: str, bars: Sequence[Bar]) -> None:
    """Give a panel that is laid out its title and ticks.

    Parameters
    ----------
    axes
        The panel.
    panel
        Its dataset.
    room
        For the title, in millimetres.
    metric
        What is drawn.
    bars
        Those of the panel.
    """
    fit_ticks(axes, is_logarithmic(metric))
    lines, pad = wrapped(shortened([panel.title], 60)[0], room), 3.0
    if is_run(bars):
        pad += HEAD_POINTS
    else:
        lines.append("not run")
    axes.set_title("\n".join(lines), loc="left", linespacing=1.05, pad=pad)


def is_run(bars: Sequence[Bar]) -> bool:
    """Tell whether a panel has any score of ours.

    Parameters
    ----------
    bars
        Those of the panel.

    Returns
    -------
    False if only published values can be drawn.
    """
    return any(bar.values for bar in bars)


def told(bar: Bar) -> tuple[str, str]:
    """Say of a line its number of seeds, or why it has none, and its rank.

    Parameters
    ----------
    bar
        The line.

    Returns
    -------
    E.g. ``("3", "#2")``, ``("2/3", "")`` or ``("failed", "")``.
    """
    if bar.cell is None:
        return "–", ""
    done = bar.cell["n_done"] - bar.cell["n_undefined"]
    if bar.cell["complete"]:
        is_ranked = bar.cell["method"] == OURS and bar.n_ranked > 1
        return f"{done}", f"#{bar.rank:g}" if is_ranked else ""
    short = {"not_applicable": "n/a", "failed": "failed", "missing": "not run"}
    if not done and bar.cell["n_done"] == bar.cell["n_expected"]:
        return "n/a", ""
    return short.get(str(bar.cell["state"]), f"{done}/{bar.cell['n_expected']}"), ""
