"""Make the small tables of published results that the package carries.

    python scripts/carry_published.py FOLDER

FOLDER holds graph_sc_results.csv, contrastive_sc_results.csv, best_published.csv and
cv_published.csv, as collected from the repositories named in their column `source`. Written are
runs.csv, best.csv and cv.csv under scinfovae/tables/published/, datasets under our ids and numbers
with 7 digits. Left out are second timings of the same harness ("[CPU]"), an earlier run of
graph-sc, and what contrastive-sc shows in figures of runs that graph-sc lists.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from scinfovae.data.registry import load_registry
from scinfovae.errors import DataError

HARNESSES = {"graph-sc": "graph_sc_results.csv", "contrastive-sc": "contrastive_sc_results.csv"}
# RaceID dropped most cells of this file before it clustered the rest
REMARKS = {("raceid", "worm_neuron"): "scored on 117 of 4186 cells"}
KINDS = {"same files": "harness", "ACC only": "benchmark", "ORACLE": "oracle"}


def ids() -> dict[str, str]:
    """Map published names to ours."""
    specs = load_registry().values()
    return {spec.published_name: spec.name for spec in specs if spec.published_name}


def our_ids(names: pd.Series) -> pd.Series:
    found = names.map(ids())
    if found.isna().any():
        raise DataError(f"unknown datasets: {sorted(set(names[found.isna()]))}")
    return found


def runs(folder: Path) -> pd.DataFrame:
    parts = []
    for harness, file in HARNESSES.items():
        frame = pd.read_csv(folder / file, dtype={"run": str}).assign(harness=harness)
        frame["kind"] = (
            frame["source"].str.startswith("decoded").map({True: "figure", False: "run"})
        )
        if harness == "contrastive-sc":
            frame = frame[frame["kind"] == "run"]
        parts.append(frame[~frame["method"].str.contains(r"\[CPU\]|\[earlier run")])
    whole = pd.concat(parts, ignore_index=True)
    whole["dataset"] = our_ids(whole["dataset"])
    pairs = zip(whole["method"], whole["dataset"], strict=True)
    whole["remark"] = [REMARKS.get(pair, "") for pair in pairs]
    scores = ["ari", "nmi", "silhouette", "calinski_harabasz", "time_s"]
    columns = ["harness", "method", "dataset", "run", "kind", *scores, "remark", "source"]
    return whole[columns].sort_values(columns[:4], ignore_index=True)


def best(folder: Path) -> pd.DataFrame:
    frame = pd.read_csv(folder / "best_published.csv").rename(columns={"acc": "accuracy"})
    frame["dataset"] = our_ids(frame["dataset"])
    notes = frame["notes"].fillna("")
    frame["kind"] = [
        next((k for m, k in KINDS.items() if n.startswith(m)), "single") for n in notes
    ]
    frame["remark"] = notes.str.strip()
    columns = ["dataset", "method", "kind", "ari", "nmi", "accuracy", "remark", "source"]
    return frame[columns].sort_values(["dataset", "kind"], ignore_index=True, kind="stable")


def cv(folder: Path) -> pd.DataFrame:
    frame = pd.read_csv(folder / "cv_published.csv", index_col=0).rename_axis("method")
    names = {"ARI": "ari", "NMI": "nmi", "CH": "calinski_harabasz", "Sil": "silhouette"}
    return frame.rename(columns=names).rename({"pca_kmeans": "pca2_kmeans"}).reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    out = Path(__file__).resolve().parent.parent / "scinfovae" / "tables" / "published"
    for name, frame in (("runs", runs(folder)), ("best", best(folder)), ("cv", cv(folder))):
        frame.to_csv(out / f"{name}.csv", index=False, float_format="%.7g", lineterminator="\n")
        print(f"{name}.csv: {len(frame)} rows")


if __name__ == "__main__":
    main()
