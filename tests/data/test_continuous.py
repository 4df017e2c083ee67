"""Continuous values go into methods as they are, and never as counts."""

from __future__ import annotations

import dataclasses

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scinfovae.data.figure4_cells import Figure4Config, figure4_cells, figure4_new_cells
from scinfovae.data.preprocessing import (
    CONTINUOUS,
    PreprocessingConfig,
    PreprocessingReference,
    pca_components,
    preprocess,
)
from scinfovae.errors import DataError, NoCountsError, UsageError

POINTS = Figure4Config(n_cells=110, n_new=220)


@pytest.fixture
def cells() -> ad.AnnData:
    return figure4_cells(POINTS)


def test_they_are_taken_as_they_are(cells) -> None:
    before = cells.X.copy()
    prepared = preprocess(cells, CONTINUOUS)
    np.testing.assert_array_equal(prepared.scaled, before.astype(np.float32))
    np.testing.assert_array_equal(cells.X, before)
    assert prepared.size_factors.tolist() == [1.0] * 110
    assert prepared.cell_index.tolist() == list(range(110))
    assert prepared.report["n_genes"] == 9
    assert prepared.report["n_cells_dropped"] == 0


def test_they_can_be_standardised(cells) -> None:
    recipe = dataclasses.replace(CONTINUOUS, scale_axis="gene", clip=2.0)
    scaled = preprocess(cells, recipe).scaled
    expected = (cells.X - cells.X.mean(0)) / cells.X.std(0, ddof=1)
    np.testing.assert_allclose(scaled, np.clip(expected, -2, 2), rtol=1e-5, atol=1e-6)


def test_there_are_no_counts_to_be_had(cells) -> None:
    prepared = preprocess(cells, CONTINUOUS)
    assert not prepared.has_counts
    with pytest.raises(NoCountsError, match="counts are needed"):
        _ = prepared.counts
    with pytest.raises(NoCountsError):
        prepared.normalized()


def test_counts_still_are_counts() -> None:
    counts = np.arange(1.0, 13).reshape(4, 3)
    prepared = preprocess(ad.AnnData(counts), PreprocessingConfig(n_hvg=None))
    assert prepared.has_counts
    np.testing.assert_array_equal(prepared.counts, counts)


@pytest.mark.parametrize(
    ("key", "value"), [("n_hvg", 500), ("log1p", True), ("min_cells", 3), ("target_sum", 1e4)]
)
def test_steps_for_counts_do_not_apply(key, value) -> None:
    with pytest.raises(UsageError, match=f"{key}=.* does not apply to continuous values"):
        dataclasses.replace(CONTINUOUS, **{key: value})


def test_an_unknown_kind_of_values() -> None:
    with pytest.raises(UsageError, match="Did you mean 'continuous'"):
        PreprocessingConfig(values="continuos")


@pytest.mark.parametrize(
    ("values", "names", "message"),
    [
        ([[1.0, np.nan], [0, 1]], ["a", "b"], "NaN or infinite"),
        ([[1.0, 2], [0, 1]], ["a", "a"], "names are repeated"),
        ([[1.0, 2]], ["a", "b"], "at least 2 are needed"),
    ],
)
@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_values_that_cannot_be_used(values, names, message) -> None:
    adata = ad.AnnData(np.array(values), var=pd.DataFrame(index=names))
    with pytest.raises(DataError, match=message):
        preprocess(adata, CONTINUOUS)


def test_new_cells_are_prepared_alike_also_from_a_stored_reference(cells) -> None:
    recipe = dataclasses.replace(CONTINUOUS, scale_axis="gene")
    prepared = preprocess(cells, recipe)
    shuffled = cells[:, ::-1].copy()
    stored = PreprocessingReference.from_arrays(*prepared.reference.to_arrays())
    for reference in (prepared.reference, stored):
        again = reference.transform(shuffled)
        np.testing.assert_array_equal(again.scaled, prepared.scaled)
        assert not again.has_counts
    with pytest.raises(DataError, match="1 of the 9 features the model uses are absent"):
        stored.transform(cells[:, 1:].copy())


def test_components_place_new_cells_where_they_place_the_old_ones(cells) -> None:
    prepared = preprocess(cells, CONTINUOUS)
    found = pca_components(prepared, 3)
    np.testing.assert_allclose(found.project(prepared), found.scores, atol=1e-12)
    new = found.project(prepared.reference.transform(figure4_new_cells(POINTS)))
    assert new.shape == (220, 3)
