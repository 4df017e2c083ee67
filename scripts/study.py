r"""Study what keeps the embedding through a long training, on data outside the benchmark.

    python scripts/study.py DEVELOPMENT_FOLDER --rung screen --out results/study --work DIR
    python scripts/study.py DEVELOPMENT_FOLDER --rung final --out results/study --work DIR

`screen` changes one choice of BASE at a time: one seed, 4000 optimiser steps, four sets. `final`
takes the settings of FINALISTS through 14 000 steps with three seeds on six sets. Every trajectory
has as many steps whatever the number of cells, and is looked at on its way, with the weights of the
moment and with their moving average. Only development and simulated data are read. Rows are added
to trajectories.csv as trainings end; repeating the command does what is missing, and writes
trajectories.md of what is there. Embeddings are kept in DIR. About two minutes of one core for 4000
steps.
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

BASE: dict[str, Any] = {
    "hvg_flavor": "seurat",
    "input_noise": 2.5,
    "alpha": 1.0,
    "lambda_": 10.0,
    "weight_average": 0.999,  # beside the weights of the moment, at no cost
    "mmd_kernel": "rbf",  # the default when the table was begun
    "warmup_steps": 1000,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "base": {},
    # a smaller network departs from the paper, for a preset of another name
    "small": {"hidden": (128,)},
    "small, lambda 1": {"hidden": (128,), "lambda_": 1.0},
    "small, lambda 0": {"hidden": (128,), "lambda_": 0.0},
    "small, decay 0.3": {"hidden": (128,), "weight_decay": 0.3},
    "small, noise 1": {"hidden": (128,), "input_noise": 1.0},
    "small, noise 5": {"hidden": (128,), "input_noise": 5.0},
    "small, MSE": {"hidden": (128,), "likelihood": "mse"},
    "small, NB": {"hidden": (128,), "likelihood": "nb"},
    "noise 0": {"input_noise": 0.0},
    "noise 1": {"input_noise": 1.0},
    "noise 5": {"input_noise": 5.0},
    "decay 0.3": {"weight_decay": 0.3},
    "decay 1": {"weight_decay": 1.0},
    "lambda 1": {"lambda_": 1.0},
    "lambda 100": {"lambda_": 100.0},
    "lambda 1000": {"lambda_": 1000.0},
    "alpha 0.9": {"alpha": 0.9},
    "VAE": {"alpha": 0.0, "lambda_": 1.0},
    "imq": {"mmd_kernel": "imq"},
    "cosine": {"schedule": "cosine"},
    "variance HVG": {"hvg_flavor": "variance"},
    "hidden noise 1": {"hidden_noise": 1.0},
    "alpha 0.5": {"alpha": 0.5},
    "deterministic": {"stochastic": False},
    "batch 128": {"batch_size": 128},
    "no warm-up": {"warmup_steps": 0},
    "AMSGrad": {"amsgrad": True},
    "decay 0.1": {"weight_decay": 0.1},
    "unbiased": {"mmd_estimator": "u"},
    "batch 512": {"batch_size": 512},
}
FINALISTS: list[str] = []  # named once the screen is complete
SCREEN_SETS = ["baron_mouse1", "simulated_uneven", "paul15", "simulated_even"]
RUNGS = {
    "screen": (4000, [0], SCREEN_SETS, list(SETTINGS)),
    "final": (14_000, [0, 1, 2], list(SETS), FINALISTS),
}
LOOKS = (250, 500, 1000, 2000, 4000, 7000, 10_000, 14_000)
LEARNING_RATE = 1e-3
KEY = ["setting", "dataset", "seed", "n_steps"]
Job = tuple[str, str, int, int]


def trajectory(job: Job, folder: str, work: str, device: str) -> list[dict[str, Any]]:
    """Train one setting on one set, and score its embedding on the way."""
    import torch

    from scinfovae.model import ModelConfig, PretrainConfig
    from scinfovae.model.cells import TrainingData
    from scinfovae.model.stack import Stack, Weights

    name, dataset, seed, n_steps = job
    chosen = {**BASE, **SETTINGS[name]}
    warmup, schedule = chosen.pop("warmup_steps"), chosen.pop("schedule", "constant")
    prepared, labels = prepared_set(dataset, Path(folder), chosen.pop("hvg_flavor"))
    torch.set_num_threads(1)
    config = ModelConfig(**chosen)
    data = TrainingData.from_arrays(
        prepared.scaled, prepared.counts, prepared.size_factors, device=torch.device(device)
    )
    stack = Stack(data, config, [seed])
    per_epoch = math.ceil(stack.trained.shape[1] / config.batch_size)
    epochs = math.ceil(n_steps / per_epoch)
    stack.start_stage(
        "pretrain", PretrainConfig(epochs, learning_rate=LEARNING_RATE, schedule=schedule)
    )
    rows: list[dict[str, Any]] = []
    seconds, looks = 0.0, [look for look in LOOKS if look <= n_steps]
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        rise = min(1.0, epoch * per_epoch / warmup) if warmup else 1.0
        stack.run_epoch(Weights(rise * config.kl_weight, rise * config.divergence_weight))
        seconds += time.perf_counter() - started
        if stack.failures:
            return [*rows, {"step": epoch * per_epoch, "weights": "failed"}]
        if looks and epoch * per_epoch >= looks[0]:
            at = {"step": looks.pop(0), "seconds": round(seconds, 1)}
            rows.append(at | {"weights": "last"} | look(stack, labels, seed, work, job, at["step"]))
            with stack.average.in_place():
                shown = look(stack, labels, seed, work, job, at["step"], "mean")
                rows.append(at | {"weights": "mean"} | shown)
    return rows


def look(
    stack: Any, labels: np.ndarray, seed: int, work: str, job: Job, step: int, weights: str = "last"
) -> dict[str, Any]:
    """Describe the posterior and score its clusters; keep the embedding."""
    from scinfovae.clustering import cluster
    from scinfovae.metrics import external_scores

    mean, log_variance = stack.embed()
    described = {key: value[0] for key, value in stack.describe(mean, log_variance).items()}
    names = ("active_units", "mutual_information", "kl", "held_out", "collapsed")
    row = {name: described[name] for name in names}
    embedding = mean[0].cpu().numpy()
    np.save(embedding_path(Path(work), job, step, weights), embedding)
    for clusterer in ("kmeans", "spectral"):
        found = cluster(clusterer, embedding, len(np.unique(labels)), seed).labels
        scores = external_scores(labels, found)
        row |= {f"{clusterer}_{metric}": round(scores[metric], 5) for metric in ("ari", "nmi")}
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()}


def embedding_path(work: Path, job: Job, step: int, weights: str) -> Path:
    """Name the file of one embedding."""
    name, dataset, seed, n_steps = job
    words = [dataset, name.replace(" ", "-"), f"seed{seed}", f"of{n_steps}", f"at{step}", weights]
    return work / f"{'_'.join(words)}.npy".replace(",", "")


def done_jobs(table: Path) -> set[Job]:
    """Read which trajectories are in the table."""
    if not table.exists():
        return set()
    with table.open(newline="", encoding="utf-8") as file:
        return {
            (row["setting"], row["dataset"], int(row["seed"]), int(row["n_steps"]))
            for row in csv.DictReader(file)
        }


def append(table: Path, rows: list[dict[str, Any]]) -> None:
    """Add the rows of one trajectory to the table."""
    columns = [*KEY, "step", "weights", "seconds", "active_units", "mutual_information", "kl"]
    columns += ["held_out", "collapsed"]
    columns += [f"{c}_{m}" for c in ("kmeans", "spectral") for m in ("ari", "nmi")]
    columns += ["changes"]
    new = not table.exists()
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        if new:
            writer.writeheader()
        writer.writerows(rows)


def summary(table: Path) -> str:
    """Average every setting that all sets of the screen have, with either kind of weights."""
    import pandas as pd

    n_steps, _, sets, settings = RUNGS["screen"]
    rows = pd.read_csv(table).query("n_steps == @n_steps and seed == 0")
    whole = rows[rows["dataset"].isin(sets)].groupby("setting")["dataset"].nunique() == len(sets)
    lines = [
        f"Means over {', '.join(sets)} after {n_steps} steps; `last / best`: K-means ARI at the",
        "end over the best on the way, the smallest of the sets.",
        f"{int(whole.sum())} of {len(settings)} settings are complete on these sets.",
        "",
        "| setting | weights | K-means ARI | NMI | spectral ARI | NMI | active | last / best |",
        "|---|---|---|---|---|---|---|---|",
    ]
    scores = [f"{c}_{m}" for c in ("kmeans", "spectral") for m in ("ari", "nmi")]
    for name in [name for name in settings if whole.get(name, False)]:
        for weights in ("last", "mean"):
            own = rows[(rows["setting"] == name) & (rows["weights"] == weights)]
            end = own[own["step"] == n_steps].set_index("dataset")
            if len(end) < len(sets):
                lines.append(f"| {name} | {weights} | a training failed |  |  |  |  |  |")
                continue
            kept = (end["kmeans_ari"] / own.groupby("dataset")["kmeans_ari"].max()).min()
            shown = " | ".join(f"{value:.3f}" for value in end[scores].mean())
            active = f"{end['active_units'].mean():.1f}"
            lines.append(f"| {name} | {weights} | {shown} | {active} | {kept:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what a rung lacks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rung", choices=RUNGS, default="screen")
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    for folder in (arguments.out, arguments.work):
        folder.mkdir(parents=True, exist_ok=True)
    table = arguments.out / "trajectories.csv"
    n_steps, seeds, sets, settings = RUNGS[arguments.rung]
    if not settings:
        parser.error("FINALISTS names no setting yet: complete the screen first.")
    done = done_jobs(table)
    asked = [(s, d, seed, n_steps) for s in settings for seed in seeds for d in sets]
    jobs = [job for job in asked if job not in done]
    print(f"{len(asked) - len(jobs)} of {len(asked)} trajectories are there.", flush=True)
    pool = ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn"))
    with pool:
        folder, work = str(arguments.folder), str(arguments.work)
        futures = {pool.submit(trajectory, j, folder, work, arguments.device): j for j in jobs}
        for future in as_completed(futures):
            job = futures[future]
            changes = json.dumps(SETTINGS[job[0]])
            common = dict(zip(KEY, job, strict=True)) | {"changes": changes}
            rows = [common | row for row in future.result()]
            append(table, rows)
            last = rows[-1]
            print(*job, {k: last.get(k) for k in ("kmeans_ari", "spectral_ari")}, flush=True)
    (arguments.out / "trajectories.md").write_text(summary(table))


if __name__ == "__main__":
    main()
