"""Seconds of every method: Supp. Fig. 8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.colours import look
from scinfovae.figures.drawing import Drawing
from scinfovae.figures.page import Page
from scinfovae.figures.rows import shown_entries
from scinfovae.figures.style import INK, clean, not_run, plain_log
from scinfovae.tables.cost import cost_table

if TYPE_CHECKING:
    import pandas as pd

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.tables.board import Entry

_ROW_MM = 3.6
COLUMNS = ("dataset", "label", "method", "setting", "device", "threads", "n", "mean_seconds")


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
    notes = _notes(data, machine, any(e.short for e in timed))
    page = Page(max(len(timed), 5) * _ROW_MM + 10, info.title, notes)
    axes = page.body.subplots()
    means = [_mean(data, entry) for entry in timed]
    for place, i in enumerate(np.argsort(means)):
        entry = timed[i]
        own = _of(data, entry)
        style = look(entry.method)
        seconds = own["mean_seconds"].to_numpy(dtype=float)
        axes.plot([seconds.min(), seconds.max()], [place] * 2, color=style.colour, linewidth=2.2)
        axes.scatter(
            seconds, [place] * len(own), s=9, facecolor="white", edgecolor=INK, linewidth=0.5,
            zorder=3,
        )  # fmt: skip
        axes.scatter(
            means[i], place, s=34, marker=style.marker, color=style.colour, edgecolor=INK,
            linewidth=0.5, zorder=4,
        )  # fmt: skip
        axes.annotate(
            f"{means[i]:.3g} s (n = {len(own)})", (seconds.max(), place), xytext=(6, 0),
            textcoords="offset points", va="center",
        )  # fmt: skip
    order = [clean(timed[i].label, 40) for i in np.argsort(means)]
    axes.set_yticks(range(len(order)), order)
    axes.set_xlabel("seconds of the method's own steps (logarithmic)")
    if timed:
        plain_log(axes, "x")
        low, high = data["mean_seconds"].min(), data["mean_seconds"].max()
        axes.set_xlim(low / 1.8, high * (high / low) ** 0.16 * 2.2)
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.grid(axis="x", color="#D8D8D8", linewidth=0.4)
    else:
        not_run(axes)
        axes.set_xticks([])
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


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
        "and clustering. Small circles: datasets (mean over seeds); large marker: their mean; "
        "n: datasets."
    ]
    if any_short:
        notes.append("(quick): a short preset with few epochs; its seconds are not those of a run.")
    return notes
