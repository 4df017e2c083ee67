"""Compare the suite's own preset with its members, PCA and Leiden, outside the benchmark.

    python scripts/study_consensus.py DEVELOPMENT_FOLDER --out results/study --seeds 2

Every set of study_data.py, complete, on the 500 genes of the default preprocessing. Rows are added
to consensus.csv as runs end, and repeating the command does what is missing; consensus.md has the
means over seeds. Three to six minutes of one core for a set and a seed.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from study_data import SETS, prepared_set

ENTRIES = ("own", "embedding", "members", "best member", "PCA-50", "Leiden")
COLUMNS = ["dataset", "seed", "entry", "ari", "nmi", "agreement", "collapsed", "seconds"]


def run(dataset: str, seed: int, folder: str) -> list[dict[str, Any]]:
    """Fit one set with one seed, and score what comes of it with K-means and by itself."""
    import torch

    from scinfovae.clustering import cluster
    from scinfovae.data.preprocessing import pca_space
    from scinfovae.methods import METHODS, create
    from scinfovae.metrics import external_scores

    torch.set_num_threads(1)
    prepared, labels = prepared_set(dataset, Path(folder), "seurat")
    n_clusters = len(np.unique(labels))
    info = METHODS["scinfovae_consensus"]
    method = create(info, info.config_class())
    started = time.perf_counter()
    (result,) = method.fit(
        prepared, n_clusters=n_clusters, seeds=[seed], device="cpu", progress=lambda *_: None
    )
    seconds = round(time.perf_counter() - started)
    space = pca_space(prepared)

    def scores(found: Any) -> tuple[float, float]:
        told = external_scores(labels, found)
        return told["ari"], told["nmi"]

    def kmeans(points: np.ndarray) -> np.ndarray:
        return cluster("kmeans", points, n_clusters, seed).labels

    members = np.array([scores(partition) for partition in result.members])
    found = {
        "own": scores(result.own_labels),
        "embedding": scores(kmeans(result.stages["final"])),
        "members": members.mean(axis=0),
        "best member": members.max(axis=0),
        "PCA-50": scores(kmeans(space)),
        "Leiden": scores(cluster("leiden", space, n_clusters, seed).labels),
    }
    told = {key: result.diagnostics["final"][key] for key in ("agreement", "collapsed")}
    common = {"dataset": dataset, "seed": seed, "seconds": seconds} | told
    return [
        common | {"entry": entry, "ari": round(float(ari), 5), "nmi": round(float(nmi), 5)}
        for entry, (ari, nmi) in found.items()
    ]


def table(file: Path) -> str:
    """Write ARI and NMI of every set, means over seeds, and the mean over sets."""
    import pandas as pd

    frame = pd.read_csv(file)
    lines = []
    for metric in ("ari", "nmi"):
        means = frame.pivot_table(index="entry", columns="dataset", values=metric)
        means = means.loc[list(ENTRIES), [name for name in SETS if name in means]]
        lines += [
            f"{metric.upper()}, means over {frame['seed'].nunique()} seeds:",
            "",
            f"| | {' | '.join(means.columns)} | mean |",
            "|---" * (means.shape[1] + 2) + "|",
            *(
                f"| {entry} | {' | '.join(f'{v:.3f}' for v in row)} | {row.mean():.3f} |"
                for entry, row in means.iterrows()
            ),
            "",
        ]
    own = frame[frame["entry"] == "own"].groupby("dataset")
    spread = own["ari"].std() / own["ari"].mean()
    lines.append(f"CV of the ARI of `own` over seeds, mean over sets: {spread.mean():.3f}.")
    lines.append(f"Runs flagged as collapsed: {int(own['collapsed'].sum().sum())}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "consensus.csv"
    rows = list(csv.DictReader(file.open(newline=""))) if file.exists() else []
    done = {(row["dataset"], int(row["seed"])) for row in rows}
    asked = [(name, seed) for seed in range(arguments.seeds) for name in SETS]
    pool = ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn"))
    with pool, file.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        if not file.stat().st_size:
            writer.writeheader()
        folder = str(arguments.folder)
        jobs = [pool.submit(run, *job, folder) for job in asked if job not in done]
        for job in as_completed(jobs):
            writer.writerows(job.result())
            stream.flush()
            print(*(f"{r['dataset']} {r['entry']} {r['ari']};" for r in job.result()), flush=True)
    (arguments.out / "consensus.md").write_text(table(file))


if __name__ == "__main__":
    main()
