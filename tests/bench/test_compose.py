"""Everything shipped under configs/ composes, and means what the code's defaults mean."""

from __future__ import annotations

import itertools
import re

import pytest
import yaml

from scinfovae.bench.planning.compose import compose_point
from scinfovae.bench.planning.config import choices
from scinfovae.bench.planning.dataset_config import dataset_node
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.typed import plain
from scinfovae.clustering import CLUSTERERS
from scinfovae.data.preprocessing import PreprocessingConfig
from scinfovae.data.registry import load_registry
from scinfovae.errors import UsageError
from scinfovae.methods import METHODS, config_class
from scinfovae.resources import resource_path


def shipped(group, name):
    return yaml.safe_load((resource_path("configs") / group / f"{name}.yaml").read_text())


@pytest.mark.parametrize(
    ("preset", "method"), list(itertools.product(choices()["preset"], METHODS))
)
def test_every_preset_composes_with_every_method(preset, method):
    (group,) = make_plan([f"preset={preset}", f"method={method}"])
    assert group.recipe.preset == preset
    changed = shipped("preset", preset)["overrides"]["method"]
    assert group.recipe.short == (preset == "quick" and method in changed)
    assert group.recipe.method.name == method


@pytest.mark.parametrize("dataset", [*load_registry(), "simulated", "custom"])
def test_every_dataset_composes(dataset):
    (group,) = make_plan([f"dataset={dataset}", "method=pca"])
    assert group.recipe.dataset.name == dataset
    assert group.recipe.dataset.overrides is None


def test_every_file_of_every_group_composes():
    for group in ("clustering", "executor", "preprocessing"):
        for name in choices()[group]:
            assert make_plan([f"{group}={name}", "method=pca"])


@pytest.mark.parametrize("method", METHODS)
def test_files_of_methods_say_every_key_and_its_default(method):
    expected = {"name": method, **plain(config_class(METHODS[method])())}
    assert shipped("method", method) == expected


def test_files_of_preprocessing_and_clusterers_say_the_defaults():
    assert shipped("preprocessing", "default") == plain(PreprocessingConfig())
    assert shipped("clustering", "default") == {
        name: plain(config()) for name, config in CLUSTERERS.items()
    }


@pytest.mark.parametrize("preset", choices()["preset"])
def test_presets_name_only_methods_that_exist(preset):
    content = shipped("preset", preset)
    assert set(content) == {"name", "description", "short", "overrides"}
    assert content["name"] == preset
    assert set(content["overrides"]) <= {"preprocessing", "method"}
    assert set(content["overrides"].get("method") or {}) <= set(METHODS)


def test_the_schedules_of_the_paper():
    epochs = {}
    for preset in ("paper", "literal", "epochs1000", "quick"):
        method = make_plan([f"preset={preset}"])[0].recipe.method_config
        epochs[preset] = (method.pretrain.epochs, method.fine_tune.epochs)
    assert epochs == {
        "paper": (600, 500),
        "literal": (600, 500),
        "epochs1000": (1000, 1000),
        "quick": (60, 20),
    }


def test_literal_is_the_text_to_the_letter():
    recipe = make_plan(["preset=literal"])[0].recipe
    assert recipe.preprocessing.normalize_total is False
    assert recipe.preprocessing.hvg_flavor == "variance"
    assert recipe.preprocessing.scale_axis == "cell"
    assert recipe.method_config.likelihood == "zinb_mse"
    assert recipe.method_config.fine_tune.target == "literal"


def test_words_of_the_user_win_over_the_preset():
    words = ["preset=quick", "method.pretrain.epochs=7", "preprocessing.n_hvg=100"]
    recipe = make_plan(words)[0].recipe
    assert recipe.method_config.pretrain.epochs == 7
    assert recipe.method_config.fine_tune.epochs == 20
    assert recipe.preprocessing.n_hvg == 100


def test_a_preset_leaves_other_methods_alone():
    plans = [make_plan([f"preset={p}", "method=pca"])[0].recipe for p in ("paper", "quick")]
    assert plans[0].method_config == plans[1].method_config


def test_expected_values_of_a_file_are_ordinary_keys():
    words = ["dataset=muraro", "dataset.n_cells=5", "dataset.urls=['http://x.org/f?a=b']"]
    request = make_plan([*words, "method=pca"])[0].recipe.dataset
    assert request.overrides == {"n_cells": 5, "urls": ["http://x.org/f?a=b"]}


def test_the_dataset_node_is_written_out_of_the_registry():
    node = dataset_node("worm_neuron")
    assert node["n_cells"] == 4186
    assert compose_point({"dataset": "worm_neuron"})["dataset"] == node


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["foo=1"], "there is no key 'foo'"),
        (["+foo=1"], "there is no key 'foo'"),
        (["results.dri=x"], "Did you mean 'results.dir'?"),
        (["method.n_comp=3"], "no key 'method.n_comp'. Did you mean 'n_components'?"),
        (["method.n_components=2.5"], "method.n_components=2.5 must be a whole number"),
        (["method.n_components=0"], "n_components=0 must be at least 1"),
        (["method.name=other"], "method=NAME"),
        (["preset.name=other"], "preset=NAME"),
        (["clusterers=[kmean]"], "no clusterer 'kmean'. Did you mean 'kmeans'?"),
        (["clusterers=[]"], "must be a list of names"),
        (["clustering.kmeans.n_int=3"], "Did you mean 'n_init'?"),
        (["clustering.kmean.n_init=3"], "Did you mean 'kmeans'?"),
        (["preprocessing.hvg_flavor=seurt"], "Did you mean 'seurat'?"),
        (["seed=-1"], "seed=-1 is not possible"),
        (["seed=1.5"], "seed=1.5 is not possible"),
        (["seed=true"], "seed=True is not possible"),
        (["seed=0,x"], "seed=x is not possible"),
        (["seed.x=1"], "there is no key 'seed.x'"),
        (["device=gpu"], "device='gpu' must be one of"),
        (["threads=0"], "threads=0 must be at least 1"),
        (["stack_width=0"], "stack_width=0 must be at least 1"),
        (["dataset.n_clusters=1"], "dataset.n_clusters=1 must be at least 2"),
        (["dataset.path=x.h5"], "say dataset=custom dataset.path=x.h5"),
        (["dataset=worm_neuron", "dataset.n_cell=3"], "Did you mean 'n_cells'?"),
        (["hydra.run.dir=x"], "there is no key 'hydra.run.dir'"),
        (["seed=${nowhere}"], "cannot be resolved"),
        (["results=3"], "results=3 must be a mapping"),
    ],
)
def test_what_does_not_exist_is_named(words, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        make_plan(["method=pca", *words])
