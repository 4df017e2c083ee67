"""Choose how the models of the suite's own preset are clustered, outside the benchmark.

    python scripts/study_consensus.py DEVELOPMENT_FOLDER --out results/study --work DIR

Every set of study_data.py, complete, on the 500 genes of the default preprocessing. What each model
sees of the cells is kept in DIR, in a file for each setting of the models, and RULES are compared
on that: partitions that vote, or one partition of what all models see together. Beside them stand
PCA and Leiden. Rows are added to consensus.csv as trainings end, and repeating the command does
what is missing; consensus.md has the means over seeds. Two to four minutes of one core for a set
and a seed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from benchmarking import markdown_table
from study_data import SETS, prepared_set

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from scinfovae.methods.scinfovae_consensus import ConsensusConfig

    Spaces = dict[str, list[NDArray[np.floating]]]

# partitions of what models of either kind see, that vote
RULES = {
    "K-means and Ward of every model": (
        "decoded_kmeans",
        "decoded_ward",
        "tuned_kmeans",
        "tuned_ward",
    ),
    "K-means of every model": ("decoded_kmeans", "tuned_kmeans"),
    "Ward of every model": ("decoded_ward", "tuned_ward"),
    "K-means of the decoders, centres of the self-trained": ("decoded_kmeans", "centres"),
    "K-means and Ward of the decoders, centres of the self-trained": (
        *("decoded_kmeans", "decoded_ward", "centres"),
    ),
    "spectral clustering, too": (
        *("decoded_kmeans", "decoded_ward", "decoded_spectral"),
        *("tuned_kmeans", "tuned_ward", "tuned_spectral"),
    ),
}
CHOSEN = next(iter(RULES))
ENTRIES = (
    *RULES,
    *("members", "best member", "embedding, K-means", "embedding, Ward"),
    *("PCA-50, K-means", "PCA-50, Ward", "PCA-50, Leiden"),
)
COLUMNS = ["dataset", "seed", "entry", "ari", "nmi"]


def spaces_of(dataset: str, seed: int, folder: Path, work: Path) -> Spaces:
    """Train the models of one seed on one set, or read what they saw."""
    from scinfovae.data.preprocessing import pca_space
    from scinfovae.methods._consensus import Space
    from scinfovae.methods._consensus_members import KINDS, train_members
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig

    config = ConsensusConfig()
    file = file_of(dataset, seed, work, config)
    if not file.exists():
        prepared, labels = prepared_set(dataset, folder, "seurat")
        _, y = np.unique(labels, return_inverse=True)
        n_clusters = int(y.max()) + 1
        models = {
            kind: train_members(prepared, config, kind, n_clusters, seed, "cpu", lambda *_: None)
            for kind in KINDS
        }
        seen = Space(prepared, config, n_clusters).of(*models.values())
        stored = {f"{k} {i}": one for k, own in seen.items() for i, one in enumerate(own)}
        for i, model in enumerate(models["self_trained"]):
            distances = model.stages["final"].mean[:, None] - model.state["centres"]
            stored[f"centres {i}"] = distances.square().sum(-1).argmin(-1).numpy()
        stored |= {"labels 0": y, "pca 0": pca_space(prepared)}
        floats = {key: one for key, one in stored.items() if one.dtype.kind == "f"}
        stored |= {key: one.astype(np.float32) for key, one in floats.items()}
        np.savez_compressed(file, **stored)
    spaces: Spaces = {}
    with np.load(file) as found:
        for key in found.files:
            spaces.setdefault(key.split()[0], []).append(found[key])
    return spaces


def file_of(dataset: str, seed: int, work: Path, config: ConsensusConfig) -> Path:
    """Say where is kept what the models of a version and setting of the method see."""
    from scinfovae.methods import METHODS

    setting = f"{METHODS['scinfovae_consensus'].version} {config}"
    return work / f"{dataset}_seed{seed}_{hashlib.sha256(setting.encode()).hexdigest()[:8]}.npz"


def run(dataset: str, seed: int, folder: str, work: str) -> list[dict[str, Any]]:
    """Score every rule on one set and seed."""
    import torch

    from scinfovae.clustering import cluster
    from scinfovae.clustering.voting import cluster_vote
    from scinfovae.methods._consensus import partitions_by
    from scinfovae.methods._consensus_space import joined
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig
    from scinfovae.metrics import external_scores

    torch.set_num_threads(1)
    spaces = spaces_of(dataset, seed, Path(folder), Path(work))
    (y,), (pca,) = spaces["labels"], spaces["pca"]
    n_clusters, config = int(y.max()) + 1, ConsensusConfig()

    def found(clusterer: str, points: np.ndarray) -> np.ndarray:
        return cluster(clusterer, points.astype(np.float64), n_clusters, seed).labels

    partitions = {"centres": spaces["centres"]}
    for short, kind in (("decoded", "decoded"), ("tuned", "self_trained")):
        for clusterer in ("kmeans", "ward", "spectral"):
            partitions[f"{short}_{clusterer}"] = partitions_by(
                clusterer, kind, spaces[kind], n_clusters, seed, config
            )
    together = joined([*spaces["decoded"], *spaces["self_trained"]], config.n_components)
    rules = {
        rule: cluster_vote(np.stack([p for name in names for p in partitions[name]]), n_clusters)
        for rule, names in RULES.items()
    }
    labels = {rule: vote.labels for rule, vote in rules.items()}
    for name, points in (("embedding", together), ("PCA-50", pca)):
        labels |= {f"{name}, K-means": found("kmeans", points)}
        labels |= {f"{name}, Ward": found("ward", points)}
    labels["PCA-50, Leiden"] = found("leiden", pca)
    told = {entry: external_scores(y, own) for entry, own in labels.items()}
    scores = {entry: (each["ari"], each["nmi"]) for entry, each in told.items()}
    each = [external_scores(y, p) for name in RULES[CHOSEN] for p in partitions[name]]
    members = np.array([(one["ari"], one["nmi"]) for one in each])
    scores |= {"members": members.mean(axis=0), "best member": members.max(axis=0)}
    return [
        {"dataset": dataset, "seed": seed, "entry": entry}
        | {"ari": round(float(ari), 5), "nmi": round(float(nmi), 5)}
        for entry, (ari, nmi) in scores.items()
    ]


def table(frame: pd.DataFrame) -> str:
    """Write ARI and NMI of every set, means over seeds, their ranks and the spread over seeds.

    Parameters
    ----------
    frame
        One row for each set, seed and entry.
    """
    measures = ["ari", "nmi"]
    means = frame.groupby(["entry", "dataset"])[measures].mean()
    spread = frame.groupby(["entry", "dataset"])[measures].std() / means
    competing = means.drop("best member", level="entry")  # nobody can choose it without labels
    ranks = competing.groupby("dataset").rank(ascending=False).groupby("entry").mean().mean(axis=1)
    sets = [name for name in SETS if name in set(frame["dataset"])]
    lines = [
        "Every rule but `embedding` is a vote; `members`: the mean of the partitions that vote",
        "under the first rule, the chosen one. Means over "
        f"{frame['seed'].nunique()} seeds, which share no model; `CV`: sd over seeds",
        "by mean, the mean over sets; `rank`: mean over the sets, ARI and NMI.",
    ]
    for metric in measures:
        wide = means[metric].unstack()[sets]
        rows = [
            {metric.upper(): entry}
            | {name: f"{value:.3f}" for name, value in wide.loc[entry].items()}
            | {"mean": f"{wide.loc[entry].mean():.3f}"}
            | {"CV": f"{spread[metric].unstack().loc[entry].mean():.3f}"}
            | {"rank": f"{ranks[entry]:.2f}" if entry in ranks.index else ""}
            for entry in ENTRIES
        ]
        lines += ["", *markdown_table(rows, list(rows[0]))]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing, and write the table."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results/study"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    for folder in (arguments.out, arguments.work):
        folder.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "consensus.csv"
    rows = list(csv.DictReader(file.open(newline=""))) if file.exists() else []
    done = {(row["dataset"], int(row["seed"])) for row in rows}
    asked = [(name, seed) for seed in range(arguments.seeds) for name in SETS]
    pool = ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn"))
    with pool, file.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        if not file.stat().st_size:
            writer.writeheader()
        folders = (str(arguments.folder), str(arguments.work))
        jobs = [pool.submit(run, *job, *folders) for job in asked if job not in done]
        for job in as_completed(jobs):
            writer.writerows(job.result())
            stream.flush()
            first = job.result()[0]
            print(*first.values(), flush=True)
    (arguments.out / "consensus.md").write_text(table(pd.read_csv(file)))


if __name__ == "__main__":
    main()
