"""Counts that stand in a layer of an .h5ad file, or in its ``raw``."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

import anndata as ad
import h5py
import numpy as np
import pytest
from scipy import sparse

from scinfovae.data.content import content_hash
from scinfovae.data.dataset import load_dataset
from scinfovae.data.readers import read_counts
from scinfovae.data.request import DatasetRequest
from scinfovae.errors import DataError, ScInfoVAEWarning, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, counts, labels) -> Path:
    """Write logarithms of three genes as X, their counts as layers, four genes of counts as raw."""
    adata = ad.AnnData(sparse.csr_matrix(counts))
    adata.obs["kind"] = labels
    adata.raw = adata.copy()
    adata = adata[:, :3].copy()
    adata.layers["counts"] = sparse.csr_matrix(counts[:, :3])
    adata.layers["dense"] = 2 * counts[:, :3]
    adata.X = np.log1p(counts[:, :3])
    adata.write_h5ad(tmp_path / "f.h5ad")
    return tmp_path / "f.h5ad"


def test_the_layer_that_is_named_is_read(path, counts) -> None:
    found = read_counts(path, label_key="kind", layer="counts")
    np.testing.assert_array_equal(found.X.toarray(), counts[:, :3])
    assert list(found.obs) == ["kind"]
    np.testing.assert_array_equal(read_counts(path, layer="dense").X.toarray(), 2 * counts[:, :3])


def test_raw_comes_with_its_own_genes(path, counts) -> None:
    found = read_counts(path, label_key="kind", layer="raw")
    np.testing.assert_array_equal(found.X.toarray(), counts)
    assert list(found.var_names) == ["0", "1", "2", "3"]


def test_a_file_of_an_old_version_is_read_too(path, counts) -> None:
    with h5py.File(path, "r+") as handle:
        del handle["obs"].attrs["encoding-type"]
        del handle["obs"].attrs["encoding-version"]
    for layer, genes in (("raw", 4), ("counts", 3)):
        found = read_counts(path, layer=layer)
        np.testing.assert_array_equal(found.X.toarray(), counts[:, :genes])


def test_logarithms_are_told_with_the_layers_that_hold_counts(path) -> None:
    remedy = "Whole numbers stand in 'counts' and 'dense' and 'raw': dataset.layer=counts"
    with pytest.warns(ScInfoVAEWarning, match=remedy):
        read_counts(path)
    scaled = ad.read_h5ad(path)
    scaled.X = scaled.X - 1.0
    scaled.write_h5ad(path)
    with pytest.raises(DataError, match=f"negative values.*{remedy}"):
        read_counts(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_counts(path, layer="counts")


def test_normalised_values_are_told_where_counts_are_at_hand(path, counts) -> None:
    normalised = ad.read_h5ad(path)
    normalised.X = counts[:, :3] * 100.5
    normalised.write_h5ad(path)
    with pytest.warns(ScInfoVAEWarning, match="dataset.layer=counts"):
        read_counts(path)


def test_what_cannot_be_meant_is_refused(path, counts) -> None:
    with pytest.raises(DataError, match="it holds 'counts', 'dense', 'raw'"):
        read_counts(path, layer="count")
    both = ad.read_h5ad(path)
    both.layers["raw"] = counts[:, :3]
    both.write_h5ad(path)
    with pytest.raises(DataError, match="rename the layer"):
        read_counts(path, layer="raw")
    with pytest.warns(ScInfoVAEWarning, match="layer=counts"):
        assert read_counts(path).shape == (6, 3)
    table = path.with_name("f.csv")
    table.write_text("cell,g\na,1\nb,2\n")
    with pytest.raises(UsageError, match=r"goes with \.h5ad files"):
        read_counts(table, layer="raw")


def test_a_layer_that_points_into_another_file_is_refused(path) -> None:
    with h5py.File(path, "r+") as handle:
        handle["layers/far"] = h5py.ExternalLink("other.h5ad", "X")
    with pytest.raises(DataError, match="points to another file"):
        read_counts(path, layer="counts")
    with pytest.warns(ScInfoVAEWarning, match=r"raw counts are expected\.$"):
        assert read_counts(path).shape == (6, 3)


def test_a_layer_is_data_of_its_own(path) -> None:
    request = DatasetRequest("custom", path=path, label_key=("kind",))
    layers = [dataclasses.replace(request, layer=name) for name in (None, "counts", "raw")]
    assert len({content_hash(one) for one in layers}) == 3
    found = load_dataset(layers[2])
    assert found.adata.shape == (6, 4)
    assert found.n_clusters == 3
