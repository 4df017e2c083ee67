r"""Measure clusterers, silhouette and neighbour search: against a peer, and against size.

    python scripts/benchmark_clustering.py --out results/performance/clustering \
        --rsc FOLDER --mirror FOLDER --embedding NAME=FILE.npy --million
    python scripts/benchmark_clustering.py --quick --out DIR

--rsc takes a copy of the published implementation of robust spectral clustering (see
authors_rsc.py) and compares both on a simulated embedding, on PCA of worm_neuron read from the
--mirror folder, and on any stored embedding named. --million adds 10^6 cells. Each case runs in a
fresh process with one thread. Writes table.md, versus.csv, growth.csv and growth.png.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarking import peak_memory, run_case, stopwatch, write_csv
from clustering_report import plot, report

if TYPE_CHECKING:
    import numpy as np

N_CLUSTERS = 10
N_DIMENSIONS = 10
WORK = ("kmeans", "spectral", "rsc", "leiden", "gmm", "ward", "silhouette", "neighbours")
MILLION = ("kmeans", "spectral", "rsc")
QUICK_GROWTH = ("rsc", "neighbours")
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
# dimensions of embeddings, of PCA and of genes; and the first size that is searched approximately
SEARCHES = ((30_000, 10), (30_000, 15), (30_000, 50), (30_000, 500), (150_000, 50))
LONGEST_SECONDS = 3 * 3600.0


def simulated_embedding(n_cells: int, n_dimensions: int = N_DIMENSIONS) -> np.ndarray:
    """Ten unequal normal clusters that overlap; K-means reaches an ARI of about 0.75."""
    import numpy as np

    rng = np.random.default_rng(0)
    sizes = np.geomspace(1, 5, N_CLUSTERS)
    # as far apart in many dimensions as in ten
    centres = rng.normal(size=(N_CLUSTERS, n_dimensions)) * 1.25 * (10 / n_dimensions) ** 0.5
    spreads = rng.uniform(0.6, 1.4, size=(N_CLUSTERS, n_dimensions))
    labels = rng.choice(N_CLUSTERS, n_cells, p=sizes / sizes.sum())
    return centres[labels] + spreads[labels] * rng.normal(size=(n_cells, n_dimensions))


def worm_neuron(mirror: str) -> np.ndarray:
    from scinfovae.data.dataset import load_dataset
    from scinfovae.data.preprocessing import pca_space, preprocess
    from scinfovae.data.request import DatasetRequest

    data = load_dataset(DatasetRequest("worm_neuron", mirror=Path(mirror), offline=True))
    return pca_space(preprocess(data.adata), N_DIMENSIONS)


def measure(case: dict[str, Any]) -> dict[str, Any]:
    """Run one case in this process."""
    import numpy as np

    if case["part"] == "versus":
        from authors_rsc import compare

        if "mirror" in case:
            points = worm_neuron(case["mirror"])
        elif "file" in case:
            points = np.load(case["file"], allow_pickle=False)
        else:
            points = simulated_embedding(case["cells"])
        found = compare(points, N_CLUSTERS, case["rsc"], case["repeats"])
        return {"cells": len(points), **found}
    points = simulated_embedding(case["cells"], case["dimensions"])
    # imports and what is compiled once are not the work
    work_on(points[:200], case["work"])
    with stopwatch() as watch:
        found = work_on(points, case["work"])
    watched = {"wall_seconds": watch.wall, "cpu_seconds": watch.cpu, "peak_bytes": peak_memory()}
    return watched | found


def work_on(points: np.ndarray, work: str) -> dict[str, Any]:
    if work == "neighbours":
        from scinfovae.clustering.base import single_thread
        from scinfovae.clustering.neighbours import nearest_neighbours

        with single_thread():
            return nearest_neighbours(points, 15).info
    if work == "silhouette":
        from scinfovae.metrics import internal_scores

        labels = points[:, 0] > points[:, 0].mean()
        return {"silhouette_cells": internal_scores(points, labels)["silhouette_cells"]}
    from scinfovae.clustering import cluster

    info = cluster(work, points, N_CLUSTERS, 0).info
    return {key: info[key] for key in ("neighbours", "neighbour_recall") if key in info}


def cases(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """List the cases: RSC against its authors', then growth, then dimensions, then a million."""
    quick = arguments.quick
    listed: list[dict[str, Any]] = []
    if arguments.rsc:
        versus = {"part": "versus", "rsc": str(arguments.rsc), "repeats": 1 if quick else 5}
        cells = 500 if quick else 5000
        listed.append({**versus, "embedding": "simulated", "cells": cells})
        if arguments.mirror:
            mirror = str(arguments.mirror)
            listed.append({**versus, "embedding": "worm_neuron, PCA-10", "mirror": mirror})
        for name, _, file in (one.partition("=") for one in arguments.embedding):
            listed.append({**versus, "embedding": name, "file": file})
    growth = {"part": "growth", "dimensions": N_DIMENSIONS}
    for work in WORK:
        sizes = SIZES if not quick else (500, 1500) if work in QUICK_GROWTH else (500,)
        listed += [{**growth, "work": work, "cells": n} for n in sizes]
    if not quick:
        for n, d in SEARCHES:
            listed.append({"part": "search", "work": "neighbours", "cells": n, "dimensions": d})
    if arguments.million:
        listed += [{**growth, "work": work, "cells": 1_000_000} for work in MILLION]
    return listed


def command_of(arguments: argparse.Namespace) -> str:
    """Write down what was asked for; folders are this machine's own and stay out."""
    words = ["--quick"] * arguments.quick + ["--million"] * arguments.million
    words += ["--rsc FOLDER"] * bool(arguments.rsc) + ["--mirror FOLDER"] * bool(arguments.mirror)
    words += [f"--embedding '{one.partition('=')[0]}=FILE'" for one in arguments.embedding]
    return " ".join(["python scripts/benchmark_clustering.py --out DIR", *words])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--rsc", type=Path, help="folder with the authors' implementation")
    parser.add_argument("--mirror", type=Path, help="folder with worm_neuron.h5")
    parser.add_argument("--embedding", action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--million", action="store_true", help="10^6 cells too")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(json.loads(arguments.case))))
        return
    if arguments.out is None:
        parser.error("--out DIR is needed")
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for case in cases(arguments):
        rows.append(run_case(__file__, case, LONGEST_SECONDS))
        print(rows[-1], file=sys.stderr, flush=True)
    hidden = ("rsc", "mirror", "file", "part")
    for name in ("versus", "growth"):
        parts = (name,) if name == "versus" else ("growth", "search")
        some = [{k: v for k, v in r.items() if k not in hidden} for r in rows if r["part"] in parts]
        if some:
            write_csv(arguments.out / f"{name}.csv", some)
    text = "\n".join(report(rows, command_of(arguments)))
    (arguments.out / "table.md").write_text(text)
    plot([row for row in rows if row["part"] == "growth"], arguments.out / "growth.png")
    print(text)
    if any("error" in row for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
