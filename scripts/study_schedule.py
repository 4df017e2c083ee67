"""Compare settings of ScInfoVAE through the paper's whole schedule, outside the benchmark.

    python scripts/study_schedule.py DEVELOPMENT_FOLDER --out results/study [--settings NAME,...]
    python scripts/study_schedule.py DEVELOPMENT_FOLDER --out results/study --complete --seeds 3

600 epochs of pretraining and 500 of fine-tuning with the paper's network, on at most 2000 cells of
four development sets and of a simulated one. Rows are added to schedule.csv as trainings end, and
repeating the command does what is missing; schedule.md ranks the settings that are complete, with
one seed and with more, by their mean rank in ARI and NMI of K-means and spectral clustering of the
final embedding. About 15 minutes of one core for a setting and a seed. --complete takes the few
settings in question through all cells of six sets (schedule_complete.csv, .md): 2200 to 35 000
steps, half an hour of one core for a setting and a seed. Seeds that are missing together share a
stack on a GPU.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from study_data import SETS, prepared_set, smaller_set
from study_settings import START

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from scinfovae.model import TrainedSeed

BASE: dict[str, Any] = START | {"mmd_kernel": "imq", "gamma": 100.0}
SETTINGS: dict[str, dict[str, Any]] = {
    "base": {},
    "first choice": {"lambda_": 1000.0, "weight_average": 0.0, "mmd_kernel": "rbf"},
    "lambda 1": {"lambda_": 1.0},
    "lambda 100": {"lambda_": 100.0},
    "no averaging": {"weight_average": 0.0},
    "noise 2.5 and decay 0.3": {"input_noise": 2.5, "weight_decay": 0.3},
    "decay 0.1": {"weight_decay": 0.1},
    "noise 10": {"input_noise": 10.0},
    "noise 10 and lambda 1": {"input_noise": 10.0, "lambda_": 1.0},
    "hidden noise 1": {"hidden_noise": 1.0},
    "noise 2.5 in all layers": {"input_noise": 2.5, "hidden_noise": 2.5},  # as in scDeepCluster
    "multiquadric": {"mmd_kernel": "mq"},
    "multiquadric and lambda 100": {"mmd_kernel": "mq", "lambda_": 100.0},
    "RBF kernel": {"mmd_kernel": "rbf"},
    "alpha 0.99": {"alpha": 0.99},
    "alpha 0.9": {"alpha": 0.9},
    # fine-tuning, with the kernel chosen since
    "multiquadric and gamma 10": {"mmd_kernel": "mq", "gamma": 10.0},
    "multiquadric and gamma 1000": {"mmd_kernel": "mq", "gamma": 1000.0},
    "multiquadric and P every 5 epochs": {"mmd_kernel": "mq", "update_interval": 5},
    "multiquadric and P every 20 epochs": {"mmd_kernel": "mq", "update_interval": 20},
    "multiquadric and P every 50 epochs": {"mmd_kernel": "mq", "update_interval": 50},
    # the best of the trajectories
    "multiquadric and decay 0.1": {"mmd_kernel": "mq", "weight_decay": 0.1},
    "multiquadric and P every 20 epochs and decay 0.1": {
        "mmd_kernel": "mq",
        "update_interval": 20,
        "weight_decay": 0.1,
    },
    "multiquadric and P every 20 epochs and gamma 1000": {
        "mmd_kernel": "mq",
        "update_interval": 20,
        "gamma": 1000.0,
    },
    # a smaller network departs from the paper
    "hidden 128 and RBF kernel": {"hidden": (128,), "mmd_kernel": "rbf"},
    "PCA-50": {},  # K-means and spectral clustering without a model
}
COMPLETE = [
    "multiquadric",
    "multiquadric and P every 20 epochs",
    "multiquadric and P every 20 epochs and decay 0.1",
    "multiquadric and P every 20 epochs and gamma 1000",
]
MOST_CELLS = {
    "baron_mouse1": 2000,
    "simulated_uneven": 2000,
    "paul15": 1500,
    "sc_celseq2_5cl_p1": 2000,
    "cite_cbmc_top2000": 2000,
}
SCORES = [f"{c}_{m}" for c in ("kmeans", "spectral") for m in ("ari", "nmi")]
TOLD = ["active_units", "mutual_information", "collapsed"]
KEY = ["setting", "dataset", "seed", "stage"]
COLUMNS = [*KEY, *SCORES, *TOLD, "peak", "seconds", "changes", "device"]
Job = tuple[str, str, tuple[int, ...]]
Rows = list[dict[str, Any]]


def train(job: Job, folder: str, complete: bool, device: str) -> Rows:
    """Take one setting through the schedule on one set; a row for each seed and stage."""
    import torch

    from scinfovae.data.preprocessing import pca_space
    from scinfovae.fitted import train_models
    from scinfovae.model import FineTuneConfig, ModelConfig
    from scinfovae.model.device import resolve_device

    torch.set_num_threads(1)
    name, dataset, seeds = job
    if complete:
        prepared, labels = prepared_set(dataset, Path(folder), "seurat")
    else:
        prepared, labels = smaller_set(dataset, Path(folder), MOST_CELLS[dataset])
    n_clusters = len(np.unique(labels))
    common = {"setting": name, "dataset": dataset, "stage": "final"}
    if name.startswith("PCA"):
        space = pca_space(prepared)
        return [common | {"seed": s} | scores(space, labels, n_clusters, s) for s in seeds]
    chosen = BASE | SETTINGS[name]
    fine_tune = FineTuneConfig(update_interval=chosen.pop("update_interval", 1))
    config, on = ModelConfig(fine_tune=fine_tune, **chosen), resolve_device(device)
    started = time.perf_counter()
    trained = train_models(
        prepared, config, n_clusters, seeds, str(on), keep_snapshots="embeddings"
    )
    rows = [row for one in trained for row in stages(one, labels, n_clusters)]
    seconds = round((time.perf_counter() - started) / len(seeds))
    more = {"seconds": seconds, "changes": json.dumps(SETTINGS[name])}
    more["device"] = torch.cuda.get_device_name() if on.type == "cuda" else "cpu"
    return [common | more | row for row in rows]


def stages(trained: TrainedSeed, labels: np.ndarray, n_clusters: int) -> Rows:
    """Score both stages of one seed, and the best of their snapshots until then."""
    seed = trained.seed
    if trained.message:
        return [{"seed": seed, "stage": "failed"}]
    rows, best = [], -1.0
    for stage, of in (("pretrained", "pretrain"), ("final", "fine_tune")):
        embedding = trained.stages[stage].mean.numpy()
        for shown in trained.snapshots[of].values():
            best = max(best, scores(shown.mean.numpy(), labels, n_clusters, seed)["kmeans_ari"])
        told = {key: trained.diagnostics[stage][key] for key in TOLD}
        row = {"seed": seed, "stage": stage, "peak": round(best, 5)} | told
        rows.append(row | scores(embedding, labels, n_clusters, seed))
    return rows


def scores(space: np.ndarray, labels: np.ndarray, n_clusters: int, seed: int) -> dict[str, float]:
    """Cluster cells in two ways and compare with the reference."""
    from scinfovae.clustering import cluster
    from scinfovae.metrics import external_scores

    row = {}
    for clusterer in ("kmeans", "spectral"):
        found = external_scores(labels, cluster(clusterer, space, n_clusters, seed).labels)
        row |= {f"{clusterer}_{metric}": round(found[metric], 5) for metric in ("ari", "nmi")}
    return row


def missing(
    settings: Sequence[str],
    sets: Iterable[str],
    n_seeds: int,
    rows: list[dict[str, str]],
    *,
    stacked: bool,
) -> list[Job]:
    """List what the table lacks, the seeds of a setting and set together or one by one."""
    done = {(row["setting"], row["dataset"], int(row["seed"])) for row in rows}
    asked = [
        (name, dataset, tuple(s for s in range(n_seeds) if (name, dataset, s) not in done))
        for dataset in sets
        for name in settings
    ]
    if not stacked:
        asked = [(name, dataset, (s,)) for name, dataset, seeds in asked for s in seeds]
    return [job for job in asked if job[2]]


def table(rows: list[dict[str, str]]) -> str:
    """Rank all settings by the first seed, and those that have more seeds by all of theirs."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    final = frame[frame["stage"] == "final"].astype({"seed": int} | dict.fromkeys(SCORES, float))
    n_sets = final["dataset"].nunique()
    parts = []
    for n_seeds in range(1, final["seed"].max() + 2):
        asked = final[final["seed"] < n_seeds]
        whole = asked.groupby("setting").filter(lambda own, n=n_seeds: len(own) == n * n_sets)
        if n_seeds == 1 or whole["setting"].nunique() > 1:
            parts.append(ranked(whole, n_seeds))
    return "\n".join(parts)


