"""Tables and the picture of benchmark_clustering.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarking import BUSY_NOTE, exponent, machine, markdown_table, versions

if TYPE_CHECKING:
    from pathlib import Path

# what is faster measures imports and caches more than work
FITTED_FROM_SECONDS = 0.05
COLOURS = "#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #8B6914".split()


def versus_table(rows: list[dict[str, Any]]) -> list[str]:
    table = []
    for row in rows:
        if "error" in row:
            table.append({"embedding": row["embedding"], "cells": row["error"]})
            continue
        rest = [row[f"cpu_{who}"] - row[f"cpu_{who}_neighbours"] for who in ("theirs", "ours")]
        table.append(
            {
                "embedding": row["embedding"],
                "cells": row["cells"],
                "theirs (s)": row["cpu_theirs"],
                "ours (s)": row["cpu_ours"],
                "ratio": row["cpu_theirs"] / row["cpu_ours"],
                "ratio by the clock": row["wall_theirs"] / row["wall_ours"],
                "neighbours: theirs (s)": row["cpu_theirs_neighbours"],
                "neighbours: ours (s)": row["cpu_ours_neighbours"],
                "ratio of the rest": rest[0] / rest[1],
                "ARI": row["ari"],
                "ARI, 10 starts": row["ari_ten_starts"],
                "difference of the eigenvalue sums": abs(row["sum_theirs"] - row["sum_ours"]),
            }
        )
    return markdown_table(table, list(dict.fromkeys(key for row in table for key in row)))


def growth_table(rows: list[dict[str, Any]]) -> list[str]:
    sizes = sorted({row["cells"] for row in rows})
    table = []
    for work in dict.fromkeys(row["work"] for row in rows):
        done = [row for row in rows if row["work"] == work]
        line: dict[str, Any] = {"": work}
        for row in done:
            shown = (
                f"{row['cpu_seconds']:.3g} s, {row['peak_bytes'] / 1e9:.2f} GB"
                if ("error" not in row)
                else row["error"]
            )
            line[f"{row['cells']:,}"] = shown
        line["exponent"] = fitted(done)
        table.append(line)
    return markdown_table(table, ["", *(f"{n:,}" for n in sizes), "exponent"])


def fitted(rows: list[dict[str, Any]]) -> float:
    rows = [row for row in rows if "error" not in row]
    seconds = [row["cpu_seconds"] for row in rows]
    return exponent([row["cells"] for row in rows], seconds, FITTED_FROM_SECONDS)


def search_table(rows: list[dict[str, Any]]) -> list[str]:
    table = [
        {
            "cells": row["cells"],
            "dimensions": row["dimensions"],
            "search": row.get("neighbours", row.get("error")),
            "recall": row.get("neighbour_recall", 1.0),
            "seconds": row.get("cpu_seconds"),
            "peak GB": row.get("peak_bytes", 0) / 1e9,
        }
        for row in rows
    ]
    return markdown_table(table, list(table[0]))


def report(rows: list[dict[str, Any]], command: str) -> list[str]:
    parts = {
        name: [row for row in rows if row["part"] == name]
        for name in ("versus", "growth", "search")
    }
    lines = ["# Clustering: time and memory", "", f"`{command}`", "", f"{machine()}.", ""]
    lines += [versions("numpy", "scipy", "scikit-learn", "leidenalg", "pynndescent") + ".", ""]
    lines += [BUSY_NOTE, "", "One thread everywhere; K = 10.", ""]
    if parts["versus"]:
        lines += [
            "## Robust spectral clustering against the authors' implementation",
            "",
            "Medians of repetitions run in turn, same parameters (15 neighbours, theta 20, half of "
            "the edges kept, random-walk Laplacian, one start of K-means). ARI: between the two "
            "labelings; with 10 starts: between ours by default and theirs after ten starts of "
            "K-means on their eigenvectors.",
            "",
            *versus_table(parts["versus"]),
            "",
        ]
    lines += [
        "## Growth with the number of cells, 10 dimensions",
        "",
        "Seconds of the processor, and peak memory of the process. The exponent is fitted to the "
        f"sizes that take {FITTED_FROM_SECONDS} s or more. Ward is exact up to 5000 cells and "
        "along the neighbour graph above; the silhouette above 50,000 cells is that of 50,000.",
        "",
        *growth_table(parts["growth"]),
        "",
    ]
    if parts["search"]:
        lines += ["## Fifteen neighbours in other numbers of dimensions", ""]
        lines += [*search_table(parts["search"]), ""]
    return lines


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for work, colour in zip(dict.fromkeys(row["work"] for row in rows), COLOURS, strict=False):
        done = [row for row in rows if row["work"] == work and "error" not in row]
        cells = [row["cells"] for row in done]
        label = f"{work}, $n^{{{fitted(done):.2f}}}$"
        panels[0].loglog(cells, [r["cpu_seconds"] for r in done], "o-", color=colour, label=label)
        panels[1].loglog(cells, [r["peak_bytes"] / 1e9 for r in done], "o-", color=colour)
    panels[0].set(xlabel="cells", ylabel="seconds of one processor core")
    panels[1].set(xlabel="cells", ylabel="peak memory of the process (GB)")
    panels[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)
