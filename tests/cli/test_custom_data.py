"""A user's own file, through the command line."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score


@pytest.fixture
def run(cli, results, counts_file):
    def do(*words):
        own = ("dataset=custom", f"dataset.path={counts_file}", f"results.dir={results}")
        return cli("run", *own, "method=pca", "figures=false", "clusterers=[kmeans]", *words)

    return do


def record_of(results):
    (record,) = results.glob("runs/custom/pca/*/seed=0")
    return record


def test_with_labels(run, results):
    code, out, _ = run("dataset.label_key=cell_type", "preset=quick")
    metrics = json.loads((record_of(results) / "metrics.json").read_text())
    assert code == 0
    assert metrics["n_clusters"] == 3
    # three types of Poisson counts with means of their own are plain to see
    assert metrics["clusterings"][0]["external"]["cell_type"]["ari"] == 1.0
    assert "short preset" not in out  # a preset that leaves PCA as it is does not shorten it
    assert run("dataset.label_key=cell_type", "preset=quick")[1].count("already finished") == 1


def test_without_labels_only_label_free_metrics(run, results):
    code, out, _ = run("dataset.n_clusters=3")
    entry = json.loads((record_of(results) / "metrics.json").read_text())["clusterings"][0]
    assert code == 0
    assert entry["external"] == {}
    assert entry["internal"]["silhouette"] > 0
    assert "silhouette" in out
    assert "ARI" not in out
    labels = pd.read_parquet(record_of(results) / "labels.parquet")
    assert list(labels) == ["cell_id", "row", "final.kmeans"]


def test_several_labellings_and_their_maximum(run, results):
    code, out, _ = run("dataset.label_key=[cell_type,coarse]")
    external = json.loads((record_of(results) / "metrics.json").read_text())["clusterings"][0][
        "external"
    ]
    assert code == 0
    assert set(external) == {"cell_type", "coarse", "max"}
    assert external["max"]["ari"] == max(external[k]["ari"] for k in ("cell_type", "coarse"))
    assert "coarse" in out


def test_another_labelling_of_a_finished_run_is_only_scored(run, results):
    run("dataset.label_key=cell_type", "dataset.n_clusters=3")
    before = (record_of(results) / "embedding.npy").stat().st_mtime_ns
    code, _, err = run("dataset.label_key=[cell_type,coarse]", "dataset.n_clusters=3")
    metrics = json.loads((record_of(results) / "metrics.json").read_text())
    assert code == 0
    assert "clusterings added" in err
    assert metrics["label_keys"] == ["cell_type", "coarse"]
    assert set(metrics["clusterings"][0]["external"]) == {"cell_type", "coarse", "max"}
    assert (record_of(results) / "embedding.npy").stat().st_mtime_ns == before


def test_cells_that_are_dropped_take_their_labels_with_them(run, results, counts, change_counts):
    change_counts([0, 40], 0)
    code, _, err = run("dataset.label_key=cell_type")
    labels = pd.read_parquet(record_of(results) / "labels.parquet")
    assert code == 0
    assert "2 cells" in err
    assert len(labels) == 88
    expected = counts.obs["cell_type"].astype(str).iloc[labels["row"]]
    assert labels["label.cell_type"].tolist() == expected.tolist()
    assert labels["cell_id"].tolist() == expected.index.tolist()


def metrics_of(results):
    return json.loads((record_of(results) / "metrics.json").read_text())


def ari_of(results, key="kind"):
    return metrics_of(results)["clusterings"][0]["external"][key]["ari"]


def test_labels_of_another_file_replace_those_of_the_first(run, results, counts, tmp_path):
    types = counts.obs["cell_type"].astype(str)
    mixed = pd.Series(types.to_numpy()[np.arange(90) * 7 % 90], index=types.index)
    right, wrong = tmp_path / "right.csv", tmp_path / "wrong.csv"
    types.rename("kind").to_csv(right)
    mixed.rename("kind").to_csv(wrong)
    words = ("dataset.n_clusters=3", "dataset.label_key=kind")
    assert run("dataset.n_clusters=3")[0] == 0
    assert metrics_of(results)["label_keys"] == []
    before = (record_of(results) / "embedding.npy").stat().st_mtime_ns
    assert run("dataset.n_clusters=3", f"dataset.labels_path={right}")[0] == 0
    assert ari_of(results) == 1.0
    expected = adjusted_rand_score(types, mixed)
    assert run(*words, f"dataset.labels_path={wrong}")[0] == 0
    assert ari_of(results) == pytest.approx(expected, abs=1e-12)
    assert "already finished" in run(*words, f"dataset.labels_path={wrong}")[1]
    assert run("dataset.n_clusters=3", "dataset.label_key=cell_type")[0] == 0
    assert metrics_of(results)["label_keys"] == ["cell_type"]
    assert (record_of(results) / "embedding.npy").stat().st_mtime_ns == before


def test_labels_without_scores_of_a_killed_writer_are_scored(run, results):
    run("dataset.label_key=cell_type", "dataset.n_clusters=3")
    path = record_of(results) / "labels.parquet"
    labels = pd.read_parquet(path)
    labels["label.coarse"] = "left by a killed writer"
    labels.to_parquet(path, index=False)
    words = ("dataset.label_key=[cell_type,coarse]", "dataset.n_clusters=3")
    assert run(*words)[0] == 0
    assert metrics_of(results)["label_keys"] == ["cell_type", "coarse"]
    assert set(pd.read_parquet(path)["label.coarse"]) == {"x", "y"}
    assert "already finished" in run(*words)[1]


def test_a_numeric_label_column_of_a_table_never_reaches_the_method(cli, results, counts, tmp_path):
    table = counts.to_df().astype(int)
    table["kind"] = np.repeat([0, 1, 2], 30)
    path = tmp_path / "counts.csv"
    table.to_csv(path)
    words = ("dataset=custom", f"dataset.path={path}", "dataset.n_clusters=3", "method=pca")
    rest = (f"results.dir={results}", "figures=false", "clusterers=[kmeans]")
    for label in ((), ("dataset.label_key=kind",)):
        assert cli("run", *words, *rest, *label)[0] == 0
    found = {
        len(metrics["label_keys"]): json.loads((path.parent / "provenance.json").read_text())
        for path in results.glob("runs/custom/pca/*/seed=0/metrics.json")
        for metrics in [json.loads(path.read_text())]
    }
    assert {n: facts["dataset"]["n_genes_input"] for n, facts in found.items()} == {0: 81, 1: 80}


def test_a_header_that_does_not_name_the_cells(cli, results, counts, tmp_path):
    path = tmp_path / "counts.csv"
    lines = counts.to_df().astype(int).to_csv().splitlines()
    path.write_text("\n".join([lines[0].removeprefix(","), *lines[1:]]) + "\n")
    words = ("dataset=custom", f"dataset.path={path}", "dataset.n_clusters=3", "method=pca")
    code, _, err = cli("run", *words, f"results.dir={results}")
    assert code == 3
    assert "81 fields and its header 80" in err
    assert not results.exists()


@pytest.mark.parametrize("index", [10**8, -7])
def test_sparse_indices_that_leave_the_matrix(cli, results, counts_file, index):
    with h5py.File(counts_file, "a") as file:
        file["X/indices"][5] = index
    words = ("dataset=custom", f"dataset.path={counts_file}", "dataset.n_clusters=3", "method=pca")
    code, _, err = cli("run", *words, f"results.dir={results}")
    assert code == 3
    assert "indices must be" in err
    assert not results.exists()


def test_a_labelling_called_max_is_refused(run, results):
    code, _, err = run("dataset.label_key=[cell_type,max]")
    assert code == 2
    assert "rename" in err
    assert not results.exists()


def test_counts_of_a_layer_are_a_run_of_their_own(run, results, counts_file):
    import anndata as ad

    adata = ad.read_h5ad(counts_file)
    adata.layers["counts"] = adata.X.copy()
    adata.X = np.log1p(adata.X.toarray() if hasattr(adata.X, "toarray") else adata.X)
    adata.write_h5ad(counts_file)
    code, _, err = run("dataset.label_key=cell_type")
    assert (code, "not whole numbers" in err and "dataset.layer=counts" in err) == (0, True)
    code, out, err = run("dataset.label_key=cell_type", "dataset.layer=counts")
    assert (code, "not whole numbers" in err) == (0, False)
    assert "already finished" not in out
    scored = [json.loads(one.read_text()) for one in results.glob("runs/custom/*/*/*/metrics.json")]
    assert len(scored) == 2
    told = [
        json.loads(one.read_text()) for one in results.glob("runs/custom/*/*/*/provenance.json")
    ]
    assert len({one["dataset"]["content_hash"] for one in told}) == 2
