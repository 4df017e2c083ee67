"""Ours against what others published of the same cells, on their own preprocessing."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from scinfovae.cli.main import main
from scinfovae.metrics import adjusted_rand_index

DATASET = "worm_neuron_cell"


@pytest.mark.slow
@pytest.mark.real_data
def test_scanpys_clusters_of_the_worm_are_the_published_ones(shared_data, tmp_path):
    words = ["method=scanpy_leiden", "input=own", "dataset=worm_neuron", "figures=false"]
    where = [f"data.mirror={shared_data / 'data' / 'mirror'}", f"results.dir={tmp_path}"]
    assert main(["run", *words, *where]) == 0
    (file,) = tmp_path.glob("runs/worm_neuron/scanpy_leiden/*/seed=0/labels.parquet")
    labels = pd.read_parquet(file)
    predictions = np.load(shared_data / "published" / "graph_sc_predictions.npz")
    theirs = predictions[f"scanpy-seurat|{DATASET}|0"].astype(str)[labels["row"]]
    assert adjusted_rand_index(theirs, labels["final.own"]) > 0.85
    with (shared_data / "published" / "graph_sc_results.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["dataset"] == DATASET]
    published = [float(row["ari"]) for row in rows if row["method"] == "scanpy-seurat"]
    (reference,) = (name for name in labels if name.startswith("label."))
    ours = adjusted_rand_index(labels[reference], labels["final.own"])
    assert ours == pytest.approx(np.mean(published), abs=0.05)


@pytest.mark.slow
@pytest.mark.real_data
def test_graph_scs_clusters_of_the_worm_are_as_like_the_published_ones_as_those_each_other(
    shared_data, tmp_path
):
    words = ["method=graph_sc", "input=own", "dataset=worm_neuron", "clusterers=[kmeans]"]
    where = [f"data.mirror={shared_data / 'data' / 'mirror'}", f"results.dir={tmp_path}"]
    assert main(["run", *words, *where, "figures=false"]) == 0
    (file,) = tmp_path.glob("runs/worm_neuron/graph_sc/*/seed=0/labels.parquet")
    labels = pd.read_parquet(file)
    predictions = np.load(shared_data / "published" / "graph_sc_predictions.npz")
    theirs = [predictions[f"graph-sc(KM)|{DATASET}|{run}"].astype(str) for run in range(3)]
    among = [adjusted_rand_index(theirs[a], theirs[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    ours = [adjusted_rand_index(run[labels["row"]], labels["final.kmeans"]) for run in theirs]
    assert np.mean(ours) > np.mean(among) - 0.15
