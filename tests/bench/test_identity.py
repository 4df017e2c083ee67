from __future__ import annotations

import dataclasses
import re

import pytest

from scinfovae.bench.planning.identity import canonical, identity, short_hash
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.running.listener import Listener, RunLog
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.lookup import identity_of

BASE = ("dataset=worm_neuron", "method=pca")


def name_of(*words, change=None):
    recipe = make_plan([*BASE, *words])[0].recipe
    if change is not None:
        recipe = dataclasses.replace(recipe, method=dataclasses.replace(recipe.method, **change))
    return identity_of(recipe, DataCache(), RunLog(Listener()))


def test_it_is_sixteen_hexadecimal_digits():
    assert re.fullmatch("[0-9a-f]{16}", name_of())


@pytest.mark.parametrize(
    "word",
    [
        "seed=3",
        "results.dir=elsewhere",
        "results.keep_model=false",
        "data.cache_dir=elsewhere",
        "data.mirror=elsewhere",
        "data.offline=true",
        "clusterers=[ward]",
        "clustering.kmeans.n_init=7",
        "figures=false",
        "device=cpu",
        "stack_width=3",
        "threads=2",
        "preset=quick",
        "dataset.n_clusters=10",
        "dataset.urls=[http://example.org/x]",
    ],
)
def test_what_does_not_define_the_result_does_not_change_it(word):
    assert name_of(word) == name_of()


def test_what_defines_the_result_changes_it():
    names = [
        name_of(),
        name_of("method.n_components=10"),
        name_of("preprocessing.n_hvg=400"),
        name_of("preset=literal"),
        name_of("dataset.n_clusters=11"),
        name_of("dataset.git_blob_sha1=" + "0" * 40),
        name_of(change={"version": 2}),
    ]
    assert len(set(names)) == len(names)


def test_whole_numbers_given_for_fractions_do_not_change_it():
    assert name_of("preprocessing.clip=10") == name_of("preprocessing.clip=10.0")


def test_it_does_not_change_from_one_version_of_the_project_to_the_next():
    # a changed value here orphans every record there is: raise a method's version instead
    fixed = identity(
        content_hash="6db45bdfdc6dbc6bb0c5396ee34bf9cf3493bcdd",
        n_clusters=10,
        method="pca",
        method_version=1,
        method_config={"n_components": 50},
        preprocessing={"n_hvg": 500},
        preprocessing_version=1,
    )
    assert fixed == "3a5f427dbe213ab0"


def test_canonical_json_has_one_form():
    assert canonical({"b": (1, 2), "a": None}) == '{"a":null,"b":[1,2]}'
    assert short_hash({"a": 1, "b": 2}, 8) == short_hash({"b": 2, "a": 1}, 8)
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))
