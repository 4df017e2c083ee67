"""The exact forms of the commands, on real files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest


@pytest.mark.real_data
@pytest.mark.slow
def test_three_seeds_on_worm_neuron(cli, shared_data, results, tmp_path):
    words = (
        "dataset=worm_neuron",
        "method=pca",
        "seed=0,1,2",
        f"data.mirror={shared_data / 'data' / 'mirror'}",
        f"data.cache_dir={tmp_path / 'cache'}",
        f"results.dir={results}",
        "figures=false",
    )
    code, out, _ = cli("run", *words)
    records = sorted(results.glob("runs/worm_neuron/pca/*/seed=*"))
    assert code == 0
    assert len(records) == 3
    labels = pd.read_parquet(records[0] / "labels.parquet")
    assert len(labels) == 4186
    assert labels["label.Y"].nunique() == 10
    assert np.load(records[0] / "embedding.npy").shape == (4186, 50)
    metrics = json.loads((records[0] / "metrics.json").read_text())
    scores = {entry["key"]: entry["external"]["Y"]["ari"] for entry in metrics["clusterings"]}
    assert set(scores) == {"kmeans", "spectral", "rsc"}
    assert scores["kmeans"] > 0.2
    assert "mean ± sd over seeds 0, 1, 2" in out


@pytest.mark.real_data
@pytest.mark.slow
def test_published_predictions_get_their_published_scores(cli, shared_data, tmp_path):
    code, out, err = cli(
        "datasets",
        "verify",
        "worm_neuron",
        "10x_pbmc_top2000",
        f"data.mirror={shared_data / 'data' / 'mirror'}",
        f"data.cache_dir={tmp_path / 'cache'}",
        "--predictions",
        str(shared_data / "published" / "graph_sc_predictions.npz"),
    )
    assert code == 0, err
    assert "worm_neuron_cell" in out
    assert "10X_PBMC" in out
    assert "DIFFERS" not in out


@pytest.mark.real_data
def test_predictions_that_differ_are_a_failed_verification(cli, shared_data, tmp_path):
    published = shared_data / "published"
    index = pd.read_csv(published / "graph_sc_predictions_index.csv")
    index["ari"] += 0.01
    index.to_csv(tmp_path / "index.csv", index=False)
    code, _, err = cli(
        "datasets",
        "verify",
        "worm_neuron",
        f"data.mirror={shared_data / 'data' / 'mirror'}",
        f"data.cache_dir={tmp_path / 'cache'}",
        "--predictions",
        str(published / "graph_sc_predictions.npz"),
        "--index",
        str(tmp_path / "index.csv"),
    )
    assert code == 4
    assert "do not get their published scores" in err
