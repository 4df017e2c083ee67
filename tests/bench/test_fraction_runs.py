"""Runs on a share of the cells have names of their own and say what they are on."""

from __future__ import annotations

import json

from scinfovae.bench.records.frame import runs_frame
from scinfovae.cli.main import main


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


def test_a_sweep_and_its_status_tell_shares_apart(bench, results, capsys) -> None:
    words = ("method=pca", "clusterers=[kmeans]", "dataset.fraction=0.5,1")
    out = bench(*words, verb="sweep")[1]
    rows = [line for line in out.splitlines() if line.startswith("simulated ")]
    assert len(rows) == 2
    assert sorted("fraction=0.5" in row for row in rows) == [False, True]
    assert main(["status", f"results.dir={results}"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("simulated ")]
    assert sorted("fraction=0.5" in row for row in rows) == [False, True]
