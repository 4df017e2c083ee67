"""Rank the settings of the study, and compare the clusters of its seeds."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from benchmarking import markdown_table
from study_settings import BASE, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEY = ["setting", "dataset", "seed"]
SCORES = [f"{c}_{m}" for c in ("kmeans", "spectral") for m in ("ari", "nmi")]
ENTRY = ["setting", "weights"]
N_FINALISTS = 6


def numbers(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Turn what was read from the table into numbers."""
    frame = pd.DataFrame(rows)
    for column in ("seed", "step", *SCORES, "active_units", "held_out"):
        frame[column] = pd.to_numeric(frame[column])
    return frame


def whole(frame: pd.DataFrame, sets: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """Keep the settings that every set has with every seed; a failed training counts as there."""
    own = frame[frame["dataset"].isin(sets) & frame["seed"].isin(seeds)]
    counted = own.drop_duplicates(KEY).groupby("setting").size()
    complete = counted.index[counted == len(sets) * len(seeds)]
    return own[own["setting"].isin(complete)]


def ranks(frame: pd.DataFrame, n_steps: int) -> pd.Series:
    """Rank settings with either kind of weights by their scores at the end.

    Parameters
    ----------
    frame
        Looks at settings that all have the same sets and seeds.
    n_steps
        The end.

    Returns
    -------
    Mean rank in ARI and NMI of K-means and of spectral clustering over the sets, smallest first; a
    setting one of whose trainings failed has none.
    """
    end = frame[frame["step"] == n_steps]
    means = end.groupby([*ENTRY, "dataset"])[SCORES].mean()
    counted = means.groupby(ENTRY).size()
    kept = counted.index[counted == frame["dataset"].nunique()]
    means = means[means.index.droplevel("dataset").isin(kept)]
    ranked = means.groupby("dataset").rank(ascending=False)
    return ranked.groupby(ENTRY).mean().mean(axis=1).sort_values(kind="stable")


def finalists(rows: Sequence[Mapping[str, str]], sets: Sequence[str], n_steps: int) -> list[str]:
    """Name the six settings of the second rung: the best of the paper's network, and the preset's.

    Parameters
    ----------
    rows
        The table of the study.
    sets
        Those of the screen.
    n_steps
        Where trajectories end.
    """
    frame = whole(numbers(rows), sets, [0])
    paper = [name for name in SETTINGS if "hidden" not in SETTINGS[name]]
    order = ranks(frame[frame["setting"].isin(paper)], n_steps).index.get_level_values("setting")
    best = list(dict.fromkeys(order))[:N_FINALISTS]
    return best if BASE in best else [*best[:-1], BASE]


def kept_share(own: pd.DataFrame, n_steps: int) -> float:
    """Give the smallest K-means ARI at the end over the best on the way, of all trainings."""
    runs = own.groupby(["dataset", "seed"])["kmeans_ari"]
    end = own[own["step"] == n_steps].set_index(["dataset", "seed"])["kmeans_ari"]
    return float((end / runs.max()).min())


def ranked_table(frame: pd.DataFrame, n_steps: int) -> list[str]:
    """Write the ranks with the mean scores behind them."""
    lines: list[dict[str, str]] = []
    ranked = ranks(frame, n_steps)
    for (name, weights), rank in zip(ranked.index, ranked, strict=True):
        own = frame[(frame["setting"] == name) & (frame["weights"] == weights)]
        end = own[own["step"] == n_steps]
        scores = {column: f"{value:.3f}" for column, value in end[SCORES].mean().items()}
        lines.append(
            {"setting": name, "weights": weights, "rank": f"{rank:.2f}"}
            | scores
            | {
                "active": f"{end['active_units'].mean():.1f}",
                "collapsed": f"{(end['collapsed'].astype(str) == 'True').sum()}",
                "last / best": f"{kept_share(own, n_steps):.2f}",
            }
        )
    return markdown_table(lines, list(lines[0])) if lines else ["None is complete."]


def summary(
    rows: Sequence[Mapping[str, str]],
    screen_sets: Sequence[str],
    final_sets: Sequence[str],
    n_steps: int,
) -> str:
    """Rank what both rungs have, complete settings only.

    Parameters
    ----------
    rows
        The table of the study.
    screen_sets, final_sets
        The sets of the rungs.
    n_steps
        Where trajectories end.
    """
    frame = numbers(rows)
    screen = whole(frame, screen_sets, [0])
    final = whole(frame, final_sets, range(3))
    failed = sorted(set(frame.loc[frame["weights"] == "failed", "setting"]))
    lines = [
        f"K-means and spectral clustering after {n_steps} steps, means over sets; `rank`: mean of",
        "the ranks in ARI and NMI of both on every set; `weights`: of the moment, or their moving",
        "average; `last / best`: K-means ARI at the end over the best on the way, worst training.",
        "",
        f"{screen['setting'].nunique()} of {len(SETTINGS)} settings are complete on "
        f"{', '.join(screen_sets)}, one seed:",
        "",
        *ranked_table(screen, n_steps),
        "",
        f"{final['setting'].nunique()} settings have three seeds on {', '.join(final_sets)}:",
        "",
        *ranked_table(final, n_steps),
    ]
    if failed:
        lines += ["", f"Left the finite numbers at least once: {', '.join(failed)}."]
    return "\n".join(lines) + "\n"


def agreement(stored: Mapping[tuple[str, str, int], Path]) -> pd.DataFrame:
    """Compare the K-means clusters of each two seeds at every look.

    Parameters
    ----------
    stored
        The files of clusters by setting, set and seed.

    Returns
    -------
    Table with one row a setting, set and look: the mean ARI between two seeds.
    """
    from sklearn.metrics import adjusted_rand_score

    table = []
    for name, dataset in dict.fromkeys((n, d) for n, d, _ in stored):
        files = [p for (n, d, _), p in stored.items() if (n, d) == (name, dataset) and p.exists()]
        runs = [np.load(file) for file in files]
        for key in runs[0].files if len(runs) > 1 else []:
            step, weights = key.split()
            pairs = [adjusted_rand_score(a[key], b[key]) for a, b in combinations(runs, 2)]
            row = {"setting": name, "dataset": dataset, "step": int(step), "weights": weights}
            table.append(row | {"pairs": len(pairs), "agreement": round(float(np.mean(pairs)), 5)})
    return pd.DataFrame(
        table, columns=["setting", "dataset", "step", "weights", "pairs", "agreement"]
    )
