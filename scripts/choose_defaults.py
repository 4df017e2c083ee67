"""Choose what the paper leaves open, on data outside the benchmark.

Greedy search, one choice after the other, each taken over by the next. A setting is judged by its
mean rank over datasets, ARI and NMI, K-means and spectral clustering of the embedding, after the
paper's full 600 epochs of pretraining; the last choice, gamma, after 500 epochs of fine-tuning.
Only development sets and simulated data are read, never a dataset of the benchmark.

    python scripts/choose_defaults.py DEVELOPMENT_FOLDER --out results/choose_defaults

An interrupted search continues where it was: finished trainings are read back from runs.csv.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

# The largest sets are thinned, so that the whole search takes about an hour on two cores.
LARGEST = 1500
START = {
    "hvg_flavor": "seurat",
    "input_noise": 1.0,
    "hidden_noise": 0.0,
    "initial_log_variance": -4.0,
    "alpha": 1.0,
    "lambda_": 1000.0,
    "mmd_kernel": "rbf",
    "gamma": 1.0,
}
WEIGHTS = [(1.0, 1000.0), (0.5, 100.0), (0.0, 100.0)]
WARMUP: list[tuple[dict, tuple[float, ...]]] = [
    ({}, (1.0, 2.5)),
    ({"warmup_epochs": 200}, (2.5, 5.0)),
]
# One choice after the other: its name, the sets it is made on, its alternatives.
SCREEN = ["baron_mouse1", "sc_celseq2_5cl_p1", "simulated"]
ALL = [*SCREEN, "paul15", "cite_cbmc_top2000"]
CHOICES: list[tuple[str, list[str], list[dict]]] = [
    (
        "input noise, alpha, lambda, warm-up",
        SCREEN,
        [
            {"input_noise": noise, "alpha": alpha, "lambda_": lambda_} | warmup
            for warmup, noises in WARMUP
            for noise in noises
            for alpha, lambda_ in WEIGHTS
        ],
    ),
    ("HVG flavour", SCREEN, [{"hvg_flavor": v} for v in ("seurat", "variance")]),
    ("initial log-variance", SCREEN, [{"initial_log_variance": v} for v in (-4.0, 0.0)]),
    ("MMD kernel", ALL, [{"mmd_kernel": v} for v in ("rbf", "imq")]),
    ("warm-up", ALL, [{"warmup_epochs": v} for v in (200, 0)]),
]
GAMMAS = [1.0, 10.0, 100.0]
SUFFIX = {"paul15": ".h5ad", "sc_celseq2_5cl_p1": ".h5ad"}


def load(name: str, folder: Path):
    from scinfovae.data.readers import read_counts
    from scinfovae.data.simulate import SimulationConfig, simulate_counts

    if name == "simulated":
        adata = simulate_counts(SimulationConfig(n_cells=1000, de_scale=0.6))
        return adata, adata.obs["cluster"].to_numpy()
    suffix = SUFFIX.get(name, ".h5")
    key = "cell_type" if suffix == ".h5ad" else "Y"
    adata = read_counts(folder / f"{name}{suffix}", label_key=key)
    if adata.n_obs > LARGEST:
        picked = np.random.default_rng(0).permutation(adata.n_obs)[:LARGEST]
        adata = adata[np.sort(picked)].copy()
    return adata, adata.obs[key].to_numpy()


def run(job: tuple[str, dict, list[float], int, str]) -> list[dict]:
    """Train one setting on one dataset; with gammas, fine-tune one pretrained model per gamma."""
    name, setting, gammas, seed, folder = job
    import torch

    from scinfovae.clustering import kmeans_centres
    from scinfovae.data.preprocessing import PreprocessingConfig, preprocess
    from scinfovae.model import ModelConfig, PretrainConfig
    from scinfovae.model.cells import TrainingData
    from scinfovae.model.snapshots import Snapshots
    from scinfovae.model.stack import Stack
    from scinfovae.model.training import fine_tune, pretrain

    torch.set_num_threads(1)
    adata, labels = load(name, Path(folder))
    prepared = preprocess(adata, PreprocessingConfig(hvg_flavor=setting["hvg_flavor"]))
    labels = labels[prepared.cell_index]
    n_clusters = len(np.unique(labels))
    # what was the default when the tables were made, and is no part of their settings
    then = {"weight_average": 0.0}
    chosen = then | {k: v for k, v in setting.items() if k not in ("hvg_flavor", "warmup_epochs")}
    schedule = PretrainConfig(warmup_epochs=setting.get("warmup_epochs", 0))
    model = ModelConfig(**chosen, pretrain=schedule)
    data = TrainingData.from_arrays(prepared.scaled, prepared.counts, prepared.size_factors)
    started = time.perf_counter()
    stack = Stack(data, model, [seed])
    pretrain(stack, lambda *_: None, Snapshots(stack))
    rows = [score(stack, labels, n_clusters, seed) | {"stage": "pretrained"}]
    for gamma in gammas:
        tuned = copy.deepcopy(stack)
        tuned.config = replace(model, gamma=gamma)
        tuned.start_fine_tuning(
            lambda mean, s: torch.from_numpy(kmeans_centres(mean.numpy(), n_clusters, s))
        )
        fine_tune(tuned, lambda *_: None, Snapshots(tuned))
        row = score(tuned, labels, n_clusters, seed)
        rows.append(row | {"stage": f"fine-tuned gamma={gamma:g}"})
    seconds = round(time.perf_counter() - started, 1)
    common = {"dataset": name, "seed": seed, "setting": json.dumps(setting), "seconds": seconds}
    return [common | row for row in rows]


def score(stack, labels: np.ndarray, n_clusters: int, seed: int) -> dict:
    from scinfovae.clustering import cluster
    from scinfovae.metrics import external_scores

    mean, log_variance = stack.embed()
    described = {key: value[0] for key, value in stack.describe(mean, log_variance).items()}
    row = {
        key: described[key]
        for key in ("active_units", "mutual_information", "kl", "held_out", "collapsed")
    }
    for clusterer in ("kmeans", "spectral"):
        found = cluster(clusterer, mean[0].numpy(), n_clusters, seed).labels
        scores = external_scores(labels, found)
        row |= {f"{clusterer}_{metric}": scores[metric] for metric in ("ari", "nmi")}
    return row


SCORES = ["kmeans_ari", "kmeans_nmi", "spectral_ari", "spectral_nmi"]


class Search:
    """The greedy search with its table of finished trainings."""

    def __init__(self, folder: Path, out: Path, seeds: list[int], workers: int) -> None:
        self.folder, self.out, self.seeds, self.workers = folder, out, seeds, workers
        out.mkdir(parents=True, exist_ok=True)
        self.path = out / "runs.csv"
        self.table = (
            pd.read_csv(self.path, float_precision="round_trip")
            if self.path.exists()
            else pd.DataFrame()
        )
        self.report: list[str] = []

    def finished(self, name: str, setting: dict, seed: int, stage: str) -> bool:
        """Tell whether a training is in the table."""
        if self.table.empty:
            return False
        t = self.table
        same = (t.dataset == name) & (t.setting == json.dumps(setting)) & (t.seed == seed)
        return bool((same & (t.stage == stage)).any())

    def ensure(self, settings: list[dict], datasets: list[str], gammas: list[float]) -> None:
        """Train whatever is not in the table yet."""
        stages = [f"fine-tuned gamma={g:g}" for g in gammas] or ["pretrained"]
        jobs = [
            (name, setting, gammas, seed, str(self.folder))
            for seed in self.seeds
            for setting in settings
            for name in reversed(datasets)
            if not all(self.finished(name, setting, seed, stage) for stage in stages)
        ]
        with ProcessPoolExecutor(self.workers, mp_context=get_context("spawn")) as pool:
            for rows in pool.map(run, jobs):
                self.add(rows)

    def add(self, rows: list[dict]) -> None:
        """Append finished trainings to table and file."""
        new = self.table.empty
        with self.path.open("a", newline="") as handle:
            writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
            if new:
                writer.writeheader()
            writer.writerows(rows)
        self.table = pd.concat([self.table, pd.DataFrame(rows)], ignore_index=True)
        row = rows[-1]
        print(row["dataset"], row["setting"], *(f"{k}={row[k]:.3f}" for k in SCORES), flush=True)

    def compare(self, title: str, rows: dict[str, pd.DataFrame]) -> str:
        """Rank the alternatives within every dataset and score; add a table; give the best."""
        index = ["dataset", "seed"]
        values = pd.concat({k: v.set_index(index)[SCORES].stack() for k, v in rows.items()}, axis=1)
        # scores equal to six digits are ties, not victories of the last bit
        rank = values.round(6).rank(axis=1, ascending=False).mean()
        best = str(min(rows, key=lambda name: (rank[name], -values[name].mean())))
        lines = [f"### {title}", "", "| setting | mean rank | " + " | ".join(SCORES)]
        lines[-1] += " | active units | collapsed |"
        lines.append("|---" * (len(SCORES) + 4) + "|")
        for name, table in rows.items():
            cells = [f"**{name}**" if name == best else name, f"{rank[name]:.2f}"]
            cells += [f"{table[s].mean():.3f}" for s in SCORES]
            cells += [f"{table.active_units.mean():.1f}", str(int(table.collapsed.sum()))]
            lines.append("| " + " | ".join(cells) + " |")
        self.report += [*lines, ""]
        return best

    def rows(self, setting: dict, stage: str) -> pd.DataFrame:
        """Look the trainings of one setting up."""
        t = self.table
        picked = (t.setting == json.dumps(setting)) & (t.stage == stage) & t.seed.isin(self.seeds)
        return t[picked].drop_duplicates(["dataset", "seed"])

    def choose(self) -> dict:
        """Make one choice after the other; returns the setting they end in."""
        setting = dict(START)
        for title, datasets, alternatives in CHOICES:
            named = {_name(change): setting | change for change in alternatives}
            self.ensure(list(named.values()), datasets, [])
            rows = {name: self.rows(full, "pretrained") for name, full in named.items()}
            rows = {name: table[table.dataset.isin(datasets)] for name, table in rows.items()}
            setting = named[self.compare(f"{title} ({', '.join(datasets)})", rows)]
        self.ensure([setting], SCREEN, GAMMAS)
        rows = {f"gamma={g:g}": self.rows(setting, f"fine-tuned gamma={g:g}") for g in GAMMAS}
        best = self.compare(f"gamma, after fine-tuning ({', '.join(SCREEN)})", rows)
        before = self.rows(setting, "pretrained")
        before = before[before.dataset.isin(SCREEN)]
        self.compare("for comparison: the same sets before fine-tuning", {"pretrained": before})
        return setting | {"gamma": float(best.split("=")[1])}


def _name(change: dict) -> str:
    return ", ".join(
        f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in change.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of the development sets")
    parser.add_argument("--out", type=Path, default=Path("results/choose_defaults"))
    parser.add_argument("--seeds", type=int, default=1, help="seeds per setting")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    search = Search(
        arguments.folder, arguments.out, list(range(arguments.seeds)), arguments.workers
    )
    chosen = search.choose()
    head = [
        "# Open defaults, chosen on development and simulated data",
        "",
        f"Made by `python scripts/choose_defaults.py DEVELOPMENT_FOLDER --seeds {arguments.seeds}` "
        f"after 600 epochs of pretraining, for gamma 500 more of fine-tuning. At most {LARGEST} "
        "cells of a set. The trainings behind the tables are in `runs.csv`; how the grid came "
        "about stands in docs/reproduction-notes.md.",
        "",
        f"Chosen: `{json.dumps(chosen)}`",
        "",
    ]
    (arguments.out / "choice.md").write_text("\n".join(head + search.report))
    print("\n".join(head + search.report))


if __name__ == "__main__":
    main()
