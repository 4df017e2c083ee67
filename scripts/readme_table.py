"""The table of the README, out of the committed tables: ``python scripts/readme_table.py``."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from statistics import mean

from scinfovae.methods import METHODS

TABLE = Path(__file__).parents[1] / "results" / "tables" / "at_hand" / "ari.csv"
SETS = ("worm_neuron", "10x_pbmc_top2000", "mouse_bladder_top2000", "young_top2000")
NAMES = {
    "scinfovae": "ScInfoVAE, as the paper describes it",
    "scinfovae_consensus": "ScInfoVAE consensus, our own preset",
    "scanpy_leiden": "Leiden",
    "scanpy_louvain": "Louvain",
}
Row = dict[str, str]


def rows_of(path: Path) -> dict[str, dict[str, Row]]:
    """Read, for each method with its defaults, the row of every set.

    With the labels it assigns itself, or else those of K-means; ablations are left out.
    """
    found: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            usual = (row["kind"], row["variant"], row["control"]) == ("measured", "", "False")
            if usual and row["complete"] == "True" and row["dataset"] in SETS:
                found[row["method"], row["clusterer"]][row["dataset"]] = row
    methods = dict.fromkeys(method for method, _ in found if METHODS[method].kind != "ablation")
    chosen = {m: found.get((m, "own")) or found.get((m, "kmeans")) or {} for m in methods}
    return {m: rows for m, rows in chosen.items() if len(rows) == len(SETS)}


def ranks_of(path: Path) -> dict[str, float]:
    """Read the mean rank of each method with its defaults from the table beside that of the ARI."""
    with path.with_name("methods.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if not row["variant"] and row["mean_rank"]]
    return {row["method"]: float(row["mean_rank"]) for row in rows}


def lines_of(path: Path) -> list[str]:
    """Write the table, the best mean rank first; the best of a set is bold."""
    methods, ranks = rows_of(path), ranks_of(path)
    best = [max(float(rows[one]["mean"]) for rows in methods.values()) for one in SETS]
    heads = ["", *SETS, "mean", "mean rank", "seeds", "command"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for method in sorted(methods, key=lambda m: ranks[m]):
        rows = [methods[method][one] for one in SETS]
        name = NAMES.get(method, rows[0]["label"])
        cells = [name + (", own" if rows[0]["clusterer"] == "own" else "")]
        for row, most in zip(rows, best, strict=True):
            told = shown(row["mean"]) + (f" ± {shown(row['sd'])}" if row["sd"] else "")
            cells.append(f"**{told}**" if float(row["mean"]) == most else told)
        cells.append(f"{mean(float(row['mean']) for row in rows):.3f}".lstrip("0"))
        cells.append(f"{ranks[method]:.1f}")
        (seeds,) = {row["seeds"] for row in rows}
        cells.append(str(len(seeds.split(","))))
        words = f"'seed=range({cells[-1]})'" if "," in seeds else f"seed={seeds}"
        cells.append(f"`method={method} {words}`")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def shown(number: str) -> str:
    """Write three decimals without the leading zero."""
    return f"{float(number):.3f}".replace("0.", ".", 1)


if __name__ == "__main__":
    print("\n".join(lines_of(TABLE)))
