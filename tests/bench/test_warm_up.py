"""The first call of a baseline, which imports and compiles, is not the one that is timed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from scinfovae.bench.running import warm_up
from scinfovae.bench.running.fitting import fit_seeds
from scinfovae.data.preprocessing import PreprocessingConfig, preprocess
from scinfovae.data.simulate import SimulationConfig, simulate_counts
from scinfovae.methods import METHODS

LOG = SimpleNamespace(progress=lambda *_: None, note=print, message=print)


@pytest.fixture(scope="module")
def prepared():
    adata = simulate_counts(SimulationConfig(n_cells=260, n_genes=300, n_clusters=3))
    return preprocess(adata, PreprocessingConfig(n_hvg=100))


@pytest.fixture(autouse=True)
def cold(monkeypatch):
    monkeypatch.setattr(warm_up, "_done", set())


@pytest.fixture
def calls(monkeypatch):
    """Number of cells of every fit."""
    seen = []

    def fit(prepared, **_):
        seen.append(len(prepared.scaled))
        assert len(prepared.cell_index) == len(prepared.counts) == len(prepared.size_factors)
        raise ValueError("whatever goes wrong is for the call that counts")

    monkeypatch.setattr("scinfovae.methods.create", lambda *_: SimpleNamespace(fit=fit))
    return seen


def test_a_baseline_sees_a_few_cells_once(calls, prepared):
    for _ in range(2):
        warm_up.warm_up_method(METHODS["pca"], None, prepared, "cpu")
    assert calls == [200]


def test_what_trains_for_minutes_is_left_alone(calls, prepared):
    for name in ("scinfovae", "vae", "random_labels"):
        warm_up.warm_up_method(METHODS[name], None, prepared, "cpu")
    assert calls == []


@pytest.mark.parametrize("name", ["pca", "nmf", "scanpy_leiden", "scanpy_louvain"])
def test_a_result_is_the_same_after_it(name, prepared):
    config = METHODS[name].config_class()

    def fit():
        (one,) = fit_seeds(
            METHODS[name], config, prepared, n_clusters=3, seeds=[1], device="cpu", log=LOG
        )
        return one.result

    cold, warm = fit(), fit()
    assert warm_up._done == {name}
    assert cold.stages.keys() == warm.stages.keys()
    for stage, embedding in cold.stages.items():
        np.testing.assert_array_equal(embedding, warm.stages[stage])
    if cold.own_labels is not None:
        np.testing.assert_array_equal(cold.own_labels, warm.own_labels)
