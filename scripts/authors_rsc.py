"""Robust spectral clustering of this project and of its authors, side by side in one process.

The authors' code (github.com/abojchevski/rsc, MIT licence) is read from a folder given by the user;
none of it is part of this project. It is run as it is. NumPy 1.24 removed the name ``numpy.int``,
which it uses in two places of ``rsc/clustering.py`` (the count of edges that a node may lose, and
the branch of theta = 0): the name is given back to NumPy before the import, and nothing else is
changed. Its K-means makes the number of starts that scikit-learn now takes by default, which is
one; so ours makes one too.
"""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarking import stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

PARAMETERS = {"n_neighbors": 15, "theta": 20, "min_share": 0.5, "laplacian": "rw", "n_init": 1}


def authors_class(folder: str) -> Any:
    import numpy as np

    setattr(np, "int", int)  # noqa: B010 (a linter would mend the name)
    sys.path.insert(0, folder)
    from rsc.clustering import RSC

    return RSC


def compare(points: np.ndarray, n_clusters: int, folder: str, repeats: int) -> dict[str, Any]:
    """Run both in turn, and say how long they take and how far they agree."""
    import numpy as np
    from sklearn.cluster import k_means
    from sklearn.neighbors import kneighbors_graph

    from scinfovae.clustering import cluster
    from scinfovae.clustering.knn import union_graph
    from scinfovae.clustering.neighbours import nearest_neighbours
    from scinfovae.metrics import adjusted_rand_index

    robust = authors_class(folder)
    model = robust(n_clusters, nn=15, theta=20, m=0.5, laplacian=1, n_iter=50)

    def theirs() -> np.ndarray:
        np.random.seed(0)  # noqa: NPY002 (their K-means draws from here)
        return model.fit_predict(points)

    steps: dict[str, Callable[[], Any]] = {
        "theirs": theirs,
        "ours": lambda: cluster("rsc", points, n_clusters, 0, PARAMETERS),
        "theirs_neighbours": lambda: kneighbors_graph(points, 15),
        "ours_neighbours": lambda: nearest_neighbours(points, 15),
        "ours_ten_starts": lambda: cluster("rsc", points, n_clusters, 0),
    }
    wall: dict[str, list[float]] = {name: [] for name in steps}
    cpu: dict[str, list[float]] = {name: [] for name in steps}
    results: dict[str, Any] = {}
    # the first time of each is not counted
    for repeat in range(repeats + 1):
        for name, step in steps.items():
            with stopwatch() as watch:
                results[name] = step()
            if repeat:
                wall[name].append(watch.wall)
                cpu[name].append(watch.cpu)
    ours = results["ours"]
    vectors = np.asarray(model.H)
    ten_starts = k_means(vectors, n_clusters, n_init=10, random_state=0)[1]
    found = {f"cpu_{name}": median(values) for name, values in cpu.items()}
    found |= {f"wall_{name}": median(values) for name, values in wall.items()}
    return found | {
        "ari": adjusted_rand_index(results["theirs"], ours.labels),
        "ari_ten_starts": adjusted_rand_index(ten_starts, results["ours_ten_starts"].labels),
        "edges_removed_theirs": int(model.Ac.nnz // 2),
        "edges_removed_ours": ours.info["removed_edges"],
        "sum_theirs": kept_sum(vectors, model.Ag),
        "sum_ours": ours.info["eigenvalue_sums"][-1],
        "components": ours.info["components"],
        "rounds": ours.info["rounds"],
        "same_graph": bool(
            (union_graph(nearest_neighbours(points, 15)) != (model.Ag + model.Ac)).nnz == 0
        ),
    }


def kept_sum(vectors: np.ndarray, graph: Any) -> float:
    """Sum of the eigenvalues that the vectors have on the graph they are given with."""
    import numpy as np
    from scipy.linalg import eigh

    degrees = np.asarray(graph.sum(axis=0)).ravel()
    right = vectors.T @ (degrees[:, None] * vectors)
    return float(eigh(right - vectors.T @ (graph @ vectors), right, eigvals_only=True).sum())
