"""How single runs were trained, and what became of their latent distribution."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.curves import CONSENSUS, MEMBERS, kinds_of, read_curves
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.latent import draw_marginals
from scinfovae.figures.one_embedding import file_stem, runs_to_show
from scinfovae.figures.page import Page
from scinfovae.figures.style import INK, MUTED, PALE, clean, letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.stored import Stored

KL = "KL to the prior"
# by panel: the curves of the record that belong there, in order of preference, and their axis
CURVES = {
    "loss": (("total", "loss"), "nats per cell"),
    "reconstruction": (("reconstruction",), "nats per cell"),
    KL: (("kl",), "nats per cell"),
    "divergence of q(z)": (("divergence",), "divergence"),
    "active units": (("active_units",), "dimensions"),
    "held-out −log-likelihood": (("held_out",), "nats per cell"),
    "self-training KL": (("clustering",), "nats per cell"),
    "K-means ARI (for display only)": (("ari",), "ARI"),
    "consensus ARI (for display only)": ((CONSENSUS,), "ARI"),
}
_DIVERGENCES = {"mmd": "MMD²", "js": "Jensen–Shannon, nats", "stein": "Stein surrogate"}
# what the first epochs of others would flatten
_SHOWN_WHOLE = ("dimensions", "ARI")
_FIRST = 0.06
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#332288", "#882255")
_MOST_SEEDS = len(_COLOURS)


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw a page for every dataset, method and kind of model, a line per seed.

    Parameters
    ----------
    material
        Runs with their files; of ScInfoVAE unless words name methods.
    info
        The figure.

    Returns
    -------
    The pages.
    """
    if material.root is None:
        return [NotDrawn("the export holds no training curves")]
    pages: list[Drawing | NotDrawn] = []
    without: list[str] = []
    for first in runs_to_show(material):
        same = {key: str(first.row[key]) for key in ("data", "method", "setting")}
        runs = material.stored(**same)[:_MOST_SEEDS]
        kinds = dict.fromkeys(kind for stored in runs for kind in kinds_of(stored))
        for kind in kinds:
            curves = {stored.seed: read_curves(stored, kind) for stored in runs}
            known = {seed: table for seed, table in curves.items() if table is not None}
            pages.append(_page(runs, known, info, kind))
        if not kinds:
            without.append(f"{same['data']} × {same['method']}")
    if without:
        pages.append(NotDrawn(f"no curves were recorded: {', '.join(without)}"))
    return pages or [NotDrawn("there is no such run")]


