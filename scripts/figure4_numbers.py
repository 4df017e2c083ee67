"""Print what the runs on the points of Fig. 4 say, as Markdown.

    python scripts/figure4_numbers.py RESULTS_DIR

Reads finished runs of ``sweep experiment=figure4``: kNN preservation of the points that were
trained on and of new ones, beside chance, and how alike the layouts of several runs are. One
table row a method, setting and draw of the points; collapsed runs count and are marked.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd

from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.layouts import consistency_frame

KS = (100, 500, 1000, 1500)
NAME = ["data_variant", "title", "variant"]


def preservation(runs: pd.DataFrame, definition: str, new: bool) -> pd.DataFrame:
    """Mean and standard deviation over seeds, one column a K, the final stage."""
    rows = []
    for run in runs.to_dict("records"):
        metrics = json.loads(run["metrics"])
        held = metrics.get("structure_new" if new else "structure") or {}
        if scores := held.get("final"):
            values = dict(zip(scores["k"], scores[definition], strict=True))
            chance = dict(zip(scores["k"], scores[f"chance_{definition}"], strict=True))
            name = {key: run[key] for key in NAME}
            rows.append({**name, "collapsed": run["collapsed"], **values})
            rows.append({**name, "title": "chance", "variant": "", "collapsed": False, **chance})
    if not rows:
        return pd.DataFrame()
    digits = 3 if definition == "overlap" else 1
    found = []
    for name, group in pd.DataFrame(rows).groupby(NAME, sort=False):
        row = dict(zip(NAME, name, strict=True))
        chance = row["title"] == "chance"
        row |= {"runs": "" if chance else len(group), "collapsed": int(group["collapsed"].sum())}
        for k in (k for k in KS if k in group):
            sd = f" ± {group[k].std():.{digits}f}" if len(group) > 1 and not chance else ""
            row[f"K={k}"] = f"{group[k].mean():.{digits}f}{sd}"
        found.append(row)
    return pd.DataFrame(found)


def markdown(table: pd.DataFrame) -> str:
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [[str(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(root: Path) -> str:
    runs = runs_frame(root)
    runs = runs[(runs["dataset"] == "figure4") & (runs["status"] == "ok")]
    parts = []
    for title, definition in (
        ("Shared neighbours (share)", "overlap"),
        ("Equal entries of the kNN graphs (percent)", "agreement"),
    ):
        for points, new in (("points trained on", False), ("new points", True)):
            table = preservation(runs, definition, new)
            if len(table):
                parts += [f"{title}, {points}", markdown(table)]
    alike = consistency_frame(runs, root)
    if len(alike):
        alike["disparity"] = alike["disparity"].map("{:.3f}".format)
        shown = alike[["title", "variant", "identity", "n_runs", "n_pairs", "disparity"]]
        parts += ["Mean pairwise Procrustes disparity of the layouts", markdown(shown)]
    return "\n\n".join(parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    print(report(parser.parse_args().results))
