"""Draw the trajectories of the study: scores, held-out loss and active units against steps.

    python scripts/study_figure.py results/study

Reads trajectories.csv in that folder and writes trajectories_GROUP.png and .pdf beside it, one for
each group of study_settings.py, and trajectories_final.png and .pdf for the settings that all six
sets have: a column for each set, a line for each setting, the preset as it is in black. Lines are
means over seeds of the averaged weights (dotted: of the moment) with the range of the seeds. The
held-out loss of other genes is left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("agg")
import pandas as pd
from matplotlib import pyplot
from matplotlib.ticker import MaxNLocator
from study import N_STEPS, SCREEN_SETS, SEEDS
from study_data import SETS
from study_settings import BASE, GROUPS, SETTINGS
from study_tables import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7")
MEASURES = {
    "kmeans_ari": "K-means ARI",
    "spectral_ari": "spectral ARI",
    "held_out": "held-out loss\n(nats per cell)",
    "active_units": "active units",
}


def draw(
    rows: pd.DataFrame, names: Sequence[str], sets: Sequence[str], measures: dict[str, str]
) -> Figure:
    """Draw settings, one column a set and one row a measure.

    Parameters
    ----------
    rows
        Looks at trajectories; those of several seeds are shown as their mean and range.
    names
        Settings to draw.
    sets
        Data to draw.
    measures
        Columns of `rows` and what to call them.
    """
    figure, grid = pyplot.subplots(
        len(measures),
        len(sets),
        figsize=(2.4 * len(sets) + 1, 1.7 * len(measures) + 1),
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    for dataset, panels in zip(sets, grid.T, strict=True):
        panels[0].set_title(dataset, fontsize=9)
        panels[-1].set_xlabel("optimiser steps", fontsize=8)
        for panel, measure in zip(panels, measures, strict=True):
            own = rows[rows["dataset"] == dataset].dropna(subset=[measure])
            for place, name in enumerate(names):
                colour = "black" if name == BASE else COLOURS[place % len(COLOURS)]
                _line(panel, own[own["setting"] == name], measure, name, colour)
            panel.set_xlim(0, 1.02 * N_STEPS)
            if measure == "active_units":
                panel.set_ylim(0, 1.05 * panel.get_ylim()[1])
                panel.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
            panel.tick_params(labelsize=7)
            panel.grid(color="#dddddd", linewidth=0.5)
    for panel, label in zip(grid[:, 0], measures.values(), strict=True):
        panel.set_ylabel(label, fontsize=8)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _line(panel: Axes, own: pd.DataFrame, measure: str, name: str, colour: str) -> None:
    """Draw one setting: averaged weights in full, with the range over seeds, the last dotted."""
    if measure == "held_out" and "hvg_flavor" in SETTINGS[name]:
        return  # the loss of other genes
    for weights, style, width in (("mean", "-", 1.4), ("last", ":", 0.9)):
        seeds = own[own["weights"] == weights].groupby("step")[measure]
        mean = seeds.mean()
        label = name if weights == "mean" else None
        panel.plot(mean.index, mean, style, color=colour, linewidth=width, label=label)
        if weights == "mean":
            panel.fill_between(
                mean.index, seeds.min(), seeds.max(), color=colour, alpha=0.15, linewidth=0
            )


def figures(folder: Path) -> dict[str, Figure]:
    """Draw what is complete: settings by group, and the second rung."""
    rows = pd.read_csv(folder / "trajectories.csv")
    screen = whole(rows, SCREEN_SETS, SEEDS["screen"])
    final = whole(rows, list(SETS), SEEDS["final"])
    drawn = {}
    for group, settings in GROUPS.items():
        names = [name for name in (BASE, *settings) if name in set(screen["setting"])]
        if set(names) - {BASE}:
            kind = group.replace(" ", "_")
            drawn[kind] = draw(screen, names, SCREEN_SETS, MEASURES)
    if not final.empty:
        names = [name for name in SETTINGS if name in set(final["setting"])]
        measures = {**MEASURES, "agreement": "ARI between\ntwo seeds"}
        drawn["final"] = draw(final, names, list(SETS), measures)
    return drawn


def main() -> None:
    """Read the table and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, figure in figures(folder).items():
        for suffix in ("png", "pdf"):
            figure.savefig(folder / f"trajectories_{name}.{suffix}", dpi=150)


if __name__ == "__main__":
    main()
