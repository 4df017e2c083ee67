"""The simulation study: one property at a time, a draw of the counts for every seed."""

from __future__ import annotations

from collections import Counter

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.records.frame import runs_frame
from scinfovae.cli.main import main

METHODS = ("scinfovae", "pca", "pca_umap", "scanpy_leiden")
BASE = {"n_cells": 1000, "n_clusters": 8, "imbalance": 3.0, "dropout_midpoint": 1.0}
SWEPT = {
    "n_clusters": {4, 8, 16},
    "imbalance": {1.0, 3.0, 10.0, 30.0},
    "dropout_midpoint": {0.0, 0.3, 1.0, 3.0},
    "n_cells": {250, 500, 1000, 2000},
}


def test_one_property_is_changed_at_a_time() -> None:
    groups = make_plan(["experiment=simulation", "seed=2"])
    found: dict[str, set] = {key: set() for key in SWEPT}
    for group in groups:
        simulation = group.recipe.dataset.simulation
        assert simulation.seed == 2  # the draw follows the seed of the run
        changed = {key for key, value in BASE.items() if getattr(simulation, key) != value}
        assert len(changed) <= 1
        for key in changed or SWEPT:
            found[key].add(getattr(simulation, key))
    assert found == SWEPT
    n_settings = 1 + sum(len(values) - 1 for values in SWEPT.values())
    assert Counter(g.recipe.method.name for g in groups) == dict.fromkeys(METHODS, n_settings)


def test_in_short_it_runs_in_seconds(results, capsys) -> None:
    short = ["preset=quick", "dataset.simulation.n_cells=90", "dataset.simulation.n_genes=60"]
    few = ["method=pca", "seed=1", "preprocessing.n_hvg=40", "clusterers=[kmeans]"]
    fixed = ["dataset.simulation.n_clusters=3", "dataset.simulation.dropout_midpoint=0.5"]
    words = [f"results.dir={results}", *short, *few, *fixed]
    assert main(["sweep", "experiment=simulation", *words]) == 0, capsys.readouterr().err
    runs = runs_frame(results)
    # of the properties that are not fixed here the imbalance is left: four values
    assert Counter(runs["method"]) == {"pca": 4}
    assert set(runs["status"]) == {"ok"}
    assert runs["content_hash"].nunique() == 4
