"""What every method promises, asked of each of them with the short preset on 60 cells."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from scinfovae.cli.main import main
from scinfovae.data.preprocessing import PreprocessingConfig
from scinfovae.methods import METHODS, missing_packages, own_recipe
from scinfovae.methods.base import KINDS
from scinfovae.methods.describe import parameters_of

# whose first call compiles for half a minute
SLOW = ("pca_umap", "scvi")


def fittable():
    """List the methods that can be fitted here."""
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name, info in METHODS.items()
        if not missing_packages(info)
    ]


@pytest.mark.parametrize("name", METHODS)
def test_it_says_what_it_is(name):
    info = METHODS[name]
    assert info.name == name
    assert info.kind in KINDS
    assert info.version >= 1
    assert info.citation
    assert info.summary.endswith(".")
    assert info.has_embedding or info.own_labels
    assert bool(info.extra) <= bool(info.packages)
    assert is_dataclass(info.config_class)
    assert info.config_class.__dataclass_params__.frozen
    if info.own_recipe is not None:
        assert own_recipe(info) == vars(PreprocessingConfig(**info.own_recipe))


@pytest.mark.parametrize("name", METHODS)
def test_every_choice_is_explained(name):
    for parameter in parameters_of(METHODS[name].config_class):
        assert parameter.text, parameter.name


@pytest.mark.parametrize("name", METHODS)
def test_a_method_tells_of_itself_in_words_and_as_json(name, capsys):
    assert main(["methods", "info", name]) == 0
    words = capsys.readouterr().out
    assert main(["methods", "info", name, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == name
    for parameter in told["parameters"]:
        assert f"{parameter['name']} = " in words


def test_the_parameters_of_a_part_are_those_of_the_default():
    told = {p.name: p.default for p in parameters_of(METHODS["scinfovae_consensus"].config_class)}
    assert told["decoded.input_noise"] == 2.5
    assert told["self_trained.input_noise"] == 5.0


def test_no_method_imports_anything_heavy_before_it_is_fitted():
    heavy = ("torch", "numpy", "pandas", "scipy", "sklearn", "scanpy", "umap", "scvi")
    program = (
        "import sys\nfrom scinfovae.methods import METHODS\nassert len(METHODS) > 1\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", fittable())
def test_a_fit_gives_one_whole_result_a_seed(name, tiny, fit):
    info, prepared = METHODS[name], tiny.prepared
    before = (prepared.scaled.copy(), prepared.counts.copy(), prepared.size_factors.copy())
    results = fit(name, tiny, "preset=quick", seeds=(0, 1))
    after = (prepared.scaled, prepared.counts, prepared.size_factors)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)
    n_cells = len(prepared.cell_index)
    for result in results:
        assert result.status == "ok", result.message
        assert ("final" in result.stages) == info.has_embedding
        assert set(result.stages) <= {"pretrained", "final"}
        for embedding in result.stages.values():
            assert embedding.shape[0] == n_cells
            assert embedding.ndim == 2
            assert np.isfinite(embedding).all()
        lengths = {(key.rpartition(".")[0], len(c)) for key, c in result.history.items()}
        assert len(lengths) == len({stage for stage, _ in lengths})
        assert result.seconds
        if info.own_labels and not info.labels_from_reference:
            assert result.own_labels.shape == (n_cells,)
            assert result.own_labels.dtype.kind in "iu"
            assert result.own_labels.min() >= 0
        else:
            assert result.own_labels is None

    # the same seeds give the same to the last bit, and another seed another embedding
    again = fit(name, tiny, "preset=quick", seeds=(0, 1))
    for one, other in zip(map(everything, results), map(everything, again), strict=True):
        for first, second in zip(one, other, strict=True):
            np.testing.assert_array_equal(first, second)
    if info.has_embedding:
        one, other = (result.stages["final"] for result in results)
        assert np.array_equal(one, other) != info.stochastic


def everything(result):
    """List all that a seed decides."""
    own = () if result.own_labels is None else (result.own_labels,)
    return [*result.stages.values(), *own]


@pytest.mark.parametrize("name", METHODS)
def test_the_record_of_a_choice_says_all_of_it(name):
    config = METHODS[name].config_class()
    assert not {field.name for field in fields(config)} & {"name", "input", "seed"}
