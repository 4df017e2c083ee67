"""The genes themselves as an embedding."""

from __future__ import annotations

import types

import numpy as np

from scinfovae.methods import create, get_method
from scinfovae.methods.genes import GenesConfig


def test_the_embedding_is_the_scaled_input_for_every_seed() -> None:
    scaled = np.random.default_rng(0).normal(size=(30, 12)).astype(np.float32)
    prepared = types.SimpleNamespace(scaled=scaled, cell_index=np.arange(30))
    method = create(get_method("genes"), GenesConfig())
    results = method.fit(
        prepared, n_clusters=3, seeds=(0, 7), device="cpu", progress=lambda *_: None
    )
    for result in results:
        assert set(result.stages) == {"final"}
        np.testing.assert_array_equal(result.stages["final"], scaled)
        assert result.stages["final"] is not scaled  # nobody can spoil the input of the next method
