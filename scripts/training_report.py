"""Tables of benchmark_training.py."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarking import machine, markdown_table, versions

Row = dict[str, Any]

CLOCKS = (
    "One thread unless said. Times are milliseconds a step, the medians of the turns, of the "
    "processor unless called by the clock; a ratio is the median of the ratios of single turns "
    "(smallest–largest)."
)
# slower by what: the first over the second, turn by turn
RATIOS = {
    "step": [
        ("ours", "matrix products"),
        ("ours, products by BLAS", "ours"),
        ("plain loop", "ours"),
    ],
    "scvi": [("scvi", "ours")],
    "seeds": [("five seeds", "one seed")],
    "threads": [("two threads", "one thread")],
    "gpu": [("five seeds", "one seed"), ("one seed, not recorded", "one seed")],
}
WORDS = {
    "step": (
        "A step against its matrix products and a plain loop",
        "Batches of 256 cells, 500 genes, hidden layers 500, 256, 256, ten latent dimensions, "
        "ZINB and MMD; fine-tuning adds the self-training term, for which the encoder sees each "
        "cell twice. The products are those of all layers, forward and backward, by PyTorch's "
        "BLAS. The library is the one that does them in our step: oneDNN on AMD processors, where "
        "the step with BLAS is another one, BLAS on others. The plain loop "
        "has a DataLoader, a layer for each head, lgamma of the whole matrix and Adam as it "
        "comes; its loss at step 1 was compared with ours for the same weights, cells and "
        "random numbers.",
    ),
    "scvi": (
        "Against scvi-tools",
        "SCVI by its own `train`; on both sides three hidden layers of 256 each way, ten latent "
        "dimensions, ZINB, batches of 256. The models differ: SCVI has batch normalisation and "
        "dropout, one dispersion for each gene in place of a head, and a KL in place of the MMD.",
    ),
    "seeds": ("A stack of seeds", "Five seeds in one stack against one seed, a step."),
    "threads": (
        "One thread against two",
        "By the clock on the wall, alone and beside another process that keeps one core busy.",
    ),
    "gpu": (
        "GPU: a step",
        "By the clock on the wall. A step is recorded once as a CUDA graph and replayed.",
    ),
    "gpu protocol": (
        "GPU: the whole training of five seeds",
        "By the clock on the wall, diagnostics included, K-means for the centres not. Simulated "
        "cells, as many as 10x_pbmc has.",
    ),
    "gpu all datasets": (
        "GPU: whole trainings of five seeds on 15 datasets",
        "As above, on simulated cells, as many as each of the paper's datasets has.",
    ),
    "million": (
        "Many cells",
        "One seed, one epoch of pretraining, the evaluation that every tenth epoch adds, and the "
        "diagnostics at the end of a stage. Peaks are of the process, from its start.",
    ),
}


def case_row(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "turns_ms"}


def turn_rows(rows: list[Row]) -> list[Row]:
    """List every time that was taken."""
    return [
        {"part": row["part"], "case": case_name(row), "contestant": name, "turn": turn, "ms": ms}
        for row in rows
        for name, times in row.get("turns_ms", {}).items()
        for turn, ms in enumerate(times)
    ]


def ratio_rows(rows: list[Row]) -> list[Row]:
    """Give the median of the ratios of the turns, and the smallest and the largest of them."""
    found = []
    for row in rows:
        turns = row.get("turns_ms")
        for slow, fast in RATIOS[row["part"]] if turns else []:
            ratios = [a / b for a, b in zip(turns[slow], turns[fast], strict=True)]
            spread = {"median": median(ratios), "smallest": min(ratios), "largest": max(ratios)}
            names = {"part": row["part"], "case": case_name(row), "ratio": f"{slow} / {fast}"}
            found.append(names | spread)
    return found


def case_name(row: Row) -> str:
    words = [row["stage"]] if "stage" in row else []
    if "zeros" in row:
        words.append(f"{100 * row['zeros']:.0f} % zeros")
    if "neighbour" in row:
        words.append("beside another process" if row["neighbour"] else "alone")
    if isinstance(row.get("cells"), list):
        sets = f" in {len(row['cells'])} sets" if len(row["cells"]) > 1 else ""
        words.append(
            f"{sum(row['cells']):,} cells{sets}, {'+'.join(map(str, row['epochs']))} epochs"
        )
    return ", ".join(words)


def part_table(rows: list[Row]) -> list[str]:
    table = []
    for row in rows:
        line: Row = {"case": case_name(row)}
        if "error" in row or "note" in row:
            line["result"] = row.get("error") or row["note"]
        elif "turns_ms" in row:
            line |= {f"{name} (ms)": median(ms) for name, ms in row["turns_ms"].items()}
            for found in ratio_rows([row]):
                shown = [f"{found[key]:.2f}" for key in ("median", "smallest", "largest")]
                line[found["ratio"]] = "{} ({}–{})".format(*shown)
            if "library" in row:
                line["library"] = row["library"]
            if "difference_at_step_one" in row:
                line["losses at step 1 differ by"] = f"{row['difference_at_step_one']:.0e}"
        else:
            line |= {"wall seconds": row["wall_seconds"], "peak GiB": row["gpu_peak_gib"]}
        if "device" in row:
            line["device"] = row["device"]
        table.append(line)
    return markdown_table(table, list(dict.fromkeys(key for line in table for key in line)))


def million_table(row: Row) -> list[str]:
    if "error" in row:
        return [row["error"]]
    before = f"{row['cells']:,} cells in memory ({row['arrays_gib']:.2f} GiB of arrays)"
    table: list[Row] = [{"after": before, "peak GiB": row["peak_gib_before"]}]
    for part in ("epoch", "evaluate", "describe"):
        times = {f"{clock} seconds": row[f"{part}_{clock}_seconds"] for clock in ("cpu", "wall")}
        table.append({"after": part, **times, "peak GiB": row[f"peak_gib_after_{part}"]})
    return markdown_table(table, ["after", "cpu seconds", "wall seconds", "peak GiB"])


def report(rows: list[Row], command: str) -> list[str]:
    lines = ["# Training: time and memory", "", f"`{command}`", "", f"{machine()}.", ""]
    lines += [versions("torch", "numpy", "numba") + ".", "", CLOCKS]
    for part, (title, words) in WORDS.items():
        some = [row for row in rows if row["part"] == part]
        if some:
            table = million_table(some[0]) if part == "million" else part_table(some)
            lines += ["", f"## {title}", "", words, "", *table]
    return [*lines, ""]
