r"""Study what keeps the embedding through a long training, on data outside the benchmark.

    python scripts/study.py DEVELOPMENT_FOLDER --rung screen --out results/study --work DIR
    python scripts/study.py DEVELOPMENT_FOLDER --rung final --out results/study --work DIR

Every trajectory has 14 000 optimiser steps of pretraining whatever the number of cells, and is
looked at on its way, with the weights of the moment and with their moving average. `screen` changes
one choice of `preset=paper` at a time (study_settings.py): one seed, four sets. `final` takes the
best six of the screen, the preset as it is always among them, through three seeds on six sets.
Only development and simulated data are read. Rows are added to trajectories.csv as trainings end;
repeating the command does what is missing, and writes trajectories.md of what is there. The
clusters of every look are kept in DIR, for the agreement between seeds. Four to five minutes of one
core for the paper's network.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from study_data import SETS, prepared_set
from study_settings import SETTINGS
from study_tables import KEY, SCORES, agreement, finalists, summary

N_STEPS = 14_000
LOOKS = (500, 1000, 2000, 4000, 6000, 8000, 10_000, 12_000, N_STEPS)
# the preset's 200 of 600 epochs
WARMUP_STEPS = N_STEPS // 3
SCREEN_SETS = ["baron_mouse1", "simulated_uneven", "paul15", "simulated_even"]
TOLD = ["active_units", "mutual_information", "kl", "held_out", "collapsed"]
COLUMNS = [*KEY, "step", "weights", "seconds", *TOLD, *SCORES, "changes"]
Job = tuple[str, str, int]


def trajectory(job: Job, folder: str, work: str, device: str) -> list[dict[str, Any]]:
    """Train one setting on one set, and score its embedding on the way."""
    import torch

    from scinfovae.model import ModelConfig, PretrainConfig
    from scinfovae.model.cells import TrainingData
    from scinfovae.model.stack import Stack, Weights

    name, dataset, seed = job
    chosen = dict(SETTINGS[name])
    schedule = chosen.pop("schedule", "constant")
    prepared, labels = prepared_set(dataset, Path(folder), chosen.pop("hvg_flavor", "seurat"))
    torch.set_num_threads(1)
    config = ModelConfig(**chosen)
    data = TrainingData.from_arrays(
        prepared.scaled, prepared.counts, prepared.size_factors, device=torch.device(device)
    )
    stack = Stack(data, config, [seed])
    per_epoch = math.ceil(stack.trained.shape[1] / config.batch_size)
    epochs = math.ceil(N_STEPS / per_epoch)
    stack.start_stage("pretrain", PretrainConfig(epochs, schedule=schedule))
    rows: list[dict[str, Any]] = []
    seconds, looks, clusters = 0.0, list(LOOKS), {}
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        rise = min(1.0, epoch * per_epoch / WARMUP_STEPS)
        stack.run_epoch(Weights(rise * config.kl_weight, rise * config.divergence_weight))
        seconds += time.perf_counter() - started
        if stack.failures:
            return [*rows, {"step": epoch * per_epoch, "weights": "failed"}]
        if epoch * per_epoch < looks[0]:
            continue
        at = {"step": looks.pop(0), "seconds": round(seconds, 1)}
        for weights in ("last", "mean"):
            row, found = look(stack, labels, seed, weights)
            rows.append(at | {"weights": weights} | row)
            clusters[f"{at['step']} {weights}"] = found.astype(np.int16)
    np.savez_compressed(clusters_path(Path(work), job), **clusters)
    return rows


def look(
    stack: Any, labels: np.ndarray, seed: int, weights: str
) -> tuple[dict[str, Any], np.ndarray]:
    """Describe the posterior and score its clusters; give those of K-means, too."""
    from contextlib import nullcontext

    from scinfovae.clustering import cluster
    from scinfovae.metrics import external_scores

    with stack.average.in_place() if weights == "mean" else nullcontext():
        mean, log_variance = stack.embed()
        described = {key: value[0] for key, value in stack.describe(mean, log_variance).items()}
    row = {name: described[name] for name in TOLD}
    embedding, n_clusters = mean[0].cpu().numpy(), len(np.unique(labels))
    found = {c: cluster(c, embedding, n_clusters, seed).labels for c in ("kmeans", "spectral")}
    for clusterer, own in found.items():
        scores = external_scores(labels, own)
        row |= {f"{clusterer}_{metric}": scores[metric] for metric in ("ari", "nmi")}
    row = {k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()}
    return row, found["kmeans"]


def clusters_path(work: Path, job: Job) -> Path:
    """Name the file of the clusters of one trajectory."""
    name, dataset, seed = job
    return work / f"{dataset}_{name.replace(' ', '-')}_seed{seed}.npz"


def rows_of(table: Path) -> list[dict[str, str]]:
    """Read what is in the table."""
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def append(table: Path, rows: list[dict[str, Any]]) -> None:
    """Add the rows of one trajectory to the table."""
    new = not table.exists()
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerows(rows)


def asked(rung: str, rows: list[dict[str, str]]) -> list[Job]:
    """List the trajectories of a rung; the second needs the whole of the first."""
    screen = [(name, dataset, 0) for name in SETTINGS for dataset in SCREEN_SETS]
    if rung == "screen":
        return screen
    done = {(row["setting"], row["dataset"], int(row["seed"])) for row in rows}
    if missing := len(set(screen) - done):
        raise SystemExit(f"{missing} trajectories of the screen are missing: complete it first.")
    names = finalists(rows, SCREEN_SETS, N_STEPS)
    return [(name, dataset, seed) for seed in range(3) for name in names for dataset in SETS]


def main() -> None:
    """Run what a rung lacks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rung", choices=("screen", "final"), default="screen")
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    for folder in (arguments.out, arguments.work):
        folder.mkdir(parents=True, exist_ok=True)
    table = arguments.out / "trajectories.csv"
    wanted = asked(arguments.rung, rows_of(table))
    done = {(row["setting"], row["dataset"], int(row["seed"])) for row in rows_of(table)}
    jobs = [job for job in wanted if job not in done]
    print(f"{len(wanted) - len(jobs)} of {len(wanted)} trajectories are there.", flush=True)
    pool = ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn"))
    with pool:
        folder, work = str(arguments.folder), str(arguments.work)
        futures = {pool.submit(trajectory, j, folder, work, arguments.device): j for j in jobs}
        for future in as_completed(futures):
            job, rows = futures[future], future.result()
            common = dict(zip(KEY, job, strict=True)) | {"changes": json.dumps(SETTINGS[job[0]])}
            append(table, [common | row for row in rows])
            last = rows[-1]
            print(*job, {k: last.get(k) for k in ("kmeans_ari", "spectral_ari")}, flush=True)
    rows = rows_of(table)
    (arguments.out / "trajectories.md").write_text(summary(rows, SCREEN_SETS, list(SETS), N_STEPS))
    if arguments.rung == "final":
        stored = {job: clusters_path(arguments.work, job) for job in wanted}
        agreement(stored).to_csv(arguments.out / "agreement.csv", index=False)


if __name__ == "__main__":
    main()
