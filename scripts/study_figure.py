"""Draw the trajectories of the study: K-means ARI, held-out loss and active units against steps.

    python scripts/study_figure.py results/study

Reads trajectories.csv in that folder and writes trajectories.png and trajectories.pdf beside it:
a column for each set that all drawn settings have, a line for each setting, with the mean weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("agg")
import pandas as pd
from matplotlib import pyplot
from study import RUNGS, SETTINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7", "#999999")
MARKERS = ("", "o", "s", "^")  # where the colours come round again
MEASURES = {
    "kmeans_ari": "K-means ARI",
    "held_out": "held-out loss (nats per cell)",
    "active_units": "active units",
}


def draw(rows: pd.DataFrame, weights: str = "mean") -> Figure:
    """Draw every setting that all sets of the screen have.

    Parameters
    ----------
    rows
        The table of the study.
    weights
        Those of the moment (``"last"``) or their moving average (``"mean"``).
    """
    n_steps, _, sets, _ = RUNGS["screen"]
    rows = rows[(rows["n_steps"] == n_steps) & (rows["seed"] == 0) & (rows["weights"] == weights)]
    counted = rows[rows["dataset"].isin(sets)].groupby("setting")["dataset"].nunique()
    names = [name for name in SETTINGS if counted.get(name, 0) == len(sets)]
    figure, grid = pyplot.subplots(
        len(MEASURES), len(sets), figsize=(11, 7.5), sharex=True, layout="constrained"
    )
    looks = sorted(rows["step"].unique())
    small = [name for name in names if "hidden" in SETTINGS[name]]
    for column, dataset in enumerate(sets):
        for panel, (measure, label) in zip(grid[:, column], MEASURES.items(), strict=True):
            for kind, style in ((small, "-"), ([n for n in names if n not in small], "--")):
                for place, name in enumerate(kind):
                    again, colour = divmod(place, len(COLOURS))
                    if measure == "held_out" and SETTINGS[name].get("likelihood") == "mse":
                        continue  # another unit
                    own = rows[(rows["setting"] == name) & (rows["dataset"] == dataset)]
                    line = {"color": COLOURS[colour], "linestyle": style, "linewidth": 1.3}
                    line |= {"marker": MARKERS[again], "markersize": 4}
                    panel.plot(own["step"], own[measure], label=name, **line)
            panel.set_xscale("log")
            panel.set_xticks(looks, [str(look) for look in looks])
            panel.minorticks_off()
            panel.tick_params(labelsize=8)
            panel.grid(color="#dddddd", linewidth=0.5)
            if column == 0:
                panel.set_ylabel(label, fontsize=9)
        grid[0, column].set_title(dataset, fontsize=10)
        grid[-1, column].set_xlabel("optimiser steps", fontsize=9)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    title = f"weights: {weights}; full lines: one hidden layer of 128, dashed: the paper's network"
    figure.legend(
        handles, labels, loc="outside lower center", ncols=5, fontsize=8, frameon=False, title=title
    )
    return figure


def main() -> None:
    """Read the table and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    figure = draw(pd.read_csv(folder / "trajectories.csv"))
    for suffix in ("png", "pdf"):
        figure.savefig(folder / f"trajectories.{suffix}", dpi=150)


if __name__ == "__main__":
    main()
