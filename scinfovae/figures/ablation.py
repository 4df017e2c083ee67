"""InfoVAE against VAE, and the full ablation: Supp. Fig. 9."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.colours import OURS, look
from scinfovae.figures.drawing import Drawing, stack
from scinfovae.figures.embedding_grid import DATASETS
from scinfovae.figures.objectives import OBJECTIVES, Scored, average, scored_objectives
from scinfovae.figures.page import Page
from scinfovae.figures.panels import Panel
from scinfovae.figures.rows import seed_values, told_seeds
from scinfovae.figures.style import INK, MUTED, clean, letter, not_run
from scinfovae.tables.measures import clusterer_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.tables.board import Board, Stage

PAIR = (OURS, "vae")
RECONSTRUCTIONS = ("zinb", "nb", "mse", "zinb_mse", "gaussian")
STAGES: dict[Stage, str] = {"pretrained": "without fine-tuning", "final": "with fine-tuning"}


def draw(material: Material, info: FigureInfo) -> list[Drawing]:
    """Draw both parts.

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
    clusterer = next(iter(material.choice.wanted.get("clusterer", ())), "kmeans")
    boards = {stage: material.board("ari", stage=stage) for stage in STAGES}
    found = scored_objectives(boards, clusterer, material)
    shared, base = average(found, boards["final"])
    panels = _pair_panels(boards["final"], found)
    reconstructions = [r for r in RECONSTRUCTIONS if any(s.reconstruction == r for s in found)]
    columns = reconstructions or ["zinb", "nb", "mse"]
    notes = [
        f"Clusterer: {clusterer_title(clusterer)}, for all. a: mean ± sd over seeds, dots are "
        "seeds; InfoVAE is ScInfoVAE's objective. b: mean over datasets; small dots are datasets "
        "(mean over seeds)."
    ]
    if shared:
        n = len({base[data] for data in shared})
        notes.append(f"b: n = {n} dataset{'s' * (n > 1)}: {', '.join(shared)}; (–): not on all.")
    if any(s.entry.short for s in found):
        notes.append("Runs of a short preset: a first look.")
    page = Page(48.0 + 50.0, info.title, notes, _legend(), columns=4)
    above, below = page.body.subfigures(2, 1, height_ratios=[48.0, 50.0])
    left = above.subplots()
    tables = [_draw_pair(left, panels, found, boards["final"], clusterer)]
    letter(left, "a")
    grid = below.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    for axes, name in zip(grid, columns, strict=True):
        tables.append(_draw_ablation(axes, name, [s for s in found if s.reconstruction == name]))
    letter(grid[0], "b")
    data = stack(tables)
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _pair_panels(board: Board | None, found: Sequence[Scored]) -> list[Panel]:
    """Take the data on which one of the pair was run, else the five datasets of the paper."""
    own = [s for s in found if s.entry.method in PAIR and s.reconstruction == "zinb"]
    names = {data for s in own for data in s.scores.get("final", {})}
    run = [Panel(board.base(d), d) for d in board.data if d in names] if board else []
    rest = [Panel(n, None) for n in DATASETS if n not in {panel.base for panel in run}]
    return [*run, *rest][: max(len(run), 15)]


