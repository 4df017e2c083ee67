"""Recipes of other methods, against scanpy's own functions in the order their authors use."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
from scipy import sparse

from scinfovae.data.preprocessing import PreprocessingConfig
from scinfovae.data.preprocessing import preprocess as prepare
from scinfovae.errors import DataError, UsageError

NO_SHARES = {"min_cell_fraction": 0.0, "min_gene_fraction": 0.0}


@pytest.fixture(scope="module")
def adata():
    rng = np.random.default_rng(4)
    means = rng.gamma(0.4, 1.5, 400) * (1 + 2 * rng.random((4, 400)))
    counts = rng.poisson(means[rng.integers(0, 4, 150)]).astype(np.float32)
    counts[:, ::40] *= rng.random((150, 10)) < 0.02
    counts[5] = 0
    made = ad.AnnData(sparse.csr_matrix(counts))
    made.var_names = [f"g{j}" for j in range(400)]
    return made


def scanpy_start(adata, *, target_sum=None, **filters):
    """Filter genes, then cells, normalise and take the logarithm as scanpy does."""
    theirs = adata.copy()
    genes = {
        key: value for key, value in filters.items() if key in ("min_cells", "min_gene_counts")
    }
    for key, value in genes.items():
        sc.pp.filter_genes(theirs, **{key.replace("_gene", ""): value})
    sc.pp.filter_cells(theirs, min_counts=filters.get("min_cell_counts", 1))
    if "min_genes" in filters:
        sc.pp.filter_cells(theirs, min_genes=filters["min_genes"])
    theirs.layers["counts"] = theirs.X.copy()
    sc.pp.normalize_total(theirs, target_sum=target_sum)
    sc.pp.log1p(theirs)
    return theirs


def test_scanpys_tutorial(adata):
    theirs = scanpy_start(adata, min_cells=3, target_sum=1e4)
    sc.pp.highly_variable_genes(theirs, min_mean=0.0125, max_mean=3, min_disp=0.5)
    theirs = theirs[:, theirs.var["highly_variable"]].copy()
    theirs.X = theirs.X.toarray()
    unscaled = theirs.X.copy()
    sc.pp.scale(theirs, max_value=10)
    ours = prepare(
        adata,
        PreprocessingConfig(
            **NO_SHARES,
            min_cells=3,
            target_sum=1e4,
            n_hvg=None,
            hvg_thresholds=(0.0125, 3.0, 0.5),
        ),
    )
    assert 10 < theirs.n_vars < 300
    assert ours.gene_names.tolist() == theirs.var_names.tolist()
    assert ours.cell_index.tolist() == [i for i in range(150) if i != 5]
    np.testing.assert_allclose(ours.scaled, theirs.X, atol=1e-4)
    np.testing.assert_allclose(ours.normalized(), unscaled, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(ours.counts, theirs.layers["counts"].toarray())


@pytest.mark.parametrize("n_hvg", [60, 150])
def test_counts_instead_of_shares_and_no_scaling(adata, n_hvg):
    filters = {"min_gene_counts": 3, "min_cell_counts": 1}
    theirs = scanpy_start(adata, **filters)
    sc.pp.highly_variable_genes(theirs, n_top_genes=n_hvg)
    theirs = theirs[:, theirs.var["highly_variable"]].copy()
    config = PreprocessingConfig(**NO_SHARES, **filters, n_hvg=n_hvg, scale_axis="none")
    ours = prepare(adata, config)
    assert ours.gene_names.tolist() == theirs.var_names.tolist()
    np.testing.assert_allclose(ours.scaled, theirs.X.toarray(), rtol=1e-5)
    np.testing.assert_allclose(ours.normalized(), ours.scaled, rtol=1e-5, atol=1e-6)
    again = ours.reference.transform(adata[ours.cell_index].copy())
    np.testing.assert_array_equal(again.scaled, ours.scaled)


def test_all_genes_without_a_clip_or_with_another(adata):
    theirs = scanpy_start(adata, min_gene_counts=1)
    theirs.X = theirs.X.toarray()
    sc.pp.scale(theirs)
    config = PreprocessingConfig(**NO_SHARES, min_gene_counts=1, n_hvg=None, clip=None)
    ours = prepare(adata, config)
    np.testing.assert_allclose(ours.scaled, theirs.X, atol=1e-4)
    assert np.abs(ours.scaled).max() > 10
    clipped = prepare(
        adata, PreprocessingConfig(**NO_SHARES, min_gene_counts=1, n_hvg=None, clip=6)
    )
    assert np.abs(clipped.scaled).max() == 6


def test_cell_ranger_ranks_as_scanpy_does(adata):
    theirs = scanpy_start(adata, min_cells=3)
    table = sc.pp.highly_variable_genes(theirs, flavor="cell_ranger", n_top_genes=50, inplace=False)
    config = PreprocessingConfig(**NO_SHARES, min_cells=3, hvg_flavor="cell_ranger", n_hvg=50)
    ours = prepare(adata, config)
    expected = theirs.var_names[table["highly_variable"].to_numpy()]
    assert len(set(ours.gene_names) & set(expected)) >= 49  # a tie may fall either way
    assert len(ours.gene_names) == 50


def test_cells_by_genes_and_counts(adata):
    filters = {"min_cells": 2, "min_genes": 160, "min_cell_counts": 400}
    theirs = scanpy_start(adata, **filters)
    ours = prepare(adata, PreprocessingConfig(**NO_SHARES, **filters, n_hvg=None))
    assert 10 < theirs.n_obs < 149
    assert [f"{i}" for i in ours.cell_index] == theirs.obs_names.tolist()


def test_values_without_normalisation_are_the_logarithm_of_the_counts(adata):
    ours = prepare(adata, PreprocessingConfig(normalize_total=False, n_hvg=50))
    np.testing.assert_allclose(ours.normalized(), np.log1p(ours.counts), rtol=1e-6)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"min_cells": -1}, "min_cells=-1"),
        ({"min_cell_counts": 1.5}, r"min_cell_counts=1\.5"),
        ({"target_sum": 0}, "target_sum=0 .* above 0, or null"),
        ({"hvg_thresholds": (0, 3), "n_hvg": None}, "lowest mean, highest mean and"),
        ({"hvg_thresholds": (0, 3, 0.5)}, "goes with n_hvg=null"),
        (
            {"hvg_thresholds": (0, 3, 0.5), "n_hvg": None, "hvg_flavor": "variance"},
            "hvg_flavor=seurat or cell_ranger",
        ),
    ],
)
def test_settings_that_cannot_be_meant(setting, message):
    with pytest.raises(UsageError, match=message):
        PreprocessingConfig(**setting)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"min_gene_counts": 10**6}, "hold fewer than 1000000 counts.* or min_gene_counts=1000000"),
        ({"min_cell_counts": 10**6}, "fewer than 1000000 counts.* or min_cell_counts=1000000"),
        ({"min_genes": 401}, "or min_genes=401"),
        ({"n_hvg": None, "hvg_thresholds": (50.0, 60.0, 0.5)}, "No gene passes hvg_thresholds"),
    ],
)
def test_data_of_which_nothing_is_left(adata, setting, message):
    with pytest.raises(DataError, match=message):
        prepare(adata, PreprocessingConfig(**setting))
