"""Every layout gives the same counts, names and labels back."""

from __future__ import annotations

import gzip
import warnings
from typing import TYPE_CHECKING

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scinfovae.data.layouts import hdf5, table
from scinfovae.data.readers import detect_layout, read_counts
from scinfovae.errors import DataError, ScInfoVAEWarning

if TYPE_CHECKING:
    from pathlib import Path

GENES = ["g0", "g1", "g2", "g3"]
CELLS = [f"c{i}" for i in range(6)]


def check(adata: ad.AnnData, counts: np.ndarray, *, named: bool = True) -> None:
    assert isinstance(adata.X, sparse.csr_matrix)
    assert adata.X.dtype == np.float32
    assert adata.X.has_canonical_format
    np.testing.assert_array_equal(adata.X.toarray(), counts)
    if named:
        assert list(adata.var_names) == GENES
        assert list(adata.obs_names) == CELLS


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
def test_scdeepcluster(write_scdeepcluster, counts, dtype: str) -> None:
    path = write_scdeepcluster(X=counts.astype(dtype), Y=np.array([2.0, 1, 1, 10, 2, 1]))
    adata = read_counts(path)
    check(adata, counts, named=False)
    assert list(adata.obs["Y"]) == ["2", "1", "1", "10", "2", "1"]
    assert list(adata.obs["Y"].cat.categories) == ["1", "2", "10"]
    assert adata.var_names[3] == "gene_3"
    assert adata.obs_names[5] == "cell_5"


def test_scdeepcluster_takes_other_several_or_no_labels(write_scdeepcluster, counts) -> None:
    y, z = np.arange(6) // 2, np.array([b"u", b"v"] * 3)
    path = write_scdeepcluster(X=counts, Y=y, Z=z)
    assert list(read_counts(path, label_key=["Z", "Y"]).obs) == ["Z", "Y"]
    assert list(read_counts(path, label_key="Z").obs["Z"]) == ["u", "v"] * 3
    assert list(read_counts(path, label_key=()).obs) == []
    assert list(read_counts(write_scdeepcluster("g.h5", X=counts)).obs) == []


@pytest.mark.parametrize("chunks", [None, (1, 4), (4, 3), (50, 4)])
def test_a_dense_matrix_is_read_in_row_blocks(tmp_path: Path, monkeypatch, chunks) -> None:
    monkeypatch.setattr(hdf5, "_BLOCK_BYTES", 7 * 4 * 8)
    counts = np.random.default_rng(1).poisson(0.5, (50, 4)).astype(float)
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as handle:
        handle.create_dataset("X", data=counts, chunks=chunks)
    check(read_counts(path), counts, named=False)


@pytest.mark.parametrize("dense", [False, True])
def test_cell_blast(tmp_path: Path, write_cell_blast, counts, labels, dense: bool) -> None:
    path = write_cell_blast(tmp_path / "data.h5", counts, labels, dense=dense)
    assert detect_layout(path) == "cell_blast"
    adata = read_counts(path)
    check(adata, counts)
    assert list(adata.obs["cell_type1"]) == list(labels)
    assert list(read_counts(path, label_key=("donor",)).obs) == ["donor"]


def test_the_muraro_shaped_file_has_the_registered_shape(muraro_shaped_file: Path) -> None:
    adata = read_counts(muraro_shaped_file, "cell_blast", "cell_type1")
    assert adata.shape == (2122, 19046)
    assert sorted(adata.obs["cell_type1"].value_counts()) == sorted(
        [812, 448, 245, 219, 193, 101, 80, 21, 3]
    )
    assert adata.X.dtype == np.float64  # k * 1.002 does not fit float32, and is not rounded here
    assert muraro_shaped_file.stat().st_size < 8_000_000


@pytest.mark.parametrize("as_sparse", [True, False])
def test_h5ad(tmp_path: Path, counts, labels, as_sparse: bool) -> None:
    written = ad.AnnData(
        sparse.csr_matrix(counts) if as_sparse else counts,
        obs=pd.DataFrame({"kind": pd.Categorical(labels), "batch": [1, 2] * 3}, index=CELLS),
        var=pd.DataFrame(index=GENES),
    )
    path = tmp_path / "f.h5ad"
    written.write_h5ad(path)
    adata = read_counts(path, label_key="kind")
    check(adata, counts)
    assert list(adata.obs["kind"]) == list(labels)
    assert list(read_counts(path, label_key="batch").obs["batch"]) == ["1", "2"] * 3
    assert list(read_counts(path).obs) == []
    renamed = path.rename(tmp_path / "f.h5")
    assert detect_layout(renamed) == "h5ad"


def write_tenx(path: Path, counts: np.ndarray, genes: list[str] = GENES) -> Path:
    matrix = sparse.csc_matrix(counts.T)  # 10x stores genes x cells by column
    with h5py.File(path, "w") as handle:
        group = handle.create_group("matrix")
        for key in ("data", "indices", "indptr"):
            group.create_dataset(key, data=getattr(matrix, key).astype(np.int64))
        group.create_dataset("shape", data=np.array(matrix.shape))
        group.create_dataset("barcodes", data=np.array(CELLS, dtype="S"))
        features = group.create_group("features")
        for key in ("id", "name"):
            features.create_dataset(key, data=np.array(genes, dtype="S"))
        for key in ("feature_type", "genome"):
            value = "Gene Expression" if key == "feature_type" else "x"
            features.create_dataset(key, data=np.array([value] * len(genes), dtype="S"))
    return path


