"""Every step against a dense float64 computation written from the formulas alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from scinfovae.data.preprocessing import (
    PreprocessingConfig,
    pca_space,
    preprocess,
    principal_components,
)
from scinfovae.data.preprocessing.hvg import variance_scores

if TYPE_CHECKING:
    from pathlib import Path

    from scinfovae.data.preprocessing.config import HVGFlavor


def simulate(n_cells: int = 240, n_genes: int = 400, seed: int = 0) -> np.ndarray:
    """Negative binomial counts of two groups, with rare genes and poor cells."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(0.4, 2.0, n_genes) * rng.lognormal(0, 0.5, (n_cells, 1))
    mean[: n_cells // 2, : n_genes // 10] *= 6
    counts = rng.poisson(rng.gamma(2.0, mean / 2.0)).astype(np.float64)
    counts[:, ::17] *= rng.random((n_cells, counts[:, ::17].shape[1])) < 0.006
    counts[5:12] *= rng.random((7, n_genes)) < 0.01
    counts[20] = 0
    return counts


def oracle_filter(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    expressed = counts > 0
    genes = np.flatnonzero(expressed.mean(axis=0) >= 0.01)
    cells = np.flatnonzero(expressed[:, genes].mean(axis=1) >= 0.01)
    return cells, genes


def oracle_seurat(log_values: np.ndarray) -> np.ndarray:
    linear = np.expm1(log_values)
    mean = linear.mean(axis=0)
    variance = linear.var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        dispersion = np.log(variance / mean)
    dispersion[variance == 0] = np.nan
    table = pd.DataFrame({"dispersion": dispersion, "bin": pd.cut(np.log1p(mean), bins=20)})
    score = np.full(mean.size, np.nan)
    for _, rows in table.groupby("bin", observed=True):
        members = rows["dispersion"].to_numpy()
        known = members[~np.isnan(members)]
        if known.size == 1:
            score[rows.index] = members / known[0]
        elif known.size > 1:
            score[rows.index] = (members - known.mean()) / known.std(ddof=1)
    return score


def oracle_seurat_v3(counts: np.ndarray) -> np.ndarray:
    loess = importlib.import_module("skmisc.loess").loess
    mean, variance = counts.mean(axis=0), counts.var(axis=0, ddof=1)
    vary = variance > 0
    trend = loess(np.log10(mean[vary]), np.log10(variance[vary]), span=0.3, degree=2)
    trend.fit()
    std = np.ones(mean.size)
    std[vary] = np.sqrt(10**trend.outputs.fitted_values)
    clipped = np.minimum(counts, mean + std * np.sqrt(counts.shape[0]))
    # the spread is taken around the mean before the clip, as Seurat does
    return ((clipped - mean) ** 2).sum(axis=0) / (std**2 * (counts.shape[0] - 1))


def oracle(counts: np.ndarray, flavor: HVGFlavor, n_hvg: int) -> dict[str, np.ndarray]:
    cells, genes = oracle_filter(counts)
    kept = counts[np.ix_(cells, genes)]
    totals = kept.sum(axis=1)
    size_factors = totals / np.median(totals)
    log_values = np.log1p(kept / size_factors[:, None])
    score = {
        "seurat": lambda: oracle_seurat(log_values),
        "variance": lambda: log_values.var(axis=0, ddof=1),
        "seurat_v3": lambda: oracle_seurat_v3(kept),
    }[flavor]()
    order = np.argsort(-score, kind="stable")
    chosen = np.sort(order[:n_hvg])
    values = log_values[:, chosen]
    std = values.std(axis=0, ddof=1)
    scaled = (values - values.mean(axis=0)) / np.where(std == 0, 1, std)
    return {
        "cells": cells,
        "genes": genes[chosen],
        "n_surviving": np.array(genes.size),
        "size_factors": size_factors,
        "values": values,
        "scaled": np.clip(scaled, -10, 10),
        "margin": score[order[n_hvg - 1]] - score[order[n_hvg]],
    }


def check(counts: np.ndarray, flavor: HVGFlavor, n_hvg: int) -> None:
    """Compare with the oracle; the choice is exact where float32 can tell the ranks apart."""
    expected = oracle(counts, flavor, n_hvg)
    assert expected["margin"] > 1e-6, "this data cannot tell: choose another seed"
    adata = AnnData(sparse.csr_matrix(counts.astype(np.float32)))
    prepared = preprocess(adata, PreprocessingConfig(hvg_flavor=flavor, n_hvg=n_hvg))
    np.testing.assert_array_equal(prepared.cell_index, expected["cells"])
    np.testing.assert_array_equal(prepared.gene_names, expected["genes"].astype(str))
    np.testing.assert_allclose(prepared.size_factors, expected["size_factors"], rtol=2e-7)
    np.testing.assert_array_equal(
        prepared.counts, counts[np.ix_(expected["cells"], expected["genes"])]
    )
    # log values carry float32 rounding (1e-7) over gene deviations down to about 0.05
    np.testing.assert_allclose(prepared.scaled, expected["scaled"], rtol=2e-5, atol=2e-5)
    assert prepared.report["n_genes_surviving"] == expected["n_surviving"]
    assert prepared.report["n_genes_dropped"] == counts.shape[1] - expected["n_surviving"]
    assert prepared.report["n_cells_dropped"] == counts.shape[0] - expected["cells"].size
    for array in (prepared.scaled, prepared.counts, prepared.size_factors):
        assert array.dtype == np.float32
    assert prepared.cell_index.dtype == np.int64


@pytest.mark.parametrize("flavor", ["seurat", "variance", "seurat_v3"])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_step_on_simulated_counts(flavor: HVGFlavor, seed: int) -> None:
    counts = simulate(seed=seed)
    cells, genes = oracle_filter(counts)
    assert genes.size < counts.shape[1]
    assert 1 < counts.shape[0] - cells.size
    check(counts, flavor, n_hvg=60)


def test_sparse_variance_is_the_dense_one() -> None:
    values = np.log1p(simulate(seed=7))
    values[:, 3] = 2.5
    found = variance_scores(sparse.csr_matrix(values))
    np.testing.assert_allclose(found, values.var(axis=0, ddof=1), rtol=1e-10, atol=1e-14)


@pytest.mark.real_data
@pytest.mark.parametrize("flavor", ["seurat", "variance", "seurat_v3"])
def test_every_step_on_worm_neuron(shared_data: Path, flavor: HVGFlavor) -> None:
    with h5py.File(shared_data / "data" / "mirror" / "worm_neuron.h5") as file:
        counts = file["X"][:].astype(np.float64)
    expressed = counts > 0
    genes_first = oracle_filter(counts)[0]
    at_once = np.count_nonzero(expressed.mean(axis=1) >= 0.01)
    assert (genes_first.size, at_once) == (4186, 2446)
    check(counts, flavor, n_hvg=500)


def test_genes_are_filtered_before_cells() -> None:
    # 100 cells, 300 genes: cell 0 expresses 2 of the 100 common genes, under 1 % of all 300
    rng = np.random.default_rng(3)
    counts = np.zeros((200, 300))
    counts[:, :100] = rng.poisson(1.0, (200, 100))
    counts[0] = 0
    counts[0, :2] = 1
    counts[1, :] = 0
    counts[1, 100:] = 1  # expresses nothing but genes seen in one cell of 200
    prepared = preprocess(AnnData(counts), PreprocessingConfig(n_hvg=50))
    assert prepared.cell_index[:2].tolist() == [0, 2]
    assert prepared.report["n_genes_dropped"] == 200
    assert prepared.report["n_cells_dropped"] == 1


def test_one_percent_exactly_is_kept() -> None:
    # 0.07 * 100 is above 7 in floating point
    counts = np.ones((100, 4))
    counts[7:, 1] = 0
    counts[6:, 2] = 0
    config = PreprocessingConfig(min_cell_fraction=0.07, n_hvg=3)
    assert preprocess(AnnData(counts), config).gene_names.tolist() == ["0", "1", "3"]


def test_literal_text_neither_normalises_nor_scales_genes() -> None:
    counts = simulate(seed=4)
    config = PreprocessingConfig(
        normalize_total=False, hvg_flavor="variance", n_hvg=40, scale_axis="cell", clip=2.0
    )
    prepared = preprocess(AnnData(counts), config)
    cells, genes = oracle_filter(counts)
    log_values = np.log1p(counts[np.ix_(cells, genes)])
    chosen = np.sort(np.argsort(-log_values.var(axis=0, ddof=1))[:40])
    values = log_values[:, chosen]
    std = values.std(axis=1, ddof=1, keepdims=True)
    expected = (values - values.mean(axis=1, keepdims=True)) / np.where(std == 0, 1, std)
    assert np.abs(expected).max() > 2.0
    np.testing.assert_array_equal(prepared.gene_names, genes[chosen].astype(str))
    np.testing.assert_array_equal(prepared.size_factors, 1)
    np.testing.assert_allclose(prepared.scaled, np.clip(expected, -2, 2), atol=1e-5)


def test_without_log_the_same_genes_have_the_highest_dispersion() -> None:
    counts = simulate(seed=5)
    logged = preprocess(AnnData(counts), PreprocessingConfig(n_hvg=50))
    plain = preprocess(AnnData(counts), PreprocessingConfig(n_hvg=50, log1p=False))
    np.testing.assert_array_equal(plain.gene_names, logged.gene_names)
    values = plain.counts / plain.size_factors[:, None].astype(np.float64)
    expected = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    np.testing.assert_allclose(plain.scaled, np.clip(expected, -10, 10), atol=1e-4)


@pytest.mark.parametrize("n_components", [7, 50])
def test_common_space_is_the_svd_of_the_scaled_matrix(n_components: int) -> None:
    prepared = preprocess(AnnData(simulate(seed=6)), PreprocessingConfig(n_hvg=30))
    space = pca_space(prepared, n_components)
    centred = prepared.scaled.astype(np.float64)
    centred -= centred.mean(axis=0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    kept = min(n_components, 30)
    largest = np.abs(right).argmax(axis=1)
    sign = np.sign(right[np.arange(right.shape[0]), largest])
    expected = (left * singular * sign)[:, :kept]
    assert space.shape == (prepared.scaled.shape[0], kept)
    np.testing.assert_allclose(space, expected, atol=1e-7)
    np.testing.assert_array_equal(space, pca_space(prepared, n_components))


def test_components_of_a_matrix_are_those_of_its_covariance() -> None:
    values = np.random.default_rng(1).normal(size=(40, 6)) * np.arange(1, 7)
    found = principal_components(values, 3)
    np.testing.assert_allclose(
        found.scores.var(axis=0, ddof=1), np.linalg.eigvalsh(np.cov(values.T))[::-1][:3]
    )
    np.testing.assert_allclose((values - found.mean) @ found.axes.T, found.scores)
    assert principal_components(values, 50).scores.shape == (40, 6)
