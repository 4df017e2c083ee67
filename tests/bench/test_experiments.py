from __future__ import annotations

import pytest

from scinfovae.bench.planning.experiments import experiment_names, experiment_of, word_lists
from scinfovae.bench.planning.plan import make_plan
from scinfovae.data.registry import group_members
from scinfovae.errors import UsageError
from scinfovae.figures.registry import FIGURES


@pytest.fixture
def two_sweeps(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "description: Two sweeps.\n"
        "runs:\n"
        "  - [dataset=muraro, 'method=pca', 'seed=range(2)']\n"
        "  - [dataset=worm_neuron, 'method.latent_dim=2,10', preset=quick]\n"
    )
    return path


def test_without_an_experiment_the_words_stand_for_themselves():
    words = ["dataset=muraro", "seed=0,1"]
    assert word_lists(words) == [words]
    assert experiment_of(words) == ""


def test_words_are_added_to_every_sweep_and_win(two_sweeps):
    words = [f"experiment={two_sweeps}", "seed=7", "clusterers=[kmeans]"]
    assert word_lists(words) == [
        ["dataset=muraro", "method=pca", "seed=7", "clusterers=[kmeans]"],
        [
            "dataset=worm_neuron",
            "method.latent_dim=2,10",
            "preset=quick",
            "seed=7",
            "clusterers=[kmeans]",
        ],
    ]
    assert experiment_of(words) == "mine"


def test_an_experiment_is_planned_as_its_sweeps_one_after_the_other(two_sweeps):
    found = [
        (g.recipe.dataset.name, g.recipe.method.name, g.seeds, g.recipe.preset)
        for g in make_plan([f"experiment={two_sweeps}"])
    ]
    assert found == [
        ("muraro", "pca", (0, 1), "paper"),
        ("worm_neuron", "scinfovae", (0,), "quick"),
        ("worm_neuron", "scinfovae", (0,), "quick"),
    ]


def test_equal_runs_of_two_sweeps_are_one_run(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "description: x\nruns: [[method=pca, 'seed=0,1'], [method=pca, 'seed=1,2'], [method=pca]]\n"
    )
    (group,) = make_plan([f"experiment={path}"])
    assert group.seeds == (0, 1, 2)


@pytest.mark.parametrize("name", experiment_names())
def test_every_shipped_experiment_can_be_planned(name):
    assert make_plan([f"experiment={name}"])


def test_an_experiment_can_have_the_runs_of_another(tmp_path):
    assert word_lists(["experiment=fig5"]) == word_lists(["experiment=figure4"])
    assert experiment_of(["experiment=fig5,fig2,supp6"]) == "figure4,fig2,figure4"
    # one of a user's cannot, and one that is no experiment is no target
    path = tmp_path / "mine.yaml"
    path.write_text("description: x\nsame_runs_as: figure4")
    with pytest.raises(UsageError, match="must hold the keys"):
        word_lists([f"experiment={path}"])


def test_every_figure_has_an_experiment_of_its_name_or_needs_no_run():
    for info in FIGURES.values():
        name = info.name.removesuffix("_common")
        assert info.needs == "data" or word_lists([f"experiment={name}"]) == word_lists(
            [f"experiment={info.experiment}"]
        )


def test_at_hand_quick_is_the_four_sets_two_methods_three_seeds():
    groups = make_plan(["experiment=at_hand_quick"])
    found = {(g.recipe.dataset.name, g.recipe.method.name) for g in groups}
    members = group_members("at_hand")
    assert found == {(d, m) for d in members for m in ("scinfovae", "pca")}
    assert {g.seeds for g in groups} == {(0, 1, 2)}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("runs: [[a=1]]", "must hold the keys 'description' and 'runs'"),
        ("description: x\nruns: [a=1]", "must be a list of lists of words"),
        ("description: x\nruns: [[experiment=at_hand_quick]]", "must be a list of lists of words"),
        ("description: x\nruns: []", "must be a list of lists of words"),
        ("description: [x", "is not YAML"),
    ],
)
def test_a_file_that_is_no_experiment_is_named(content, told, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match=told):
        word_lists([f"experiment={path}"])


def test_an_experiment_that_does_not_exist():
    with pytest.raises(UsageError, match="Did you mean 'at_hand_quick'"):
        word_lists(["experiment=at_hand_quik"])
    with pytest.raises(UsageError, match="cannot be read"):
        word_lists(["experiment=nowhere.yaml"])
    with pytest.raises(UsageError, match="given twice"):
        word_lists(["experiment=a", "experiment=b"])
    with pytest.raises(UsageError, match="names no experiment"):
        word_lists(["experiment="])
