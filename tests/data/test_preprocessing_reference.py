"""New cells are prepared as the training cells were, also after storage."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from anndata import AnnData
from safetensors.numpy import load, save
from scipy import sparse

from scinfovae.data.preprocessing import Prepared, PreprocessingConfig, PreprocessingReference
from scinfovae.data.preprocessing import preprocess as prepare
from scinfovae.errors import DataError, ScInfoVAEWarning


@pytest.fixture(scope="module")
def training() -> AnnData:
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(1.0, 1.0, 150), (200, 150)).astype(np.float32)
    counts[:, ::13] *= rng.random((200, 12)) < 0.004
    counts[[3, 50]] = 0
    adata = AnnData(sparse.csr_matrix(counts))
    adata.var_names = [f"gene_{i}" for i in range(150)]
    return adata


@pytest.fixture(scope="module")
def prepared(training: AnnData) -> Prepared:
    return prepare(training, PreprocessingConfig(n_hvg=50))


def without(adata: AnnData, genes: Any) -> AnnData:
    return adata[:, ~adata.var_names.isin(list(genes))].copy()


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"normalize_total": False},
        {"log1p": False},
        {"scale_axis": "cell"},
        {"hvg_flavor": "variance"},
    ],
)
def test_the_training_cells_come_out_as_before(training: AnnData, setting: dict) -> None:
    prepared = prepare(training, PreprocessingConfig(n_hvg=50, **setting))
    assert prepared.report["n_cells_dropped"] == 2
    again = prepared.reference.transform(training[prepared.cell_index].copy())
    np.testing.assert_array_equal(again.scaled, prepared.scaled)
    np.testing.assert_array_equal(again.counts, prepared.counts)
    np.testing.assert_array_equal(again.size_factors, prepared.size_factors)
    np.testing.assert_array_equal(again.gene_names, prepared.gene_names)
    np.testing.assert_array_equal(again.cell_index, np.arange(198))


def test_genes_are_found_by_name_in_any_order(training: AnnData, prepared: Prepared) -> None:
    kept = training[prepared.cell_index].copy()
    extra = AnnData(np.full((198, 2), 9, np.float32))
    extra.var_names = ["other_a", "other_b"]
    order = np.random.default_rng(0).permutation(152)
    shuffled = AnnData(sparse.hstack([kept.X, extra.X], format="csr")[:, order])
    shuffled.var_names = np.array([*kept.var_names, *extra.var_names])[order]
    again = prepared.reference.transform(shuffled)
    np.testing.assert_array_equal(again.scaled, prepared.scaled)
    np.testing.assert_array_equal(again.size_factors, prepared.size_factors)


def test_one_new_cell_by_hand(prepared: Prepared) -> None:
    reference = prepared.reference
    total = 4.0 * reference.surviving_genes.size
    cell = AnnData(np.full((1, reference.surviving_genes.size), 4, np.float32))
    cell.var_names = reference.surviving_genes
    again = reference.transform(cell)
    size_factor = total / reference.median_total
    expected = (np.log1p(4 / size_factor) - reference.gene_mean) / reference.gene_std
    np.testing.assert_allclose(again.size_factors, [size_factor], rtol=1e-6)
    np.testing.assert_allclose(again.scaled[0], np.clip(expected, -10, 10), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(again.counts, 4)


def test_missing_genes_count_zero_with_a_warning(training: AnnData, prepared: Prepared) -> None:
    absent = prepared.gene_names[[0, 7, 20]]
    fewer = without(training[prepared.cell_index], absent)
    with pytest.warns(ScInfoVAEWarning, match=f"3 of the 50 .*{absent[0]}.*count as 0") as caught:
        again = prepared.reference.transform(fewer)
    assert caught[0].filename == __file__
    gone = np.isin(prepared.gene_names, absent)
    np.testing.assert_array_equal(again.counts[:, gone], 0)
    np.testing.assert_array_equal(again.counts[:, ~gone], prepared.counts[:, ~gone])
    mean, std = prepared.reference.gene_mean, prepared.reference.gene_std
    np.testing.assert_allclose(
        again.scaled[:, gone], np.tile((-mean / std)[gone], (198, 1)), rtol=1e-6
    )
    surviving = np.setdiff1d(prepared.reference.surviving_genes, absent)
    totals = fewer[:, surviving].X.toarray().sum(axis=1)
    np.testing.assert_allclose(
        again.size_factors, totals / prepared.reference.median_total, rtol=1e-6
    )
    assert again.report["n_genes_missing"] == again.report["n_surviving_genes_missing"] == 3


def test_a_fifth_may_be_missing_and_no_more(training: AnnData, prepared: Prepared) -> None:
    with pytest.warns(ScInfoVAEWarning, match="10 of the 50"):
        prepared.reference.transform(
            without(training[prepared.cell_index], prepared.gene_names[:10])
        )
    first = prepared.gene_names[0]
    with pytest.raises(DataError, match=rf"11 of the 50 .*\({first}, .*more than 20%"):
        prepared.reference.transform(without(training, prepared.gene_names[:11]))


def test_few_of_the_genes_behind_the_size_factors_is_said(
    training: AnnData, prepared: Prepared
) -> None:
    only_chosen = training[prepared.cell_index][:, prepared.gene_names].copy()
    with pytest.warns(ScInfoVAEWarning, match="behind the size factors are absent"):
        prepared.reference.transform(only_chosen)


def test_cells_without_counts_are_counted_in_the_error(
    training: AnnData, prepared: Prepared
) -> None:
    with pytest.raises(DataError, match="2 of 200 cells have no counts"):
        prepared.reference.transform(training)


def test_storage_without_pickle_loses_nothing(training: AnnData, prepared: Prepared) -> None:
    arrays, metadata = prepared.reference.to_arrays()
    assert all(array.dtype == np.float64 for array in arrays.values())
    stored = PreprocessingReference.from_arrays(
        load(save(arrays)), json.loads(json.dumps(metadata))
    )
    assert stored.config == prepared.reference.config
    assert stored.median_total == prepared.reference.median_total
    again = stored.transform(training[prepared.cell_index])
    np.testing.assert_array_equal(again.scaled, prepared.scaled)
    np.testing.assert_array_equal(again.gene_names, prepared.gene_names)


@pytest.mark.parametrize(
    ("arrays_change", "metadata_change"),
    [
        ({"gene_mean": None}, {}),
        ({"gene_mean": np.zeros(3)}, {}),
        ({"gene_std": np.zeros(50)}, {}),
        ({}, {"median_total": None}),
        ({}, {"median_total": -1.0}),
        ({}, {"gene_names": ["unheard_of"] * 50}),
        ({}, {"config": {"n_hvg": -1}}),
        ({}, {"config": {"colour": "blue"}}),
    ],
)
def test_a_damaged_store_is_refused(
    prepared: Prepared, arrays_change: dict, metadata_change: dict
) -> None:
    arrays, metadata = prepared.reference.to_arrays()
    arrays = {k: v for k, v in {**arrays, **arrays_change}.items() if v is not None}
    with pytest.raises(DataError, match="stored preprocessing"):
        PreprocessingReference.from_arrays(arrays, {**metadata, **metadata_change})