def ranked(final: pd.DataFrame, n_seeds: int) -> str:
    """Rank settings that have the same sets and seeds."""
    import pandas as pd

    means = final.set_index(["setting", "dataset", "seed"])[SCORES]
    means = means.groupby(["setting", "dataset"]).mean()
    ranks = means.groupby("dataset").rank(ascending=False).groupby("setting").mean().mean(axis=1)
    lines = [
        f"Final stage, {n_seeds} seed{'s' * (n_seeds > 1)}; `last / peak`: K-means ARI at the end",
        "over the best of its snapshots, mean over the seeds of the worst set; `worst`: the worst",
        "training; `lost`: collapsed trainings.",
        "",
        "| setting | rank | K-means ARI | NMI | spectral ARI | NMI | last / peak | worst | lost |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in ranks.sort_values().index:
        own = final[final["setting"] == name]
        shown = " | ".join(f"{v:.3f}" for v in own[SCORES].mean())
        shares = own["kmeans_ari"] / pd.to_numeric(own["peak"])
        of_sets = shares.groupby(own["dataset"]).mean()
        kept = f"{of_sets.min():.2f} | {shares.min():.2f}"
        collapsed = f"{(own['collapsed'] == 'True').sum()}"
        if np.isnan(shares.min()):
            kept, collapsed = " | ", ""
        lines.append(f"| {name} | {ranks[name]:.2f} | {shown} | {kept} | {collapsed} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing, and write the table."""
    from scinfovae.model.device import resolve_device

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--settings", type=lambda text: text.split(","))
    parser.add_argument("--complete", action="store_true", help="all cells, a few settings")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    complete = arguments.complete
    settings = arguments.settings or (COMPLETE if complete else list(SETTINGS))
    if unknown := [name for name in settings if name not in SETTINGS]:
        parser.error(f"there is no setting {', '.join(unknown)}; there are {', '.join(SETTINGS)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    stem = "schedule_complete" if complete else "schedule"
    file = arguments.out / f"{stem}.csv"
    rows = list(csv.DictReader(file.open(newline=""))) if file.exists() else []
    sets = SETS if complete else MOST_CELLS
    stacked = resolve_device(arguments.device).type == "cuda"
    jobs = missing(settings, sets, arguments.seeds, rows, stacked=stacked)
    pool = ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn"))
    with pool, file.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        if not file.stat().st_size:
            writer.writeheader()
        how = (str(arguments.folder), complete, arguments.device)
        for done in as_completed([pool.submit(train, job, *how) for job in jobs]):
            writer.writerows(done.result())
            stream.flush()
            print(*(done.result()[-1].get(k) for k in (*KEY, "kmeans_ari")), flush=True)
    cells = "all cells" if complete else "at most 2000 cells of a set (paul15 1500)"
    text = table(list(csv.DictReader(file.open(newline=""))))
    (arguments.out / f"{stem}.md").write_text(f"600 + 500 epochs on {cells}.\n\n{text}")


if __name__ == "__main__":
    main()
