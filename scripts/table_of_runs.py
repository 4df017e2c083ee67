"""Write the committed table and pictures of a set of finished runs.

    python scripts/table_of_runs.py RESULTS_DIR --out results/first_runs --command "..." ...

Reads the records under RESULTS_DIR/runs; one row per dataset, method, stage and clusterer, mean and
standard deviation over seeds, with the number of seeds. A record that did not end well is counted,
never left out silently.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import pandas as pd

# The better of the two published harnesses, mean ARI of the full dataset (graph-sc and
# contrastive-sc repositories).
PUBLISHED = {"worm_neuron": ("worm_neuron", 0.512), "10x_pbmc_top2000": ("10x_pbmc", 0.706)}
SCORES = {
    "ARI": ("external", "ari"),
    "NMI": ("external", "nmi"),
    "accuracy": ("external", "accuracy"),
    "silhouette": ("internal", "silhouette"),
    "CH": ("internal", "calinski_harabasz"),
    "silhouette_common": ("internal", "silhouette_common"),
    "CH_common": ("internal", "calinski_harabasz_common"),
}
DIAGNOSTICS = (
    "active_units",
    "mutual_information",
    "mutual_information_ceiling",
    "kl",
    "mmd",
    "reconstruction",
    "reconstruction_permuted",
    "held_out",
    "collapsed",
)


def read_records(root: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    scores, diagnostics, statuses = [], [], []
    for status_file in sorted((root / "runs").glob("*/*/*/seed=*/status.json")):
        folder = status_file.parent
        dataset, method, identity = folder.parts[-4:-1]
        run = {"dataset": dataset, "method": method, "identity": identity}
        run["seed"] = int(folder.name.removeprefix("seed="))
        status = json.loads(status_file.read_text())["status"]
        statuses.append(run | {"status": status})
        if status != "ok":
            continue
        metrics = json.loads((folder / "metrics.json").read_text())
        key = metrics["label_keys"][0]
        for entry in metrics["clusterings"]:
            values = {
                name: (entry[kind][key] if kind == "external" else entry[kind])[metric]
                for name, (kind, metric) in SCORES.items()
            }
            row = {"stage": entry["stage"], "clusterer": entry["key"]}
            scores.append(run | row | values | {"cluster_seconds": entry["seconds"]})
        seconds = {f"seconds_{k}": v for k, v in metrics["seconds"].items()}
        for stage, values in metrics["diagnostics"].items():
            shown = {k: values.get(k) for k in DIAGNOSTICS}
            diagnostics.append(run | {"stage": stage} | shown | seconds)
    return pd.DataFrame(scores), pd.DataFrame(diagnostics), pd.DataFrame(statuses)


def spread(values: pd.Series, digits: int) -> str:
    text = f"{values.mean():.{digits}f}"
    return f"{text} ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else text


def markdown(scores: pd.DataFrame) -> list[str]:
    names = list(SCORES)
    lines = []
    for dataset, group in scores.groupby("dataset"):
        lines += [f"## {dataset}", ""]
        if dataset in PUBLISHED:
            full, value = PUBLISHED[dataset]
            lines += [f"Published mean ARI, best of the two harnesses, full `{full}`: {value}.", ""]
        lines += ["| method | stage | clusterer | n | " + " | ".join(names) + " |"]
        lines += ["|---" * (4 + len(names)) + "|"]
        for keys, rows in group.groupby(["method", "stage", "clusterer"], sort=False):
            cells = [spread(rows[name], 0 if name.startswith("CH") else 3) for name in names]
            lines.append("| " + " | ".join([*keys, str(len(rows)), *cells]) + " |")
        lines.append("")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--command", action="append", default=[], help="that made the runs")
    arguments = parser.parse_args()
    scores, diagnostics, statuses = read_records(arguments.results)
    arguments.out.mkdir(parents=True, exist_ok=True)
    scores.to_csv(arguments.out / "scores.csv", index=False)
    diagnostics.to_csv(arguments.out / "diagnostics.csv", index=False)
    counted = statuses.value_counts(["dataset", "method", "status"]).sort_index()
    lines = ["# Runs on real data", "", "Made by", "", "```"]
    lines += [*arguments.command, "```", "", "Records by status:", ""]
    lines += [f"- {' / '.join(keys)}: {n}" for keys, n in counted.items()]
    lines += ["", *markdown(scores)]
    (arguments.out / "table.md").write_text("\n".join(lines))
    for record in sorted((arguments.results / "runs").glob("*/*/*/seed=*/embedding_plot.png")):
        dataset, method = record.parts[-5:-3]
        shutil.copy(record, arguments.out / f"{dataset}_{method}_embedding.png")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