def test_tenx_with_labels_of_a_table_in_another_order(tmp_path: Path, counts, labels) -> None:
    path = write_tenx(tmp_path / "filtered.h5", counts)
    table_path = tmp_path / "labels.csv"
    lines = [f"{cell},{label}\n" for cell, label in zip(CELLS, labels, strict=True)]
    table_path.write_text("barcode,kind\n" + "".join(reversed(lines)) + "other,a\n")
    assert detect_layout(path) == "10x_h5"
    adata = read_counts(path, labels_path=table_path)
    check(adata, counts)
    assert list(adata.obs["kind"]) == list(labels)


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz", "f.tsv"])
def test_table(tmp_path: Path, monkeypatch, counts, labels, name: str) -> None:
    monkeypatch.setattr(table, "_VALUES_PER_BLOCK", 12)  # two cells per block
    frame = pd.DataFrame(counts.astype(int), index=CELLS, columns=GENES)
    frame.insert(1, "kind", labels)
    text = frame.to_csv(sep="\t" if name.endswith("tsv") else ",")
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    adata = read_counts(path, label_key="kind")
    check(adata, counts)
    assert list(adata.obs["kind"]) == list(labels)


def test_values_that_float32_cannot_hold_stay_exact(write_scdeepcluster, counts) -> None:
    counts[0, 0] = 2.0**24 + 1
    adata = read_counts(write_scdeepcluster(X=counts))
    assert adata.X.dtype == np.float64
    assert adata.X[0, 0] == 2**24 + 1


def test_stored_zeros_and_repeated_entries_are_merged(tmp_path: Path, write_cell_blast) -> None:
    path = write_cell_blast(tmp_path / "data.h5", np.eye(3), ["a", "b", "a"])
    with h5py.File(path, "r+") as handle:
        for key, value in {
            "data": [0.0, 2.0, 3.0],
            "indices": [0, 1, 1],
            "indptr": [0, 1, 3, 3],
        }.items():
            del handle["exprs"][key]
            handle["exprs"][key] = np.array(value)
    adata = read_counts(path)
    assert adata.X.nnz == 1
    assert adata.X[1, 1] == 5


def test_repeated_names_are_told_apart_with_a_warning(tmp_path, write_cell_blast, counts) -> None:
    genes, cells = ["A", "B", "A", "A-1"], ["x", "x", *CELLS[2:]]
    path = write_cell_blast(
        tmp_path / "data.h5", counts, ["a"] * 6, gene_names=genes, cell_names=cells
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adata = read_counts(path)
    messages = [str(w.message) for w in caught if w.category is ScInfoVAEWarning]
    assert len(caught) == len(messages) == 2
    assert "repeats 1 cell name(s), e.g. 'x'" in messages[0]
    assert "repeats 1 gene name(s), e.g. 'A'" in messages[1]
    assert adata.var_names.is_unique
    assert adata.obs_names.is_unique
    assert list(adata.var_names[:2]) == ["A", "B"]


def test_values_that_look_like_logarithms_are_warned_about(write_scdeepcluster, counts) -> None:
    path = write_scdeepcluster(X=np.log1p(counts))
    with pytest.warns(ScInfoVAEWarning, match="look log-transformed"):
        read_counts(path)


SHAPES = {
    "mirror/worm_neuron.h5": (4186, 13488, 10),
    "mirror/10x_pbmc_top2000.h5": (4271, 2000, 8),
    "mirror/young_top2000.h5": (5685, 2000, 11),
    "mirror/mouse_bladder_top2000.h5": (2746, 2003, 16),
    "mirror/mouse_bladder_2100.h5": (2100, 20670, 16),
    "development/baron_mouse1.h5": (822, 14878, 13),
    "development/sc_celseq2_5cl_p1.h5ad": (297, 15564, 5),
    "development/paul15.h5ad": (2730, 3451, 19),
    "development/cite_cbmc_top2000.h5": (8617, 2000, 15),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", SHAPES)
def test_real_files(shared_data: Path, name: str) -> None:
    path = shared_data / "data" / name
    key = "cell_type" if path.suffix == ".h5ad" else "Y"
    adata = read_counts(path, label_key=key)
    assert (*adata.shape, adata.obs[key].nunique()) == SHAPES[name]
    assert adata.X.dtype == np.float32
    with h5py.File(path) as handle:  # the same bytes read by h5py alone
        if path.suffix == ".h5":
            rows = handle["X"][:20]
            np.testing.assert_array_equal(adata.X[:20].toarray(), rows)
            expected = [str(int(label)) for label in handle["Y"][()]]
            assert list(adata.obs["Y"]) == expected
        else:
            assert adata.X.data.sum(dtype=np.float64) == handle["X/data"][()].sum(dtype=np.float64)
            codes = handle["obs/cell_type/codes"][()]
            assert (pd.factorize(codes)[0] == pd.factorize(adata.obs[key])[0]).all()


def test_tenx_keeps_gene_expression_only(tmp_path: Path, counts) -> None:
    path = write_tenx(tmp_path / "f.h5", counts)
    with h5py.File(path, "a") as handle:
        kinds = handle["matrix/features/feature_type"][()].astype("S20")
        kinds[1] = b"Antibody Capture"
        del handle["matrix/features/feature_type"]
        handle["matrix/features/feature_type"] = kinds
    adata = read_counts(path)
    expected = np.delete(np.asarray(counts), 1, axis=1)
    np.testing.assert_array_equal(adata.X.toarray(), expected)
    assert list(adata.var_names) == [gene for i, gene in enumerate(GENES) if i != 1]


@pytest.mark.parametrize("index", [10**6, -3])
def test_tenx_with_indices_that_leave_the_matrix(tmp_path: Path, counts, index: int) -> None:
    path = write_tenx(tmp_path / "f.h5", counts)
    with h5py.File(path, "a") as handle:
        handle["matrix/indices"][2] = index
    with pytest.raises(DataError, match="indices must be"):
        read_counts(path)