def _page(runs: Sequence[Stored], curves: dict[int, Any], info: FigureInfo, kind: str) -> Drawing:
    from matplotlib.lines import Line2D

    table = stack(curves.values())
    panels = {title: found for title in CURVES if (found := _curve(table, title))}
    others = [c for c in dict.fromkeys(table["curve"]) if not _is_known(str(c))]
    panels |= {_plain(c): c for c in others[: 9 - len(panels)]}
    first = runs[0]
    title = f"{info.title}: {first.row['data']}, {first.row['title']}"
    title += f", {kind}" if kind else ""
    colours = dict(zip(sorted(curves), _COLOURS, strict=False))
    legend: list[tuple[Any, str]] = [
        (Line2D([], [], color=colour), f"seed {seed}") for seed, colour in colours.items()
    ]
    legend.append((Line2D([], [], color=INK, linestyle=":"), "prior N(0, 1)"))
    lines = -(-len(panels) // 3)
    notes = [
        f"n = {len(curves)} run{'s' * (len(curves) != 1)}. Dashed: the end of a stage. Latent "
        "marginals: density of the aggregated posterior q(z) of every dimension, from the "
        "posterior of each cell where it was kept, else of the embedding; dotted: prior. Where a "
        "panel cuts peaks, it says the height of the highest."
    ]
    cut = [name for name, curve in panels.items() if _limits(table[table["curve"] == curve])[2]]
    if cut:
        notes.append(
            f"The first {100 * _FIRST:.0f} % of the epochs set no scale, and lie in part outside "
            f"the panels {', '.join(cut)}."
        )
    if KL in panels:
        notes.append(
            f"{KL}: mean over the batches of an epoch, with the noise of the training and the "
            "weights of the moment. The diagnostic kl in the record is another number: of all "
            "cells without noise, with averaged weights."
        )
    if kind:
        notes.append(f"Curves are means over the models that the method calls {kind}.")
    if not {"ari", CONSENSUS} & set(table["curve"]):
        notes.append("ARI against epoch was not recorded.")
    if first.row["short"]:
        notes.append("A short preset: a first look.")
    page = Page(lines * 34.0 + 60.0, title, notes, legend, columns=8)
    above, below = page.body.subfigures(2, 1, height_ratios=[lines * 34.0, 60.0])
    grid = above.subplots(lines, 3, squeeze=False).ravel()
    tables = []
    for axes, (name, curve) in zip(grid, panels.items(), strict=False):
        own = table[table["curve"] == curve]
        _draw_curve(axes, own, colours)
        axes.set_title(clean(name, 40))
        axes.set_ylabel(_unit(name, first))
        tables.append(own.assign(panel=name))
    for axes in grid[len(panels) :]:
        axes.remove()
    letter(grid[0], "a")
    marginals = draw_marginals(below, runs, colours)
    tables.append(marginals)
    data = stack(tables)
    ahead = ["panel", *(c for c in data if c != "panel")]
    stem = file_stem(info, first) + (f"_{kind}" if kind else "")
    return Drawing(stem, title, page.figure, data[ahead], tuple(notes))


def _curve(table: Any, title: str) -> str:
    """Find the recorded curve that a panel shows; empty if there is none."""
    names = set(table["curve"])
    return next((name for name in CURVES[title][0] if name in names), "")


def _is_known(curve: str) -> bool:
    return any(curve in names for names, _ in CURVES.values())


def _plain(curve: Any) -> str:
    return re.sub(r"[._]+", " ", str(curve))


def _unit(title: str, stored: Stored) -> str:
    """Name what an axis shows; of curves that are not known here nothing more is known."""
    unit = CURVES.get(title, ((), "value"))[1]
    if unit != "divergence":
        return unit
    chosen = json.loads(stored.row["config"]).get("method", {}).get("divergence", "")
    return _DIVERGENCES.get(chosen, unit)


def _limits(own: Any) -> tuple[float, float, bool]:
    """Choose what a panel shows of a curve, and tell whether anything lies outside."""
    values, shown = own["value"], own["value"]
    units = {unit for names, unit in CURVES.values() if own["curve"].iloc[0] in names}
    if not units & set(_SHOWN_WHOLE):
        later = values[own["epoch"] > _FIRST * own["epoch"].max()]
        # where all the rest would be flat
        if len(later) > 1 and np.ptp(values) > 1.5 * np.ptp(later):
            shown = later
    low, high = float(shown.min()), float(shown.max())
    pad = 1.0 if units == {"dimensions"} else 0.06 * (high - low)
    low, high = low - pad, high + pad
    return low, high, bool(((values < low) | (values > high)).any())


def _draw_curve(axes: Axes, own: Any, colours: dict[int, str]) -> None:
    from matplotlib.ticker import MaxNLocator

    ends = sorted(own.groupby("stage")["epoch"].max())[:-1]
    for seed, lines in own.groupby("seed"):
        for _, part in lines.groupby("stage"):
            marker = "o" if len(part) < 3 else ""
            axes.plot(
                part["epoch"], part["value"], color=colours[int(seed)], linewidth=0.9,
                marker=marker, markersize=2.5,
            )  # fmt: skip
    for end in ends:
        axes.axvline(end + 0.5, color=MUTED, linewidth=0.6, linestyle=(0, (3, 2)))
    low, high, _ = _limits(own)
    if high > low:
        axes.set_ylim(low, high)
    if own["curve"].iloc[0] == "active_units":
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel("percent of the epochs" if set(own["stage"]) == {MEMBERS} else "epoch")
    axes.grid(color=PALE, linewidth=0.5)
