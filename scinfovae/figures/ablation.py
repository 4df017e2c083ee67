"""InfoVAE against VAE, and the full ablation: Supp. Fig. 9."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scinfovae.figures.ablation_pair import PAIR, draw_pair, label_pair, pair_panels
from scinfovae.figures.beside import HEAD_POINTS, TextColumns
from scinfovae.figures.colours import look
from scinfovae.figures.drawing import Drawing, stack
from scinfovae.figures.fitting import fit_ticks
from scinfovae.figures.objectives import OBJECTIVES, Scored, average, scored_objectives
from scinfovae.figures.page import Page
from scinfovae.figures.rows import told_n
from scinfovae.figures.style import INK, MUTED, letter, not_run
from scinfovae.tables.measures import clusterer_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.tables.board import Board, Entry, Stage

RECONSTRUCTIONS = ("zinb", "nb", "mse")
MORE_RECONSTRUCTIONS = ("zinb_mse", "gaussian")
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
    final = boards["final"]
    found = scored_objectives(boards, clusterer, material)
    shared, base = average(found, final)
    panels = pair_panels(final, found)
    more = [name for name in MORE_RECONSTRUCTIONS if any(s.reconstruction == name for s in found)]
    by_name = {n: [s for s in found if s.reconstruction == n] for n in (*RECONSTRUCTIONS, *more)}
    notes = _notes(clusterer_title(clusterer), shared, base, any(s.entry.short for s in found))
    page = Page(48.0 + 54.0, info.title, notes, _legend(), columns=4)
    above, below = page.body.subfigures(2, 1, height_ratios=[48.0, 54.0])
    left = above.subplots()
    grid = below.subplots(1, len(by_name), sharey=True, squeeze=False)[0]
    letter(left, "a")
    letter(grid[0], "b")
    pair = draw_pair(left, panels, found, final, clusterer)
    told = {s.entry: _told(s, final, shared, clusterer) for s in found}
    columns = TextColumns(("n", ""), list(told.values()))
    tables = [pair]
    for axes, (name, scored) in zip(grid, by_name.items(), strict=True):
        tables.append(_draw_ablation(axes, name, scored, told, columns))
    page.settle()
    label_pair(left, panels, pair)
    for axes in grid:
        fit_ticks(axes)
    data = stack(tables)
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _told(
    scored: Scored, board: Board | None, shared: Sequence[str], clusterer: str
) -> tuple[str, str]:
    """Say of an objective on how many datasets and seeds it stands, and whether it has a mean."""
    is_mean = "final" in scored.means
    data = shared if is_mean else list(scored.scores.get("final", ()))
    if board is None or not data:
        return "", "(–)"
    row = (scored.entry.method, scored.entry.setting, clusterer)
    cells = [board.cell("ari", one, row) for one in data]
    n = told_n(len({board.base(one) for one in data}), [cell["n_done"] for cell in cells if cell])
    return n, "" if is_mean else "(–)"


def _draw_ablation(
    axes: Axes,
    name: str,
    found: Sequence[Scored],
    told: Mapping[Entry, tuple[str, str]],
    columns: TextColumns,
) -> Any:
    """Draw, for one reconstruction, every objective with and without fine-tuning."""
    import pandas as pd

    from scinfovae.bench.records.columns import method_title

    rows: list[dict[str, Any]] = []
    by_method = {s.entry.method: s for s in found}
    for place, method in enumerate(OBJECTIVES):
        scored = by_method.get(method)
        if scored is None:
            named = {"panel": "b", "reconstruction": name, "method": method, "kind": "not run"}
            rows.append(named)
            if found:
                axes.text(0.02, place, "not run", va="center", color=MUTED)
            continue
        rows += _draw_objective(axes, place, scored)
        columns.write(axes, place, told[scored.entry])
    if found:
        columns.write_heads(axes)
    else:
        not_run(axes)
    axes.set_yticks(range(len(OBJECTIVES)), [method_title(method) for method in OBJECTIVES])
    axes.set_ylim(len(OBJECTIVES) - 0.4, -0.6)
    low = min([0.0, *(row["ari"] for row in rows if "ari" in row)])
    axes.set_xlim(low - 0.04, 1.04)
    axes.set_xlabel("ARI")
    axes.set_title(name, pad=HEAD_POINTS + 3.0)
    axes.grid(axis="x", color="#D8D8D8", linewidth=0.4)
    axes.tick_params(axis="y", length=0)
    return pd.DataFrame(rows)


def _draw_objective(axes: Axes, place: int, scored: Scored) -> list[dict[str, Any]]:
    style = look(scored.entry.method)
    rows: list[dict[str, Any]] = []
    for stage, scores in scored.scores.items():
        is_final = stage == "final"
        y = place + (0.16 if is_final else -0.16)
        face = style.colour if is_final else "white"
        axes.scatter(
            list(scores.values()), [y] * len(scores), s=3.5, color=style.colour, alpha=0.55,
            linewidth=0,
        )  # fmt: skip
        told = {"panel": "b", "label": scored.entry.label, "method": scored.entry.method}
        mean = scored.means.get(stage, math.nan)
        more = {"reconstruction": scored.reconstruction, "stage": stage, "mean": mean}
        for data, ari in scores.items():
            rows.append({**told, "kind": "measured", **more, "data": data, "ari": ari})
        if stage in scored.means:
            axes.scatter(
                mean, y, s=26, marker=style.marker, facecolor=face, edgecolor=style.colour,
                linewidth=1.0, zorder=4,
            )  # fmt: skip
    ends = [scored.means[stage] for stage in STAGES if stage in scored.means]
    if len(ends) == 2:
        axes.plot(ends, [place - 0.16, place + 0.16], color=style.colour, linewidth=0.8)
    return rows


def _notes(
    clusterer: str, shared: Sequence[str], base: Mapping[str, str], any_short: bool
) -> list[str]:
    notes = [
        f"Clusterer: {clusterer}, for all. a: mean ± sd over seeds; dots are seeds, n is their "
        "number; InfoVAE is ScInfoVAE's objective. b, by reconstruction: mean over datasets; small "
        "dots are datasets (mean over seeds); not run: on no dataset with all its seeds."
    ]
    if shared:
        n = len({base[data] for data in shared})
        notes.append(
            f"b: means over {n} dataset{'s' * (n > 1)}: {', '.join(shared)}; (–): not on all. "
            "n: datasets × seeds of each."
        )
    if any_short:
        notes.append("Runs of a short preset: a first look.")
    return notes


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
