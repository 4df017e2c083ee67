"""New cells into the embedding of a finished run."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest

SHORT = ("method.pretrain.epochs=2", "method.fine_tune.epochs=1", "method.hidden=[16]")


@pytest.fixture
def record(cli, results, counts_file):
    own = ("dataset=custom", f"dataset.path={counts_file}", "dataset.label_key=cell_type")
    rest = ("clusterers=[kmeans]", "figures=false", f"results.dir={results}")
    code, _, err = cli("run", *own, *rest, *SHORT)
    assert code == 0, err
    (folder,) = results.glob("runs/custom/scinfovae/*/seed=0")
    return folder


def test_the_cells_of_the_training_come_where_they_were(cli, record, counts_file, tmp_path):
    output = tmp_path / "out.h5ad"
    before = counts_file.read_bytes()
    words = (f"run={record}", f"dataset.path={counts_file}", f"output={output}")
    code, out, err = cli("embed", *words)
    assert code == 0, err
    assert str(output) in out
    embedded = ad.read_h5ad(output)
    stored = np.load(record / "embedding.npy")
    np.testing.assert_allclose(embedded.obsm["X_scinfovae"], stored, atol=1e-4)
    assert embedded.obs["scinfovae"].nunique() <= 3
    assert counts_file.read_bytes() == before
    code, _, err = cli("embed", *words)
    assert code == 2
    assert "--force" in err
    assert cli("embed", *words, "--force")[0] == 0


def test_cells_of_other_genes_are_refused(cli, record, counts, tmp_path):
    counts.var_names = [f"other_{i}" for i in range(80)]
    counts.write_h5ad(tmp_path / "other.h5ad")
    output = tmp_path / "out.h5ad"
    words = (f"run={record}", f"dataset.path={tmp_path / 'other.h5ad'}", f"output={output}")
    code, _, err = cli("embed", *words)
    assert code == 3
    assert "genes" in err
    assert not output.exists()


def test_what_is_missing_is_named(cli, counts_file, tmp_path):
    path = f"dataset.path={counts_file}"
    code, _, err = cli("embed", f"run={tmp_path / 'none'}", path)
    assert (code, "there is no record" in err) == (3, True)
    code, _, err = cli("embed", f"run={tmp_path}", path)
    assert (code, "no trained model" in err) == (3, True)
    code, _, err = cli("embed", path)
    assert (code, "embed needs run=" in err) == (2, True)
    code, _, err = cli("embed", f"rum={tmp_path}", path)
    assert (code, "Did you mean 'run'?" in err) == (2, True)
    code, _, err = cli("embed", f"run={tmp_path}", path, "output=x.csv")
    assert code in (2, 3)


def test_counts_of_a_layer_are_embedded(cli, record, counts, tmp_path):
    counts.layers["raw_counts"] = counts.X.copy()
    counts.X = np.log1p(counts.X.toarray() if hasattr(counts.X, "toarray") else counts.X)
    counts.write_h5ad(tmp_path / "logs.h5ad")
    output = tmp_path / "out.h5ad"
    words = (f"run={record}", f"dataset.path={tmp_path / 'logs.h5ad'}", f"output={output}")
    code, _, err = cli("embed", *words, "dataset.layer=raw_counts")
    assert code == 0, err
    stored = np.load(record / "embedding.npy")
    np.testing.assert_allclose(ad.read_h5ad(output).obsm["X_scinfovae"], stored, atol=1e-4)
