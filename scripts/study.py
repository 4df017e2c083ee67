r"""Study what keeps the embedding through a long training, on data outside the benchmark.

    python scripts/study.py DEVELOPMENT_FOLDER --rung screen --out results/study
    python scripts/study.py DEVELOPMENT_FOLDER --rung final --out results/study

Every trajectory has 14 000 optimiser steps of pretraining whatever the number of cells, and is
looked at on its way, with the weights of the moment and with their moving average. `screen` changes
one choice of `preset=paper` at a time (study_settings.py): one seed, four sets. `final` takes the
best six of the screen, the preset as it is always among them, through three seeds on six sets.
Only development and simulated data are read. Rows are added to trajectories.csv as trainings end;
repeating the command does what is missing, and writes trajectories.md of what is there. Seeds that
are missing together share a stack on a GPU, and only seeds trained by one command are compared with
each other. On a CPU a seed takes four to five minutes of one core for the paper's network.
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
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from study_data import SETS, prepared_set
from study_settings import SETTINGS, START
from study_tables import SCORES, agreement, finalists, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.model import ModelConfig
    from scinfovae.model.cells import TrainingData
    from scinfovae.model.stack import Stack

N_STEPS = 14_000
LOOKS = (500, 1000, 2000, 4000, 6000, 8000, 10_000, 12_000, N_STEPS)
# the preset's 200 of 600 epochs
WARMUP_STEPS = N_STEPS // 3
SCREEN_SETS = ["baron_mouse1", "simulated_uneven", "paul15", "simulated_even"]
SEEDS = {"screen": range(1), "final": range(3)}
TOLD = ["active_units", "mutual_information", "kl", "held_out", "collapsed"]
COLUMNS = [
    *("setting", "dataset", "seed", "step", "weights", "device", "seconds"),
    *(*TOLD, *SCORES, "agreement", "changes"),
]
Job = tuple[str, str, tuple[int, ...]]
Rows = list[dict[str, Any]]


def trajectories(job: Job, folder: str, device: str) -> Rows:
    """Train seeds of one setting on one set, and score their embeddings on the way."""
    import torch

    from scinfovae.model import ModelConfig
    from scinfovae.model.cells import TrainingData
    from scinfovae.model.device import resolve_device

    name, dataset, asked_for = job
    chosen = START | SETTINGS[name]
    schedule = chosen.pop("schedule", "constant")
    prepared, labels = prepared_set(dataset, Path(folder), chosen.pop("hvg_flavor", "seurat"))
    torch.set_num_threads(1)
    config, where = ModelConfig(**chosen), resolve_device(device)
    data = TrainingData.from_arrays(
        prepared.scaled, prepared.counts, prepared.size_factors, device=where
    )
    on_gpu = where.type == "cuda"
    rows: Rows = []
    clusters: dict[tuple[int, str], list[np.ndarray]] = {}
    for seeds in [asked_for] if on_gpu else [(seed,) for seed in asked_for]:
        rows += train_stack(data, config, schedule, seeds, labels, clusters)
    agreed = {look: agreement(found) for look, found in clusters.items()}
    common = {"setting": name, "dataset": dataset, "changes": json.dumps(SETTINGS[name])}
    common["device"] = torch.cuda.get_device_name() if on_gpu else "cpu"
    return [common | row | {"agreement": agreed.get((row["step"], row["weights"]))} for row in rows]


def train_stack(
    data: TrainingData,
    config: ModelConfig,
    schedule: str,
    seeds: Sequence[int],
    labels: np.ndarray,
    clusters: dict[tuple[int, str], list[np.ndarray]],
) -> Rows:
    """Take a stack of seeds to the end; the K-means clusters of each look are added to `clusters`.

    A seed that leaves the finite numbers has a row that says where.
    """
    from scinfovae.model import PretrainConfig
    from scinfovae.model.stack import Stack, Weights

    stack = Stack(data, config, seeds)
    per_epoch = math.ceil(stack.trained.shape[1] / config.batch_size)
    epochs = math.ceil(N_STEPS / per_epoch)
    stack.start_stage("pretrain", PretrainConfig(epochs, schedule=schedule))  # type: ignore[arg-type]  # of study_settings.py
    rows: Rows = []
    seconds, looks = 0.0, list(LOOKS)
    failed: set[int] = set()
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        rise = min(1.0, epoch * per_epoch / WARMUP_STEPS)
        stack.run_epoch(Weights(rise * config.kl_weight, rise * config.divergence_weight))
        seconds += time.perf_counter() - started
        for place in set(stack.failures) - failed:
            rows.append({"seed": seeds[place], "step": epoch * per_epoch, "weights": "failed"})
            failed.add(place)
        if epoch * per_epoch < looks[0]:
            continue
        step = looks.pop(0)
        for weights in ("last", "mean"):
            for place, (row, found) in look(stack, labels, weights).items():
                at = {"seed": seeds[place], "step": step, "weights": weights}
                rows.append(at | {"seconds": round(seconds, 1)} | row)
                clusters.setdefault((step, weights), []).append(found)
    return rows


def look(
    stack: Stack, labels: np.ndarray, weights: str
) -> dict[int, tuple[dict[str, Any], np.ndarray]]:
    """Describe each posterior and score its clusters; by place in the stack."""
    from contextlib import nullcontext

    from scinfovae.clustering import cluster
    from scinfovae.metrics import external_scores

    with stack.average.in_place() if weights == "mean" else nullcontext():
        means, log_variances = stack.embed()
        described = stack.describe(means, log_variances)
    seen, n_clusters = {}, len(np.unique(labels))
    for place in stack.running():
        embedding, seed = means[place].cpu().numpy(), stack.seeds[place]
        row: dict[str, Any] = {name: described[name][place] for name in TOLD}
        found = {c: cluster(c, embedding, n_clusters, seed).labels for c in ("kmeans", "spectral")}
        for clusterer, own in found.items():
            scores = external_scores(labels, own)
            row |= {f"{clusterer}_{metric}": scores[metric] for metric in ("ari", "nmi")}
        row = {k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()}
        seen[place] = row, found["kmeans"]
    return seen


def rows_of(table: Path) -> list[dict[str, str]]:
    """Read what is in the table."""
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def append(table: Path, rows: Rows) -> None:
    """Add the rows of one setting on one set to the table."""
    new = not table.exists()
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerows(rows)


def missing(rung: str, rows: list[dict[str, str]]) -> list[Job]:
    """List what a rung still needs; the second begins when the first is whole."""
    done = {(row["setting"], row["dataset"], int(row["seed"])) for row in rows}
    screen = _missing(list(SETTINGS), SCREEN_SETS, SEEDS["screen"], done)
    if rung == "screen":
        return screen
    if screen:
        raise SystemExit(
            f"{len(screen)} trajectories of the screen are missing: complete it first."
        )
    names = finalists(rows, SCREEN_SETS, SEEDS["screen"], N_STEPS)
    return _missing(names, list(SETS), SEEDS["final"], done)


def _missing(
    names: Sequence[str],
    sets: Sequence[str],
    seeds: Sequence[int],
    done: set[tuple[str, str, int]],
) -> list[Job]:
    jobs = [
        (name, dataset, tuple(seed for seed in seeds if (name, dataset, seed) not in done))
        for name in names
        for dataset in sets
    ]
    return [job for job in jobs if job[2]]


def main() -> None:
    """Run what a rung lacks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rung", choices=("screen", "final"), default="screen")
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing after them")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    table, started = arguments.out / "trajectories.csv", time.monotonic()
    jobs = missing(arguments.rung, rows_of(table))
    print(f"{sum(len(seeds) for _, _, seeds in jobs)} trajectories to do.", flush=True)
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        futures = {
            pool.submit(trajectories, job, str(arguments.folder), arguments.device): job
            for job in jobs
        }
        for future in as_completed(futures):
            if time.monotonic() - started > 60 * arguments.minutes:
                for other in futures:
                    other.cancel()
            if future.cancelled():
                continue
            append(table, found := future.result())
            last = found[-1]
            print(*futures[future], {k: last.get(k) for k in ("seconds", "kmeans_ari")}, flush=True)
    rungs = {"screen": (SCREEN_SETS, SEEDS["screen"]), "final": (list(SETS), SEEDS["final"])}
    text = summary(rows_of(table), rungs, N_STEPS)
    (arguments.out / "trajectories.md").write_text(text)


if __name__ == "__main__":
    main()
