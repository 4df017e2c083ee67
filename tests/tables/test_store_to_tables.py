"""From finished runs to tables: the store, its export, and a sweep that is not complete."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.manifest import ExpectedRun, Manifest, write_manifest
from scinfovae.cli.main import main

TINY = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run PCA for two seeds, and note that three were asked for."""
    folder = tmp_path_factory.mktemp("store") / "results"
    words = (*TINY, "method=pca", "clusterers=[kmeans,ward]", f"results.dir={folder}")
    assert main(["run", *words, "seed=0,1", "figures=false"]) == 0
    (identity,) = [path.name for path in (folder / "runs").glob("simulated/pca/*")]
    asked = [
        ExpectedRun("simulated", "pca", identity, seed, "paper", clusterers=("kmeans", "ward"))
        for seed in range(3)
    ]
    write_manifest(folder, Manifest(tuple(asked), experiment="tiny"))
    return folder


def read(folder, name="ari"):
    return pd.read_csv(folder / f"{name}.csv").drop(columns="command")


def test_a_run_that_a_sweep_asks_for_is_missing(results, tmp_path, capsys):
    assert main(["tables", f"results.dir={results}", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "from 2 records (2 ok), 1 more expected and missing" in out
    assert "(2/3)" in out
    ari = read(tmp_path)
    assert ari[["n_expected", "n_done", "n_missing"]].drop_duplicates().to_numpy().tolist() == [
        [3, 2, 1]
    ]
    assert not ari["complete"].any()
    assert set(ari["clusterer"]) == {"kmeans", "ward"}


def test_scores_are_those_of_the_records(results, tmp_path):
    main(["tables", f"results.dir={results}", "--out", str(tmp_path)])
    values = []
    for path in (results / "runs").glob("simulated/pca/*/seed=*/metrics.json"):
        (entry,) = [
            one for one in json.loads(path.read_text())["clusterings"] if one["key"] == "kmeans"
        ]
        values.append(next(iter(entry["external"].values()))["ari"])
    ari = read(tmp_path).set_index("clusterer").loc["kmeans"]
    assert ari["mean"] == pytest.approx(sum(values) / 2, rel=1e-14)
    assert ari["sd"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5, abs=1e-12)


def test_the_export_gives_the_same_tables(results, tmp_path):
    assert main(["store", "export", f"results.dir={results}", "--out", str(tmp_path / "r")]) == 0
    main(["tables", f"results.dir={results}", "--out", str(tmp_path / "a"), "--stage", "both"])
    main(["tables", "--from", str(tmp_path / "r"), "--out", str(tmp_path / "b"), "--stage", "both"])
    names = sorted(file.stem for file in (tmp_path / "a").glob("*.csv"))
    assert "time" in names
    for name in names:
        pd.testing.assert_frame_equal(read(tmp_path / "a", name), read(tmp_path / "b", name))


@pytest.mark.parametrize("exported", [False, True])
@pytest.mark.parametrize("name", ["tiny", None])
def test_sweeps_are_named_by_experiment_or_hash(results, tmp_path, capsys, name, exported):
    name = name or next((results / "sweeps").glob("*.json")).stem[:6]
    source = [f"results.dir={results}"]
    if exported:
        main(["store", "export", *source, "--out", str(tmp_path / "r")])
        source = ["--from", str(tmp_path / "r")]
    assert main(["tables", *source, "--sweep", name, "--out", str(tmp_path)]) == 0
    assert "from 2 records" in capsys.readouterr().out


def test_an_old_export_says_how_it_differs_from_the_defaults_of_today(results, tmp_path):
    frame = runs_frame(results)
    done = frame["status"] == "ok"
    configs = frame.loc[done, "config"].map(json.loads)
    for config in configs:
        config["method"]["n_components"] = 20  # as if it had been the default of the day
    frame.loc[done, "config"] = configs.map(json.dumps)
    assert not frame.loc[done, "variant"].str.contains("n_components").any()
    frame.drop(columns="experiment").to_parquet(tmp_path / "r")
    read = runs_frame(tmp_path / "r")
    assert read.loc[done, "variant"].str.contains("n_components=20").all()
    changed = ["variant", "setting", "experiment"]
    pd.testing.assert_frame_equal(read.drop(columns=changed), frame.drop(columns=changed))
