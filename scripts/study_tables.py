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

    from numpy.typing import NDArray

KEY = ["setting", "dataset", "seed"]
SCORES = [f"{c}_{m}" for c in ("kmeans", "spectral") for m in ("ari", "nmi")]
ENTRY = ["setting", "weights"]
N_FINALISTS = 6


def numbers(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Turn what was read from the table into numbers."""
    frame = pd.DataFrame(rows)
    for column in ("seed", "step", *SCORES, "active_units", "held_out", "agreement"):
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


def finalists(
    rows: Sequence[Mapping[str, str]], sets: Sequence[str], seeds: Sequence[int], n_steps: int
) -> list[str]:
    """Name the six settings of the second rung: the best of the paper's network, and the preset's.

    Parameters
    ----------
    rows
        The table of the study.
    sets, seeds
        Those of the screen.
    n_steps
        Where trajectories end.
    """
    frame = whole(numbers(rows), sets, seeds)
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
                "agreement": ""
                if end["agreement"].isna().all()
                else f"{end.groupby('dataset')['agreement'].mean().mean():.2f}",
                "last / best": f"{kept_share(own, n_steps):.2f}",
            }
        )
    return markdown_table(lines, list(lines[0])) if lines else ["None is complete."]


def summary(
    rows: Sequence[Mapping[str, str]],
    rungs: Mapping[str, tuple[Sequence[str], Sequence[int]]],
    n_steps: int,
) -> str:
    """Rank what the rungs have, complete settings only.

    Parameters
    ----------
    rows
        The table of the study.
    rungs
        Their sets and seeds, by name.
    n_steps
        Where trajectories end.
    """
    frame = numbers(rows)
    failed = sorted(set(frame.loc[frame["weights"] == "failed", "setting"]))
    lines = [
        f"K-means and spectral clustering after {n_steps} steps, means over seeds and sets;",
        "`rank`: mean of the ranks in ARI and NMI of both on every set; `weights`: of the moment,",
        "or their moving average; `agreement`: ARI between K-means clusters of two seeds trained",
        "together; `last / best`: K-means ARI at the end over the best on the way, worst training.",
    ]
    for name, (sets, seeds) in rungs.items():
        complete = whole(frame, sets, seeds)
        lines += [
            "",
            f"## {name}",
            "",
            f"{complete['setting'].nunique()} of {len(SETTINGS)} settings are complete on "
            f"{', '.join(sets)}, {len(seeds)} seed{'s' * (len(seeds) > 1)}:",
            "",
            *ranked_table(complete, n_steps),
        ]
    if failed:
        lines += ["", f"Left the finite numbers at least once: {', '.join(failed)}."]
    return "\n".join(lines) + "\n"


def agreement(clusters: Sequence[NDArray[np.integer]]) -> float | None:
    """Give the mean ARI between each two partitions, or None for a single one.

    Parameters
    ----------
    clusters
        Arrays of shape (n_cells,), one a seed.
    """
    from sklearn.metrics import adjusted_rand_score

    pairs = [adjusted_rand_score(a, b) for a, b in combinations(clusters, 2)]
    return round(float(np.mean(pairs)), 5) if pairs else None
