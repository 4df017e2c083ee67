"""InfoVAE against VAE on every dataset: Supp. Fig. 9a."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.colours import OURS, look
from scinfovae.figures.embedding_grid import DATASETS
from scinfovae.figures.fitting import width_of, wrapped
from scinfovae.figures.panels import Panel
from scinfovae.figures.rows import seed_values
from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import INK, MUTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from scinfovae.figures.objectives import Scored
    from scinfovae.tables.board import Board

PAIR = (OURS, "vae")
_APART, _NUMBERS = 0.38, 1.05


def pair_panels(board: Board | None, found: Sequence[Scored]) -> list[Panel]:
    """Take the data on which one of the pair was run, else the five datasets of the paper.

    Parameters
    ----------
    board
        The cells after fine-tuning; None if there is no run.
    found
        Objectives with their reconstructions.

    Returns
    -------
    Those that were run first.
    """
    own = [s for s in found if s.entry.method in PAIR and s.reconstruction == "zinb"]
    names = {data for s in own for data in s.scores.get("final", {})}
    run = [Panel(board.base(d), d) for d in board.data if d in names] if board else []
    rest = [Panel(n, None) for n in DATASETS if n not in {panel.base for panel in run}]
    return [*run, *rest][: max(len(run), 15)]


def draw_pair(
    axes: Axes,
    panels: Sequence[Panel],
    found: Sequence[Scored],
    board: Board | None,
    clusterer: str,
) -> pd.DataFrame:
    """Draw two bars a dataset.

    Parameters
    ----------
    axes
        The panel.
    panels
        The datasets.
    found
        Objectives with their reconstructions.
    board
        The cells after fine-tuning; None if there is no run.
    clusterer
        Of both.

    Returns
    -------
    What is drawn, one row a bar.
    """
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
            x = place + (i - 0.5) * _APART
            entry = own[method].entry if method in own else None
            row = (entry.method, entry.setting, clusterer) if entry else ("", "", "")
            values = seed_values(board, "ari", panel.data, row) if entry else {}
            cell = board.cell("ari", panel.data, row)
            if entry is None or cell is None or not values:
                axes.text(x, 0.03, "not run", rotation=90, ha="center", va="bottom", color=MUTED)
                rows.append({**named, "kind": "not run", "method": method})
                continue
            _draw_bar(axes, x, method, cell, values)
            told = {"label": entry.label, "method": method, "mean": cell["mean"], "sd": cell["sd"]}
            joined = ";".join(map(repr, values.values()))
            rows.append({**named, "kind": "measured", **told, "n": len(values), "values": joined})
    axes.set_xticks(range(len(panels)), ["\n"] * len(panels))
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(panels) - 0.4)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), _NUMBERS + 0.1)
    axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.set_ylabel("ARI")
    return pd.DataFrame(rows)


def _draw_bar(
    axes: Axes, x: float, method: str, cell: Mapping[str, Any], values: Mapping[int, float]
) -> None:
    style, sd = look(method), float(cell["sd"])
    axes.bar(
        x, cell["mean"], 0.36, color=style.colour, hatch=style.hatch, edgecolor="white", linewidth=0
    )
    if np.isfinite(sd):
        axes.errorbar(x, cell["mean"], yerr=sd, color=INK, linewidth=1, capsize=1.5)
    jitter = np.linspace(-0.1, 0.1, len(values)) if len(values) > 1 else np.zeros(1)
    seeds = np.array(list(values.values()))
    axes.scatter(x + jitter, seeds, s=5, facecolor="white", edgecolor=INK, linewidth=0.45, zorder=4)


def label_pair(axes: Axes, panels: Sequence[Panel], drawn: pd.DataFrame) -> None:
    """Name the datasets, and write above every bar its number of seeds.

    Parameters
    ----------
    axes
        The panel, laid out.
    panels
        The datasets.
    drawn
        What `draw_pair` gave.
    """
    low, high = axes.get_xlim()
    pitch = width_of(axes) / (high - low)
    names = shortened([panel.title for panel in panels], 60)
    titles = ["\n".join(wrapped(name, pitch - 1.5)) for name in names]
    axes.set_xticks(range(len(panels)), titles)
    axes.text(low + 0.04, _NUMBERS, "n", ha="left", va="bottom", color=MUTED)
    places = {panel.data: place for place, panel in enumerate(panels)}
    for row in drawn[drawn["kind"] == "measured"].to_dict("records"):
        x = places[row["data"]] + (PAIR.index(row["method"]) - 0.5) * _APART
        axes.text(x, _NUMBERS, f"{row['n']:g}", ha="center", va="bottom")
