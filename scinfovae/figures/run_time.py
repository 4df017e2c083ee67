"""Seconds of every method: Supp. Fig. 8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.beside import TextColumns
from scinfovae.figures.colours import look
from scinfovae.figures.drawing import Drawing
from scinfovae.figures.page import Page
from scinfovae.figures.rows import shown_entries, told_n
from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import INK, MUTED, not_run, plain_log
from scinfovae.tables.cost import cost_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.tables.board import Entry

_ROW_MM = 4.4
COLUMNS = (
    "dataset", "label", "method", "setting", "device", "threads", "n", "mean_seconds", "sd_seconds",
)  # fmt: skip


def draw(material: Material, info: FigureInfo) -> list[Drawing]:
    """Draw the seconds of the methods' own steps, a point per dataset and the mean.

    Parameters
    ----------
    material
        Runs and scores.
    info
        The figure.

    Returns
    -------
    One page.
    """
    import pandas as pd

    board = material.board("ari")
    entries = [e for e in shown_entries(board, material) if not e.control] if board else []
    data, machine = pd.DataFrame(columns=list(COLUMNS)), ""
    if board is not None:
        data, machine = _seconds(cost_table(board).data)
        keys = {(entry.method, entry.setting) for entry in entries}
        named = zip(data["method"], data["setting"], strict=True)
        data = data[np.array([key in keys for key in named], dtype=bool)]
    timed = [
        e for e in entries if ((data["method"] == e.method) & (data["setting"] == e.setting)).any()
    ]
    timed.sort(key=lambda entry: _mean(data, entry))
    notes = _notes(data, machine, any(e.short for e in timed))
    page = Page(max(len(timed), 5) * _ROW_MM + 14, info.title, notes, _legend() * bool(timed))
    axes = page.body.subplots()
    told = [_told(_of(data, entry), _mean(data, entry)) for entry in timed]
    columns = TextColumns(("mean", "n"), told)
    for place, entry in enumerate(timed):
        _draw_method(axes, place, entry.method, _of(data, entry), _mean(data, entry))
        columns.write(axes, place, told[place])
    axes.set_yticks(range(len(timed)), shortened([entry.label for entry in timed], 40))
    axes.set_xlabel("seconds of the method's own steps (logarithmic)")
    if timed:
        columns.write_heads(axes)
        ends = data["mean_seconds"] + data["sd_seconds"].fillna(0.0)
        axes.set_xlim(data["mean_seconds"].min() / 1.8, ends.max() * 1.4)
        plain_log(axes, "x")
        axes.set_ylim(len(timed) - 0.4, -0.6)
        axes.grid(axis="x", color="#D8D8D8", linewidth=0.4)
        axes.set_axisbelow(True)
    else:
        not_run(axes)
        axes.set_xticks([])
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _draw_method(axes: Axes, place: int, method: str, own: pd.DataFrame, mean: float) -> None:
    """Draw the datasets of a method below each other, with whiskers, and their mean."""
    style = look(method)
    seconds, sd = (own[name].to_numpy(dtype=float) for name in ("mean_seconds", "sd_seconds"))
    heights = place + (np.linspace(-0.3, 0.3, len(own)) if len(own) > 1 else np.zeros(1))
    axes.plot([seconds.min(), seconds.max()], [place] * 2, color=style.colour, linewidth=2.2)
    axes.scatter(
        mean, place, s=34, marker=style.marker, color=style.colour, edgecolor=INK, linewidth=0.5,
        zorder=3,
    )  # fmt: skip
    axes.errorbar(
        seconds, heights, xerr=sd, fmt="none", ecolor=INK, elinewidth=0.7, capsize=1.2, zorder=4
    )
    axes.scatter(seconds, heights, s=6, facecolor="white", edgecolor=INK, linewidth=0.5, zorder=5)


def _told(own: pd.DataFrame, mean: float) -> tuple[str, str]:
    return f"{mean:.3g} s", told_n(len(own), [int(n) for n in own["n"]])


def _seconds(cost: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Take the rows that can be compared: one machine, one seed at a time.

    Of several machines the one with most runs counts.
    """
    if cost.empty:
        return cost.reindex(columns=list(COLUMNS)), ""
    fits = cost[(cost["step"] == "fit") & (cost["stack_width"].isna() | (cost["stack_width"] == 1))]
    if fits.empty:
        return fits, ""
    machines = fits.fillna({"threads": 0}).groupby(["device", "threads"])["n"].sum()
    most: Any = machines.idxmax()
    device, threads = most
    chosen = fits[(fits["device"] == device) & (fits["threads"].fillna(0) == threads)]
    told = f"{device or 'unknown device'}, {threads:g} thread{'' if threads == 1 else 's'}"
    return chosen.reset_index(drop=True), told


def _of(data: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    return data[(data["method"] == entry.method) & (data["setting"] == entry.setting)]


def _mean(data: pd.DataFrame, entry: Entry) -> float:
    return float(_of(data, entry)["mean_seconds"].mean())


def _notes(data: pd.DataFrame, machine: str, any_short: bool) -> list[str]:
    if data.empty:
        return ["Not run: seconds are compared between runs of one seed at a time (stack_width=1)."]
    notes = [
        f"Seconds on the clock on {machine}, one seed at a time; without loading, preprocessing "
        "and clustering. Coloured lines: range of the datasets. n: datasets × seeds "
        "of each; one seed has no whiskers."
    ]
    if any_short:
        notes.append("(quick): a short preset with few epochs; its seconds are not those of a run.")
    return notes


def _legend() -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    def marker(size: float, face: str) -> Line2D:
        how = {"linestyle": "none", "marker": "o", "color": INK, "markeredgewidth": 0.6}
        return Line2D([], [], markersize=size, markerfacecolor=face, **how)  # type: ignore[arg-type]

    return [
        (marker(2.6, "white"), "one dataset, mean over seeds"),
        (Line2D([], [], color=INK, linewidth=0.8), "sd over seeds"),
        (marker(5.5, MUTED), "mean over datasets"),
    ]
