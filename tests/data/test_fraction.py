"""A share of the cells: which ones, what becomes of labels and K, and how it is named."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.stats

from scinfovae.bench.planning.identity import canonical
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.running.listener import Listener, RunLog
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.lookup import identity_of, known_n_clusters
from scinfovae.data.content import content_hash
from scinfovae.data.dataset import load_dataset
from scinfovae.data.fraction import draw_cells, keep_fraction
from scinfovae.data.request import DatasetRequest
from scinfovae.data.simulate import SimulationConfig
from scinfovae.errors import ScInfoVAEWarning, UsageError

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = SimulationConfig(n_cells=80, n_genes=30, n_clusters=4)
WHOLE = DatasetRequest("simulated", simulation=CONFIG)
HALF = dataclasses.replace(WHOLE, fraction=0.5)


def test_a_share_holds_the_cells_as_they_were_with_their_labels() -> None:
    whole, half = load_dataset(WHOLE), load_dataset(HALF)
    assert half.adata.n_obs == 40
    assert half.n_clusters == whole.n_clusters == 4
    names = half.adata.obs_names
    assert list(names) == [name for name in whole.adata.obs_names if name in set(names)]
    same = whole.adata[names]
    np.testing.assert_array_equal(half.adata.X.toarray(), same.X.toarray())
    assert half.adata.obs["cluster"].astype(str).tolist() == same.obs["cluster"].tolist()


def test_it_is_the_same_every_time_and_another_with_another_seed() -> None:
    first = draw_cells(1000, 0.25, 0)
    np.testing.assert_array_equal(first, draw_cells(1000, 0.25, 0))
    assert set(first) != set(draw_cells(1000, 0.25, 1))
    assert len(np.unique(first)) == 250


def test_the_draw_does_not_change_from_one_version_of_the_project_to_the_next() -> None:
    # other cells under an old name would be found as finished: raise FRACTION_VERSION then
    assert draw_cells(20, 0.25, 0).tolist() == [9, 11, 14, 15, 19]


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    quarter, half, whole = (set(draw_cells(101, share, 3)) for share in (0.25, 0.5, 1.0))
    assert quarter < half < whole == set(range(101))


def test_every_cell_has_the_same_chance() -> None:
    drawn = np.concatenate([draw_cells(20, 0.25, seed) for seed in range(2000)])
    counts = np.bincount(drawn, minlength=20)
    # without replacement the counts spread less than the test assumes, so it is a cautious one
    assert scipy.stats.chisquare(counts).pvalue > 0.01


def test_all_cells_are_what_they_were() -> None:
    adata = ad.AnnData(np.ones((4, 2), np.float32))
    assert keep_fraction(adata, 1.0, 5) is adata
    assert content_hash(WHOLE) == content_hash(dataclasses.replace(WHOLE, fraction_seed=5))


def test_every_share_has_a_content_of_its_own() -> None:
    other = [
        WHOLE,
        HALF,
        dataclasses.replace(HALF, fraction=0.25),
        dataclasses.replace(HALF, fraction_seed=1),
        dataclasses.replace(HALF, simulation=dataclasses.replace(CONFIG, seed=1)),
    ]
    assert len({content_hash(request) for request in other}) == len(other)
    assert load_dataset(HALF).content_hash == content_hash(HALF)


def test_classes_that_vanish_are_told_and_k_follows() -> None:
    types = pd.Categorical(["common"] * 96 + ["rare", "rarer", "other", "other"])
    obs = pd.DataFrame({"type": types}, index=[f"c{i}" for i in range(100)])
    adata = ad.AnnData(np.ones((100, 3), np.float32), obs=obs)
    with pytest.warns(ScInfoVAEWarning, match=r"fraction=0.1 keeps cells of \d of the 4 classes"):
        few = keep_fraction(adata, 0.1, 0)
    assert few.obs["type"].nunique() < 4


def test_k_that_was_said_stays(recwarn) -> None:
    assert load_dataset(dataclasses.replace(HALF, n_clusters=7)).n_clusters == 7
    assert not recwarn


@pytest.mark.parametrize("fraction", [0.0, -0.5, 1.01, float("nan"), float("inf")])
def test_what_is_no_share_is_refused(fraction: float) -> None:
    with pytest.raises(UsageError, match=r"dataset\.fraction=.* above 0 and at most 1"):
        load_dataset(dataclasses.replace(WHOLE, fraction=fraction))


def test_a_share_of_too_few_cells_and_a_seed_below_zero_are_refused() -> None:
    with pytest.raises(UsageError, match=r"fraction=0.01 of 80 cells leaves 1: at least 2"):
        load_dataset(dataclasses.replace(WHOLE, fraction=0.01))
    with pytest.raises(UsageError, match=r"fraction_seed=-1 is negative"):
        load_dataset(dataclasses.replace(HALF, fraction_seed=-1))


def recipe_of(*words: str):
    return make_plan(["method=pca", *words])[0].recipe


def identity_with(*words: str) -> str:
    small = ("dataset.simulation.n_cells=60", "dataset.simulation.n_genes=40")
    return identity_of(recipe_of(*small, *words), DataCache(), RunLog(Listener()))


def test_the_share_enters_the_identity_of_a_run() -> None:
    names = [
        identity_with(),
        identity_with("dataset.fraction=0.5"),
        identity_with("dataset.fraction=0.5", "dataset.fraction_seed=1"),
    ]
    assert len(set(names)) == 3
    assert identity_with("dataset.fraction=1", "dataset.fraction_seed=1") == names[0]


def test_k_of_a_share_is_not_known_before_the_cells_are_drawn() -> None:
    assert known_n_clusters(recipe_of("dataset=worm_neuron")) == 10
    assert known_n_clusters(recipe_of("dataset=worm_neuron", "dataset.fraction=0.5")) is None
    said = recipe_of("dataset=worm_neuron", "dataset.fraction=0.5", "dataset.n_clusters=9")
    assert known_n_clusters(said) == 9


@pytest.mark.parametrize("name", ["simulated", "custom", "worm_neuron"])
def test_every_dataset_can_be_asked_for_a_share(name: str) -> None:
    words = (f"dataset={name}", "dataset.fraction=0.25,0.5,1", "dataset.fraction_seed=2")
    plan = make_plan(["method=pca", *words])
    requests = [group.recipe.dataset for group in plan]
    assert [request.fraction for request in requests] == [0.25, 0.5, 1.0]
    assert {request.fraction_seed for request in requests} == {2}
    assert len({canonical(group.recipe.resolved) for group in plan}) == 3


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("dataset.fraction=0", "dataset.fraction=0.0 is out of range"),
        ("dataset.fraction=2", "dataset.fraction=2.0 is out of range"),
        ("dataset.fraction=half", "dataset.fraction='half' must be a number"),
        ("dataset.fractoin=0.5", "Did you mean 'fraction'"),
        ("dataset.fraction_seed=-1", "fraction_seed=-1 is negative"),
        ("dataset.fraction_seed=0.5", "must be a whole number"),
    ],
)
def test_bad_words_are_named(word: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        make_plan(["method=pca", word])


@pytest.mark.real_data
def test_a_quarter_of_the_worm(shared_data: Path, tmp_path: Path) -> None:
    mirror = shared_data / "data" / "mirror"
    request = DatasetRequest(
        "worm_neuron", cache_dir=tmp_path, mirror=mirror, offline=True, fraction=0.25
    )
    dataset = load_dataset(request)
    assert dataset.adata.n_obs == round(4186 / 4)
    assert dataset.n_clusters == 10
    sizes = dataset.adata.obs["Y"].value_counts(normalize=True)
    expected = np.array(dataset.spec.class_sizes) / 4186
    # five standard errors of a share of 1046 cells
    assert np.abs(sizes.to_numpy() - expected).max() < 5 * np.sqrt(0.25 / 1046)
