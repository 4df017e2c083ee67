from __future__ import annotations

import types

import numpy as np
import pytest
from numpy.linalg import svd

from scinfovae.data.preprocessing import pca_space
from scinfovae.errors import UsageError
from scinfovae.methods import METHODS, create, get_method
from scinfovae.methods.pca import PCAConfig


@pytest.fixture
def prepared():
    scaled = np.random.default_rng(0).normal(size=(30, 12)).astype(np.float32)
    return types.SimpleNamespace(scaled=scaled, cell_index=np.arange(30))


def fit(prepared, n_components, seeds=(0,)):
    method = create(METHODS["pca"], PCAConfig(n_components))
    return method.fit(prepared, n_clusters=3, seeds=seeds, device="cpu", progress=lambda *_: None)


def test_components_are_the_left_singular_vectors_times_their_values(prepared):
    embedding = fit(prepared, 4)[0].stages["final"]
    centred = prepared.scaled.astype(float) - prepared.scaled.astype(float).mean(axis=0)
    left, values, _ = svd(centred, full_matrices=False)
    expected = left[:, :4] * values[:4]
    np.testing.assert_allclose(np.abs(embedding), np.abs(expected), atol=1e-5)


def test_every_seed_gets_the_same_embedding(prepared):
    first, second = fit(prepared, 4, seeds=(0, 7))
    np.testing.assert_array_equal(first.stages["final"], second.stages["final"])
    assert set(first.stages) == {"final"}


def test_no_more_components_than_the_data_allow(prepared):
    assert fit(prepared, 50)[0].stages["final"].shape == (30, 12)


@pytest.mark.parametrize("name", ["cells", "uneven"])
def test_kmeans_of_it_scores_80_to_95_hundredths_where_methods_are_tried(name, request):
    where = request.getfixturevalue(name)
    points = pca_space(where.prepared)
    reached = [where.kmeans_ari(points, seed) for seed in range(5)]
    assert all(0.8 <= round(ari, 2) <= 0.95 for ari in reached)


def test_no_component_is_refused():
    with pytest.raises(UsageError, match="n_components=0"):
        PCAConfig(0)


def test_an_unknown_method_is_named():
    with pytest.raises(UsageError, match=r"no method 'pcb'\. Did you mean 'pca'\?"):
        get_method("pcb")