def _draw_pair(
    axes: Axes,
    panels: Sequence[Panel],
    found: Sequence[Scored],
    board: Board | None,
    clusterer: str,
) -> Any:
    import pandas as pd

    own = {s.entry.method: s for s in found if s.reconstruction == "zinb"}
    rows: list[dict[str, Any]] = []
    for place, panel in enumerate(panels):
        named = {"panel": "a", "data": panel.data, "base": panel.base}
        if panel.data is None or board is None:
            axes.text(place, 0.03, "not run", rotation=90, ha="center", va="bottom", color=MUTED)
            rows.append({**named, "kind": "not run"})
            continue
        for i, method in enumerate(PAIR):
            style, x = look(method), place + (i - 0.5) * 0.38
            entry = own[method].entry if method in own else None
            row = (entry.method, entry.setting, clusterer) if entry else ("", "", "")
            values = seed_values(board, "ari", panel.data, row) if entry else {}
            cell = board.cell("ari", panel.data, row)
            if entry is None or cell is None or not values:
                axes.text(x, 0.03, "not run", rotation=90, ha="center", va="bottom", color=MUTED)
                rows.append({**named, "kind": "not run", "method": method})
                continue
            axes.bar(
                x, cell["mean"], 0.36, color=style.colour, hatch=style.hatch, edgecolor="white",
                linewidth=0,
            )  # fmt: skip
            sd = float(cell["sd"])
            if np.isfinite(sd):
                axes.errorbar(x, cell["mean"], yerr=sd, color=INK, linewidth=1, capsize=1.5)
            jitter = np.linspace(-0.1, 0.1, len(values)) if len(values) > 1 else np.zeros(1)
            seeds = np.array(list(values.values()))
            axes.scatter(
                x + jitter, seeds, s=5, facecolor="white", edgecolor=INK, linewidth=0.45, zorder=4
            )
            told = {"label": entry.label, "method": method, "mean": cell["mean"], "sd": sd}
            joined = ";".join(map(repr, values.values()))
            rows.append({**named, "kind": "measured", **told, "n": len(values), "values": joined})
    counts = [row["n"] for row in rows if "n" in row]
    room = max(8, 120 // len(panels))
    titles = ["\n".join(textwrap.wrap(clean(panel.title, 60), room)) for panel in panels]
    axes.set_xticks(range(len(panels)), titles)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(panels) - 0.4)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1.02)
    axes.set_ylabel("ARI")
    axes.set_title(f"{told_seeds(counts)} seeds" if counts else "", loc="right")
    return pd.DataFrame(rows)


def _draw_ablation(axes: Axes, name: str, found: Sequence[Scored]) -> Any:
    """Draw, for one reconstruction, every objective with and without fine-tuning."""
    import pandas as pd

    from scinfovae.bench.records.columns import method_title

    rows: list[dict[str, Any]] = []
    by_method = {s.entry.method: s for s in found}
    for place, method in enumerate(OBJECTIVES):
        scored = by_method.get(method)
        if scored is None:
            axes.text(0.02, place, "not run", va="center", color=MUTED)
            continue
        style = look(method)
        for stage, scores in scored.scores.items():
            is_final = stage == "final"
            y = place + (0.16 if is_final else -0.16)
            face = style.colour if is_final else "white"
            axes.scatter(
                list(scores.values()), [y] * len(scores), s=3.5, color=style.colour, alpha=0.55,
                linewidth=0,
            )  # fmt: skip
            told = {"panel": "b", "label": scored.entry.label, "method": method, "kind": "measured"}
            mean = scored.means.get(stage, math.nan)
            more = {"reconstruction": name, "stage": stage, "mean": mean}
            rows += [{**told, **more, "data": data, "ari": ari} for data, ari in scores.items()]
            if stage in scored.means:
                axes.scatter(
                    scored.means[stage], y, s=26, marker=style.marker, facecolor=face,
                    edgecolor=style.colour, linewidth=1.0, zorder=4,
                )  # fmt: skip
        if "final" not in scored.means:
            axes.text(1.02, place, "(–)", va="center", ha="right", color=MUTED)
        ends = [scored.means[stage] for stage in STAGES if stage in scored.means]
        if len(ends) == 2:
            axes.plot(ends, [place - 0.16, place + 0.16], color=style.colour, linewidth=0.8)
    if not found:
        for text in list(axes.texts):
            text.remove()
        not_run(axes)
        rows.append({"panel": "b", "reconstruction": name, "kind": "not run"})
    axes.set_yticks(range(len(OBJECTIVES)), [method_title(method) for method in OBJECTIVES])
    axes.set_ylim(len(OBJECTIVES) - 0.4, -0.6)
    low = min([0.0, *(row["ari"] for row in rows if "ari" in row)])
    axes.set_xlim(low - 0.04, 1.04)
    axes.set_xlabel("ARI")
    axes.set_title(f"reconstruction: {name}")
    axes.grid(axis="x", color="#D8D8D8", linewidth=0.4)
    axes.tick_params(axis="y", length=0)
    return pd.DataFrame(rows)


def _legend() -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars: list[tuple[Any, str]] = [
        (Patch(facecolor=look(m).colour, hatch=look(m).hatch, edgecolor="white"), name)
        for m, name in zip(PAIR, ("InfoVAE (ScInfoVAE)", "VAE"), strict=True)
    ]
    how = {"linestyle": "none", "marker": "o", "color": INK, "markersize": 4.5}
    hollow = Line2D([], [], markerfacecolor="white", **how)  # type: ignore[arg-type]
    full = Line2D([], [], **how)  # type: ignore[arg-type]
    return [*bars, (hollow, STAGES["pretrained"]), (full, STAGES["final"])]
