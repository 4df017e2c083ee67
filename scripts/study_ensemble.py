"""How many models the suite's own preset needs, outside the benchmark.

    python scripts/study_ensemble.py DEVELOPMENT_FOLDER --out results/study --work DIR

Ensembles of two to ten models of either kind, drawn from the twenty that study_consensus.py trained
for every set (five seeds; those missing in DIR are trained). K-means and Ward partitions of the
models drawn vote, as in the preset, which has four. ensemble.csv has a row for each of the thirty
draws of a size, ensemble.md the mean and the spread. Draws of one size share models, so their
variance is divided by the share of models not drawn (sampling without replacement). Three minutes
of one core once the models are there.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from benchmarking import markdown_table
from study_consensus import spaces_of
from study_data import SETS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SIZES = (2, 4, 8, 10)
SEEDS = range(5)
DRAWS = 30
POOL = 20  # models of a kind: four of each of five seeds


def run(dataset: str, folder: str, work: str) -> list[dict[str, Any]]:
    """Score ensembles of every size on one set."""
    import torch

    from scinfovae.methods._consensus import partitions_by
    from scinfovae.methods._consensus_members import KINDS
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig

    torch.set_num_threads(1)
    config = ConsensusConfig()
    pool: dict[str, list[list[NDArray[np.int32]]]] = {kind: [] for kind in KINDS}
    for seed in SEEDS:
        spaces = spaces_of(dataset, seed, Path(folder), Path(work))
        (y,) = spaces["labels"]
        n_clusters = int(y.max()) + 1
        for kind, partitions in pool.items():
            both = [
                partitions_by(clusterer, kind, spaces[kind], n_clusters, seed, config)
                for clusterer in ("kmeans", "ward")
            ]
            partitions += [list(pair) for pair in zip(*both, strict=True)]
    rows = ensembles(pool, y, n_clusters)
    return [{"dataset": dataset} | row for row in rows]


def ensembles(
    pool: dict[str, list[list[NDArray[np.int32]]]], y: NDArray[np.integer], n_clusters: int
) -> list[dict[str, Any]]:
    """Draw ensembles of every size from the partitions of all models, and score their votes."""
    from scinfovae.clustering.voting import cluster_vote
    from scinfovae.metrics import external_scores

    rows = []
    for size in SIZES:
        generator = np.random.default_rng(size)
        for draw in range(DRAWS):
            chosen = [
                partition
                for models in pool.values()
                for place in generator.choice(len(models), size, replace=False)
                for partition in models[place]
            ]
            scores = external_scores(y, cluster_vote(np.stack(chosen), n_clusters).labels)
            told = {metric: round(float(scores[metric]), 5) for metric in ("ari", "nmi")}
            rows.append({"models": size, "draw": draw} | told)
    return rows


def table(frame: pd.DataFrame) -> str:
    """Write the mean ARI of every size and its coefficient of variation.

    Parameters
    ----------
    frame
        One row for each set, size and draw.
    """
    grouped = frame.groupby(["models", "dataset"])["ari"]
    means = grouped.mean().unstack()[[name for name in SETS if name in set(frame["dataset"])]]
    spread = grouped.std().unstack()[means.columns]
    kept = np.sqrt([1 - size / POOL for size in means.index])
    cv = spread.div(kept, axis=0) / means
    lines = [
        f"ARI of the vote, mean of {DRAWS} ensembles drawn from {POOL} models of either kind, and",
        "sd by mean (CV), the variance divided by the share of models not drawn.",
    ]
    for title, values in (("ARI", means), ("CV", cv)):
        rows = [
            {f"{title}, models of either kind": str(size)}
            | {name: f"{value:.3f}" for name, value in row.items()}
            | {"mean": f"{row.mean():.3f}"}
            for size, row in values.iterrows()
        ]
        lines += ["", *markdown_table(rows, list(rows[0]))]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Score all sets, and write the table."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    for folder in (arguments.out, arguments.work):
        folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(run, name, str(arguments.folder), str(arguments.work)) for name in SETS]
        frame = pd.DataFrame([row for job in jobs for row in job.result()])
    frame.to_csv(arguments.out / "ensemble.csv", index=False)
    (arguments.out / "ensemble.md").write_text(table(frame))


if __name__ == "__main__":
    main()
