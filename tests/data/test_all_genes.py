"""``n_hvg: null``: all genes that survive the filters, without a warning."""

from __future__ import annotations

import numpy as np
import pytest
from anndata import AnnData
from scipy import sparse

from scinfovae.bench.planning.plan import make_plan
from scinfovae.data.preprocessing import PreprocessingConfig, preprocess
from scinfovae.errors import UsageError


@pytest.fixture
def adata() -> AnnData:
    counts = np.random.default_rng(0).poisson(1.0, (60, 90)).astype(np.float32)
    counts[:, 7] = 0.0  # does not survive
    return AnnData(sparse.csr_matrix(counts))


@pytest.mark.parametrize("flavor", ["seurat", "variance", "seurat_v3"])
def test_null_keeps_every_surviving_gene_and_says_nothing(adata, flavor, recwarn) -> None:
    prepared = preprocess(adata, PreprocessingConfig(n_hvg=None, hvg_flavor=flavor))
    expected = [name for i, name in enumerate(adata.var_names) if i != 7]
    assert prepared.gene_names.tolist() == expected
    assert prepared.scaled.shape == prepared.counts.shape == (60, 89)
    np.testing.assert_array_equal(prepared.counts, adata[:, expected].X.toarray())
    assert not recwarn


def test_it_is_the_same_input_as_asking_for_their_number(adata) -> None:
    all_genes = preprocess(adata, PreprocessingConfig(n_hvg=None))
    counted = preprocess(adata, PreprocessingConfig(n_hvg=89))
    np.testing.assert_array_equal(all_genes.scaled, counted.scaled)


def test_it_can_be_said_beside_a_number() -> None:
    plan = make_plan(["method=pca", "preprocessing.n_hvg=500,null"])
    assert [group.recipe.preprocessing.n_hvg for group in plan] == [500, None]


@pytest.mark.parametrize("n_hvg", [0, -1, 2.5, True, "all"])
def test_what_is_no_number_of_genes_is_refused(n_hvg) -> None:
    with pytest.raises(UsageError, match="a whole number above 0, or null for all genes"):
        PreprocessingConfig(n_hvg=n_hvg)
