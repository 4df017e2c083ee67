"""ARI on simulated counts, one property changed at a time."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.colours import OURS, look
from scinfovae.figures.drawing import Drawing
from scinfovae.figures.page import Page
from scinfovae.figures.rows import shown_entries
from scinfovae.figures.style import letter, not_run, plain_log, short_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo

AXES = {
    "n_clusters": "number of clusters K",
    "imbalance": "imbalance (largest / smallest cluster)",
    "dropout_midpoint": "dropout (mean count at which half is lost)",
    "n_cells": "cells",
}
_LOGARITHMIC = ("n_clusters", "imbalance", "n_cells")
_CONFIDENCE, _RESAMPLES = 0.95, 10_000
_COLUMNS = ("axis", "x", "label", "method", "setting", "mean", "low", "high", "n", "values")


def draw(material: Material, info: FigureInfo) -> list[Drawing]:
    """Draw a panel per property, a line with its band per method.

    Parameters
    ----------
    material
        Runs on simulated counts.
    info
        The figure.

    Returns
    -------
    One page.
    """
    import pandas as pd
    from matplotlib.lines import Line2D

    scores, middle = simulated_scores(material)
    data = pd.DataFrame(_points(scores, middle), columns=list(_COLUMNS))
    labels = list(dict.fromkeys(data["label"]))
    labels.sort(key=lambda name: data.loc[data["label"] == name, "method"].iloc[0] != OURS)
    legend: list[tuple[Any, str]] = []
    for name in labels:
        style = look(str(data.loc[data["label"] == name, "method"].iloc[0]))
        how: dict[str, Any] = {
            "color": style.colour,
            "marker": style.marker,
            "linestyle": style.dash,
        }
        legend.append((Line2D([], [], markersize=4, **how), name))
    notes = [
        "Lines: mean; dots: single runs. Bands: 95 % bootstrap interval of the mean over runs "
        "(percentiles), which stays within their range; of so few runs it is rather too narrow."
    ]
    if len(data):
        known = {title.partition(" (")[0]: key for key, title in AXES.items() if key in middle}
        fixed = ", ".join(f"{name} = {short_number(middle[key])}" for name, key in known.items())
        low, high = int(data["n"].min()), int(data["n"].max())
        told = f"n = {low}" if low == high else f"n = {low} to {high}"
        notes.append(f"Elsewhere {fixed}. {told} runs a point, each on counts of its own draw.")
    page = Page(108.0, info.title, notes, legend, columns=4)
    grid = page.body.subplots(2, 2, sharey=True).ravel()
    for axes, name, (key, title) in zip(grid, "abcd", AXES.items(), strict=True):
        _draw_panel(axes, data[data["axis"] == key], key)
        letter(axes, name)
        axes.set_xlabel(title)
    for axes in grid[::2]:
        axes.set_ylabel("ARI")
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def simulated_scores(material: Material) -> tuple[Any, dict[str, float]]:
    """Collect the ARI of every run on simulated counts.

    Parameters
    ----------
    material
        The runs.

    Returns
    -------
    One row a run with its simulation, ``label`` and ``ari``; and the simulation in the middle of
    the study, the commonest value of everything.
    """
    import pandas as pd

    board = material.board("ari")
    rows: list[dict[str, Any]] = []
    if board is not None:
        entries = {(e.method, e.setting): e for e in shown_entries(board, material)}
        runs = board.records.runs
        own = runs[(runs["dataset"] == "simulated") & (runs["status"] == "ok")]
        scores = board.records.scores
        scores = scores[(scores["stage"] == "final") & (scores["metric"] == "ari")]
        by_run = dict(iter(scores.groupby("run")))
        for row in own.to_dict("records"):
            entry = entries.get((row["method"], row["setting"]))
            value = _ari(by_run.get(row["run"]), material)
            if entry is None or entry.control or value is None:
                continue
            simulation = json.loads(row["config"]).get("dataset", {}).get("simulation") or {}
            known = {k: float(v) for k, v in simulation.items() if isinstance(v, (int, float))}
            named = {"label": entry.label, "method": entry.method, "setting": entry.setting}
            rows.append({**known, **named, "run_seed": row["seed"], "ari": value})
    table = pd.DataFrame(rows)
    keys = [c for c in table if c not in ("label", "method", "setting", "run_seed", "ari", "seed")]
    different = table[keys].drop_duplicates() if keys else table
    middle = {str(key): float(different[key].mode().iloc[0]) for key in keys}
    return table, middle


def _ari(scores: Any, material: Material) -> float | None:
    """Take the ARI of a run: with the clusterer words name, else its own labels, else K-means."""
    if scores is None:
        return None
    known = scores.dropna(subset=["value"]).drop_duplicates("clusterer")
    values = dict(zip(known["clusterer"], known["value"], strict=True))
    order = [key for key in ("own", "kmeans") if key in values]
    if "clusterer" in material.choice.wanted:
        order = material.choice.clusterers(list(values))
    return float(values[order[0]]) if order else None


def _points(scores: Any, middle: dict[str, float]) -> list[dict[str, Any]]:
    """Average the runs of every point of every line; axes along which nothing changes have none."""
    rows: list[dict[str, Any]] = []
    for axis in AXES:
        if axis not in middle:
            continue
        fixed = np.ones(len(scores), dtype=bool)
        for key, value in middle.items():
            if key != axis:
                fixed &= np.isclose(scores[key].to_numpy(dtype=float), value)
        own = scores[fixed]
        if own[axis].nunique() < 2:
            continue
        for (label, method, setting, x), group in own.groupby(["label", "method", "setting", axis]):
            values = group.sort_values("run_seed")["ari"].to_numpy()
            low, high = bootstrap_band(values)
            named = {"axis": axis, "x": x, "label": label, "method": method, "setting": setting}
            told = {"mean": values.mean(), "low": low, "high": high, "n": len(values)}
            rows.append({**named, **told, "values": ";".join(map(repr, values.tolist()))})
    return rows


def bootstrap_band(values: np.ndarray) -> tuple[float, float]:
    """Compute the 95 % bootstrap interval of a mean over runs, by percentiles.

    Unlike Student's interval it lies within the range of the values, as an ARI of at most 1 must;
    and unlike the corrected one of `scinfovae.tables.statistics.paired_bootstrap`, which is for
    many datasets, it is even for values that are.

    Parameters
    ----------
    values
        Array of shape (n_runs,).

    Returns
    -------
    The bounds; NaN for one value.
    """
    from scipy.stats import bootstrap

    if len(values) < 2:
        return math.nan, math.nan
    found = bootstrap(
        (values,),
        np.mean,
        n_resamples=_RESAMPLES,
        confidence_level=_CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)


def _draw_panel(axes: Axes, own: Any, key: str) -> None:
    if own.empty:
        axes.set_xticks([])
        not_run(axes)
        return
    ticks = sorted(own["x"].unique())
    zero = key in _LOGARITHMIC
    for (_, method), line in own.groupby(["label", "method"], sort=False):
        style, line = look(str(method)), line.sort_values("x")
        wide = 1.7 if method == OURS else 1.1
        axes.plot(
            line["x"], line["mean"], color=style.colour, marker=style.marker, markersize=3.4,
            linestyle=style.dash, linewidth=wide, zorder=4 if method == OURS else 3,
        )  # fmt: skip
        axes.fill_between(
            line["x"].to_numpy(dtype=float), line["low"].to_numpy(dtype=float),
            line["high"].to_numpy(dtype=float), color=style.colour, alpha=0.15, linewidth=0,
        )  # fmt: skip
        for x, text in zip(line["x"], line["values"], strict=True):
            values = [float(one) for one in text.split(";")]
            axes.scatter([x] * len(values), values, s=3, color=style.colour, alpha=0.6, linewidth=0)
    if zero:
        plain_log(axes, "x")
        axes.minorticks_off()
    axes.set_xticks(ticks, [short_number(tick) for tick in ticks])
    axes.set_ylim(min(-0.03, float(own["mean"].min()) - 0.05), 1.03)
    axes.grid(color="#E2E2E2", linewidth=0.4)
