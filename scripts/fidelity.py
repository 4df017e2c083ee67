"""Compare our runs of other methods with what was published of them, on one dataset.

    scinfovae-bench sweep dataset=worm_neuron input=own 'seed=range(3)' method=graph_sc,scgnn,...
    scinfovae-bench sweep dataset=worm_neuron input=own preprocessing.n_hvg=5000 'seed=range(3)' ...
    python scripts/fidelity.py RESULTS_DIR --predictions FILE.npz --out results/fidelity

Only runs with `input=own` and the complete dataset count, each method at its defaults; the
published runs of contrastive-sc had a number of genes chosen by labels for each dataset, 5000 for
this one, and stand beside ours with as many, too. A row holds our ARI by seed beside the published
one (graph-sc and contrastive-sc repositories) and, where cell by cell predictions were published,
the ARI between our clusters and theirs and that of theirs among themselves. FILE.npz holds an
array per key ``method|dataset|run``, in the order of the dataset's file. Writes fidelity.md and
fidelity.csv; methods that RESULTS_DIR has no runs of keep the rows they have there, so that the
runs may come from several machines.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarking import markdown_table
from sklearn.metrics import adjusted_rand_score

from scinfovae.bench.records.frame import runs_frame, scores_frame
from scinfovae.tables.published import PublishedScore, published_score


@dataclass(frozen=True)
class Pair:
    """A method of ours with the clusterer that the published rows used, and their name there.

    `changes` is what the published runs had beside the method's own recipe.
    """

    method: str
    clusterer: str
    harness: str
    published: str
    changes: str = ""


GENES = "preprocessing.n_hvg=5000"
PAIRS = (
    Pair("contrastive_sc", "kmeans", "contrastive-sc", "contrastive+KM"),
    Pair("contrastive_sc", "kmeans", "contrastive-sc", "contrastive+KM", GENES),
    Pair("contrastive_sc", "leiden", "contrastive-sc", "contrastive+LD"),
    Pair("contrastive_sc", "leiden", "contrastive-sc", "contrastive+LD", GENES),
    Pair("desc", "own", "graph-sc", "desc"),
    Pair("graph_sc", "kmeans", "graph-sc", "graph-sc(KM)"),
    Pair("graph_sc", "leiden", "graph-sc", "graph-sc(LD)"),
    Pair("scdeepcluster", "own", "graph-sc", "scDeepCluster"),
    Pair("scgnn", "own", "graph-sc", "scGNN"),
    Pair("sczidesk", "own", "graph-sc", "scziDesk"),
    Pair("scvi", "leiden", "graph-sc", "scvi"),
    Pair("scanpy_leiden", "own", "graph-sc", "scanpy-seurat"),
)
COLUMNS = [
    "method",
    "setting",
    "clusterer",
    "ARI",
    "published",
    "difference",
    "agreement",
    "theirs",
]


def labels_of(run: pd.Series, root: Path) -> pd.DataFrame:
    """Read the labels of a run, by the row of each cell in the input."""
    if not run["folder"]:
        raise SystemExit(
            f"{run['method']}, seed {run['seed']} was imported, without its labels; run the script "
            "where it was run."
        )
    return pd.read_parquet(root / run["folder"] / "labels.parquet").set_index("row")


def shown(values: list[float]) -> str:
    """Write some numbers, or their range and mean where there are many."""
    if len(values) <= 3:
        return " ".join(f"{value:.3f}" for value in values)
    return f"{min(values):.2f} to {max(values):.2f}, mean {np.mean(values):.2f}"


def compare(
    pair: Pair, runs: pd.DataFrame, root: Path, dataset: str, theirs: dict[str, np.ndarray]
) -> list[dict[str, str]]:
    """Make a row for each setting of the clusterer; none if the method was not run."""
    variant = ", ".join(filter(None, ("input=own", pair.changes)))
    own = runs[(runs["method"] == pair.method) & (runs["variant"] == variant)]
    scores = scores_frame(own)
    scores = scores[(scores["stage"] == "final") & (scores["metric"] == "ari")]
    keys = [c for c in scores["clusterer"].unique() if c.partition("@")[0] == pair.clusterer]
    score = published_score(pair.harness, pair.published, dataset, "ari")
    published = [labels for key, labels in theirs.items() if key.startswith(f"{pair.published}|")]
    found = [labels_of(run, root) for _, run in own.iterrows()] if published else []
    rows = []
    for key in keys:
        ari = scores.loc[scores["clusterer"] == key, "value"].tolist()
        labels = [table[f"final.{key}"] for table in found]
        rows.append(row_of(pair, key, ari, labels, score, published))
    return rows


def row_of(
    pair: Pair,
    key: str,
    ari: list[float],
    labels: list[pd.Series],
    score: PublishedScore | None,
    published: list[np.ndarray],
) -> dict[str, str]:
    """Put the scores of every seed beside what was published, and our clusters beside theirs."""
    agreement = [
        adjusted_rand_score(other[ours.index], ours) for ours, other in product(labels, published)
    ]
    among = [adjusted_rand_score(a, b) for a, b in combinations(published, 2)]
    return {
        "method": pair.method,
        "setting": pair.changes,
        "clusterer": key,
        "ARI": shown(ari),
        "published": "" if score is None else f"{score.mean:.3f}",
        "difference": "" if score is None else f"{np.mean(ari) - score.mean:+.3f}",
        "agreement": shown(agreement),
        "theirs": shown(among),
    }


def merged(rows: list[dict[str, str]], before: pd.DataFrame) -> pd.DataFrame:
    """Put new rows in the place of those of the same method and setting, in the order of PAIRS."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    new = set(zip(table["method"], table["setting"], strict=True))
    old = [pair not in new for pair in zip(before["method"], before["setting"], strict=True)]
    both = pd.concat([table, before[old]], ignore_index=True)
    order = {(pair.method, pair.clusterer, pair.changes): k for k, pair in enumerate(PAIRS)}
    names = both["clusterer"].str.partition("@")[0]
    places = [order[key] for key in zip(both["method"], names, both["setting"], strict=True)]
    return both.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)


def main() -> None:
    """Read the runs and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument("--dataset", default="worm_neuron")
    parser.add_argument("--out", type=Path, default=Path("results/fidelity"))
    arguments = parser.parse_args()
    runs = runs_frame(arguments.results)
    runs = runs[(runs["dataset"] == arguments.dataset) & (runs["status"] == "ok")]
    theirs = {}
    if arguments.predictions:
        with np.load(arguments.predictions) as stored:
            here = [k for k in stored if k.split("|")[1].removesuffix("_cell") == arguments.dataset]
            theirs = {key: stored[key] for key in here}
    rows = [
        row
        for pair in PAIRS
        for row in compare(pair, runs, arguments.results, arguments.dataset, theirs)
    ]
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "fidelity.csv"
    none = pd.DataFrame(columns=COLUMNS)
    table = merged(rows, pd.read_csv(file, dtype=str).fillna("") if file.exists() else none)
    table.to_csv(file, index=False)
    text = "\n".join(markdown_table(table.to_dict("records"), COLUMNS))
    (arguments.out / "fidelity.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
