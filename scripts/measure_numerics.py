"""Measure what numerics change: stack width and threads, on the simulated data.

    python scripts/measure_numerics.py [preset=quick] [other words ...]

Every setting is a sweep of its own into a temporary folder; the table is Markdown, for
docs/sweeps.md. The first setting is done twice: equal numerics give equal bytes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SEEDS = 3
SETTINGS = {
    "stack_width=1 threads=1": ("stack_width=1", "threads=1"),
    "the same again": ("stack_width=1", "threads=1"),
    "stack_width=3 threads=1": ("stack_width=3", "threads=1"),
    "stack_width=1 threads=2": ("stack_width=1", "threads=2"),
}
FILES = {"pretrained": "embedding_pretrained.npy", "final": "embedding.npy"}


def sweep(root: Path, words: tuple[str, ...], given: list[str]) -> None:
    own = ("executor=processes", "executor.workers=1", f"seed=range({SEEDS})")
    command = [sys.executable, "-m", "scinfovae", "sweep", *own, *words, *given]
    subprocess.run(
        [*command, f"results.dir={root}", "--json"], check=True, stdout=subprocess.DEVNULL
    )


def read(root: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for record in sorted(root.glob("runs/*/*/*/seed=*")):
        entries = json.loads((record / "metrics.json").read_text())["clusterings"]
        ari = {
            entry["stage"]: next(iter(entry["external"].values()))["ari"]
            for entry in entries
            if entry["key"] == "kmeans"
        }
        arrays = {stage: np.load(record / file) for stage, file in FILES.items()}
        found.append({"ari": ari, "embedding": arrays})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*", default=["preset=quick"], help="as for 'sweep'")
    given = parser.parse_args().words
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for place, (name, words) in enumerate(SETTINGS.items()):
            sweep(Path(folder) / str(place), words, given)
            found[name] = read(Path(folder) / str(place))
    first = next(iter(found.values()))
    print(f"| {' '.join(given)} | largest difference, pretrained | final | ARI of K-means, final |")
    print("|---|---|---|---|")
    for name, runs in found.items():
        cells = []
        for stage in FILES:
            pairs = [
                (a["embedding"][stage], b["embedding"][stage])
                for a, b in zip(first, runs, strict=True)
            ]
            largest = max(float(np.abs(a - b).max() / a.std()) for a, b in pairs)
            cells.append("0" if largest == 0 else f"{largest:.1e} sd")
        ari = [run["ari"]["final"] for run in runs]
        cells.append(f"{np.mean(ari):.3f} ({', '.join(f'{value:.3f}' for value in ari)})")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
