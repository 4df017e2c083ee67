"""How alike the stored layouts of several runs are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import procrustes

from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.layouts import consistency_frame


def test_it_is_read_from_the_stored_embeddings(toy, bench, results) -> None:
    assert bench("method=toy", "seed=range(3)", "clusterers=[kmeans]")[0] == 0
    assert bench("method=pca", "seed=range(2)", "clusterers=[kmeans]")[0] == 0
    assert bench("method=toy", "method.width=3", "clusterers=[kmeans]")[0] == 0
    told = consistency_frame(runs_frame(results), results).set_index("method")
    stored = {
        int(file.parent.name.removeprefix("seed=")): np.load(file)
        for file in results.glob("runs/simulated/toy/*/seed=*/embedding.npy")
        if np.load(file).shape[1] == 2
    }
    pairs = [procrustes(stored[a], stored[b])[2] for a, b in ((0, 1), (0, 2), (1, 2))]
    toy_row = told.loc["toy"]
    assert toy_row["n_runs"] == toy_row["n_pairs"] == 3
    assert toy_row["disparity"] == pytest.approx(np.mean(pairs))
    assert toy_row["disparity_sd"] == pytest.approx(np.std(pairs, ddof=1))
    # the same embedding for every seed; and one run of a setting is nothing to compare
    assert told.loc["pca", "disparity"] == pytest.approx(0, abs=1e-9)
    assert len(told) == 2
    before = consistency_frame(runs_frame(results), results, "pretrained")
    assert before["method"].tolist() == ["toy"]


def test_layouts_without_a_shape_are_told(toy, bench, results) -> None:
    assert bench("method=toy", "seed=range(2)", "clusterers=[kmeans]")[0] == 0
    for file in results.glob("runs/simulated/toy/*/seed=1/embedding.npy"):
        np.save(file, np.ones((60, 2), np.float32))
    (row,) = consistency_frame(runs_frame(results), results).to_dict("records")
    assert row["n_pairs"] == 0
    assert np.isnan(row["disparity"])
    assert "All cells of layout 1 lie at one point" in row["message"]
