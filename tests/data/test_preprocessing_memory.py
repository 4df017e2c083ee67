"""Preprocessing without copies: the same numbers as scanpy and scipy, in little memory."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from scipy import sparse

from scinfovae.data.preprocessing import PreprocessingConfig, hvg, preprocess, subset
from scinfovae.data.preprocessing.counts import count_matrix, filter_counts
from scinfovae.data.preprocessing.moments import mean_and_variance
from scinfovae.data.preprocessing.normalize import normalize_in_place
from scinfovae.data.readers import read_counts

if TYPE_CHECKING:
    from pathlib import Path


def simulated(n_cells: int, n_genes: int, density: float, seed: int = 0) -> sparse.csr_matrix:
    rng = np.random.default_rng(seed)
    counts = sparse.random(n_cells, n_genes, density, "csr", np.float32, rng)
    counts.data = np.ceil(rng.exponential(2.0, counts.nnz)).astype(np.float32)
    return counts


@pytest.fixture(params=[1, 100, 1 << 22])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read the matrix row by row, some rows at a time, and at once."""
    monkeypatch.setattr(subset, "BLOCK", request.param)
    return request.param


@pytest.mark.usefixtures("block")
def test_what_is_taken_is_what_scipy_takes() -> None:
    counts = simulated(60, 40, 0.2)
    counts.data[counts.indptr[7] : counts.indptr[8]] = 0
    counts.eliminate_zeros()
    rows, columns = np.array([0, 3, 7, 8, 59]), np.array([0, 1, 13, 39])
    for some in (rows, np.arange(60), rows[:0]):
        taken = subset.take(counts, some, columns)
        assert taken.has_canonical_format
        assert taken.dtype == np.float32
        assert taken.indices.dtype == counts.indices.dtype
        np.testing.assert_array_equal(taken.toarray(), counts.toarray()[np.ix_(some, columns)])


@pytest.mark.usefixtures("block")
def test_sums_are_those_of_the_dense_matrix() -> None:
    counts = simulated(60, 40, 0.2)
    dense, some = counts.toarray().astype(np.float64), np.arange(40) % 3 == 0
    np.testing.assert_array_equal(subset.row_sums(counts), dense.sum(axis=1))
    np.testing.assert_array_equal(subset.row_sums(counts, some), dense[:, some].sum(axis=1))
    expressed = (dense > 0)[:, some].sum(axis=1)
    np.testing.assert_array_equal(subset.row_sums(counts, some, stored=True), expressed)
    np.testing.assert_array_equal(subset.column_sums(counts), dense.sum(axis=0))


def test_moments_after_a_transform_are_those_of_the_dense_matrix() -> None:
    values = simulated(50, 30, 0.3)
    values.data = np.log1p(values.data)
    dense = np.expm1(values.toarray().astype(np.float64))
    mean, variance = mean_and_variance(values, np.expm1)
    # expm1 in single precision
    np.testing.assert_allclose(mean, dense.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(variance, dense.var(axis=0, ddof=1), rtol=1e-5)


def compare_with_scanpy(adata: AnnData) -> None:
    config = PreprocessingConfig()
    kept, _, _ = filter_counts(count_matrix(adata)[0], config)
    peer = AnnData(kept.copy())
    median = float(np.median(subset.row_sums(kept)))
    sc.pp.normalize_total(peer, target_sum=median)
    sc.pp.log1p(peer)
    values = normalize_in_place(kept, median, config)
    # to the bit, so that embeddings trained before stay what they were
    np.testing.assert_array_equal(values.data, peer.X.data)
    expected = sc.pp.highly_variable_genes(peer, flavor="seurat", inplace=False)
    expected = expected["dispersions_norm"].to_numpy()
    found = hvg.seurat_scores(values, logged=True)
    # scanpy takes the variance as a difference of means of squares
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for n in (50, 500, 1000):
        np.testing.assert_array_equal(hvg.top_genes(found, n), hvg.top_genes(expected, n))


def test_normalisation_and_dispersion_are_those_of_scanpy() -> None:
    counts = simulated(300, 1200, 0.2)
    # a gene alone in its bin of the mean, and one that does not vary
    counts = sparse.hstack([counts, sparse.csr_matrix(np.full((300, 1), 900.0))], "csr", np.float32)
    compare_with_scanpy(AnnData(counts))


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["mirror/worm_neuron.h5", "development/baron_mouse1.h5"])
def test_normalisation_and_dispersion_are_those_of_scanpy_on_real_data(
    shared_data: Path, name: str
) -> None:
    compare_with_scanpy(read_counts(shared_data / "data" / name))


@pytest.mark.parametrize("types", [(np.float32, np.int32), (np.float64, np.int64)])
def test_memory_is_that_of_the_counts_not_of_cells_by_genes(types: tuple[type, type]) -> None:
    peaks = []
    for n_genes in (10_000, 80_000):
        # the same number of counts, on few genes of many
        counts = simulated(3000, 10_000, 0.03)
        counts.resize(3000, n_genes)
        counts.data, counts.indices = counts.data.astype(types[0]), counts.indices.astype(types[1])
        adata = AnnData(counts)
        tracemalloc.start()
        preprocess(adata, PreprocessingConfig(n_hvg=50))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # names and sums of the genes, far from a byte for each cell x gene more
    assert peaks[1] - peaks[0] < 3000 * 70_000 / 20


def test_the_counts_given_are_never_written_to() -> None:
    counts = simulated(200, 600, 0.3)
    before = counts.copy()
    for array in (counts.data, counts.indices, counts.indptr):
        array.flags.writeable = False
    preprocess(AnnData(counts), PreprocessingConfig(n_hvg=100))
    assert (counts != before).nnz == 0
