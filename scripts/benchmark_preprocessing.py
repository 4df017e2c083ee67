"""Measure the peak memory and time of preprocessing, and how they grow with the data.

    python scripts/benchmark_preprocessing.py --out results/performance/preprocessing
    python scripts/benchmark_preprocessing.py --quick --out DIR

Counts are simulated with the number of non-zero values that is asked for, in a fresh process for
each case. Two questions: do 10^5 cells x 20 000 genes with 5 % non-zero values become 500 highly
variable genes in less than 4 GB, whatever types the counts come in; and does the peak grow with
the non-zero values, or with cells x genes? Writes table.md, cases.csv and memory.png.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from benchmarking import (
    BUSY_NOTE,
    exponent,
    machine,
    markdown_table,
    peak_memory,
    run_case,
    stopwatch,
    versions,
    write_csv,
)

TYPES = ("float32/int32", "float64/int32", "int64/int32", "float64/int64", "float32/csc")
GOAL_GB = 4.0
DENSITIES = (0.02, 0.05)
COLUMNS = (
    "cells",
    "genes",
    "non-zero",
    "types",
    "input GB",
    "peak GB",
    "seconds",
    "processor seconds",
)


def measure(case: dict[str, Any]) -> dict[str, Any]:
    """Preprocess one simulated set in this process."""
    import pandas as pd
    from anndata import AnnData
    from simulated_counts import simulated_counts

    from scinfovae.data.preprocessing import preprocess

    matrix = simulated_counts(case["cells"], case["genes"], case["density"], case["types"])
    arrays = (matrix.data, matrix.indices, matrix.indptr)
    names = (pd.RangeIndex(length).astype(str) for length in matrix.shape)
    adata = AnnData(matrix, *(pd.DataFrame(index=index) for index in names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with stopwatch() as watch:
            prepared = preprocess(adata)
    assert prepared.scaled.shape[1] == min(500, case["genes"])
    return {
        "nonzeros": int(matrix.nnz),
        "input_bytes": sum(array.nbytes for array in arrays),
        "peak_bytes": peak_memory(),
        "wall_seconds": watch.wall,
        "cpu_seconds": watch.cpu,
    }


def cases(quick: bool) -> list[dict[str, Any]]:
    """List the cases: the large set in each type, then growing sets of two densities."""
    if quick:
        growing, genes, types = (1000, 2000), 2000, TYPES[:1] + TYPES[-2:]
    else:
        growing, genes, types = (12_500, 25_000, 50_000, 100_000), 20_000, TYPES
    sets = [(growing[-1], 0.05, each) for each in types]
    sets += [(n, density, TYPES[0]) for density in DENSITIES for n in growing]
    keys = ("cells", "density", "types")
    # the largest of the growing sets is among the first already
    return [dict(zip(keys, one, strict=True)) | {"genes": genes} for one in dict.fromkeys(sets)]


def report(rows: list[dict[str, Any]], arguments: argparse.Namespace) -> list[str]:
    shown = [
        {
            "cells": row["cells"],
            "genes": row["genes"],
            "non-zero": f"{row['density']:.0%}",
            "types": row["types"],
            **(
                {"peak GB": row["error"]}
                if "error" in row
                else {
                    "input GB": row["input_bytes"] / 1e9,
                    "peak GB": row["peak_bytes"] / 1e9,
                    "seconds": row["wall_seconds"],
                    "processor seconds": row["cpu_seconds"],
                }
            ),
        }
        for row in rows
    ]
    lines = ["# Preprocessing: peak memory and time", ""]
    lines += [f"`{arguments.command}`", "", f"{machine()}.", ""]
    lines += [versions("numpy", "scipy", "scanpy", "anndata") + ".", "", BUSY_NOTE, ""]
    lines += [
        "Peak: of the whole process, with the counts it was given and about 0.3 GB of imported "
        f"libraries. Goal for the first size: below {GOAL_GB:g} GB.",
        "",
        *markdown_table(shown, COLUMNS),
        "",
    ]
    return lines + growth_lines(rows)


def growing_sets(rows: list[dict[str, Any]], density: float) -> list[dict[str, Any]]:
    """Choose the sets of one density and the first type, from the smallest on."""
    group = [r for r in rows if r["density"] == density and r["types"] == TYPES[0]]
    return sorted((r for r in group if "error" not in r), key=lambda r: r["cells"])


def growth_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Bytes for each non-zero value, and for each cell x gene, from the slope of each density."""
    lines = ["What the peak grows with, from the smallest to the largest set of a density:", ""]
    table = []
    for density in DENSITIES:
        group = growing_sets(rows, density)
        if len(group) < 2:
            continue
        first, last = group[0], group[-1]
        rise = last["peak_bytes"] - first["peak_bytes"]
        values = last["nonzeros"] - first["nonzeros"]
        entries = (last["cells"] - first["cells"]) * last["genes"]
        sizes, seconds = zip(*((r["cells"], r["cpu_seconds"]) for r in group), strict=True)
        table.append(
            {
                "non-zero": f"{density:.0%}",
                "bytes per non-zero value": rise / values,
                "bytes per cell x gene": rise / entries,
                "exponent of seconds in cells": exponent(sizes, seconds),
            }
        )
    return lines + markdown_table(table, list(table[0])) if table else []


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
    for panel, what in zip(panels, ("non-zero values", "cells x genes"), strict=True):
        for density, colour in zip(DENSITIES, ("#0072B2", "#D55E00"), strict=True):
            group = growing_sets(rows, density)
            x = [
                r["nonzeros"] if what == "non-zero values" else r["cells"] * r["genes"]
                for r in group
            ]
            peaks = [r["peak_bytes"] / 1e9 for r in group]
            panel.plot(x, peaks, "o-", color=colour, label=f"{density:.0%} non-zero")
        panel.set(xlabel=what, xlim=(0, None), ylim=(0, None))
    panels[0].set_ylabel("peak memory (GB)")
    panels[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true", help="small sets, to see that it works")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(json.loads(arguments.case))))
        return
    if arguments.out is None:
        parser.error("--out DIR is needed")
    arguments.command = "python scripts/benchmark_preprocessing.py" + " --quick" * arguments.quick
    rows = []
    for case in cases(arguments.quick):
        rows.append(run_case(__file__, case))
        print(rows[-1], file=sys.stderr, flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_csv(arguments.out / "cases.csv", rows)
    text = "\n".join(report(rows, arguments)) + "\n"
    (arguments.out / "table.md").write_text(text)
    plot(rows, arguments.out / "memory.png")
    print(text)
    if any("error" in row for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
