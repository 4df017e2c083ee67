"""Runs on a share of the cells have names of their own and say what they are on."""

from __future__ import annotations

import json

from scinfovae.bench.records.frame import runs_frame


def test_shares_are_runs_of_their_own(bench, results) -> None:
    words = ("method=pca", "clusterers=[kmeans]", "dataset.fraction=0.5,1")
    code, _, err = bench(*words)
    assert code == 0, err
    runs = runs_frame(results)
    assert sorted(runs["n_cells"]) == [30, 60]
    assert runs["identity"].nunique() == runs["content_hash"].nunique() == 2
    assert runs["setting"].nunique() == 1
    said = dict(zip(runs["n_cells"], runs["data_variant"], strict=True))
    assert "fraction=0.5" in said[30]
    assert "fraction" not in said[60]
    for folder in results.glob("runs/*/*/*/*"):
        assert (folder / "status.json").is_file()
        entry = json.loads((folder / "metrics.json").read_text())["clusterings"][0]
        assert "peak_memory_bytes" in entry


def test_a_share_is_found_again(bench) -> None:
    words = ("method=pca", "clusterers=[kmeans]", "dataset.fraction=0.5")
    assert bench(*words)[0] == 0
    assert "already finished" in bench(*words)[1]
