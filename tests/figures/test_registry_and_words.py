"""Names of figures, words of the command, and the runs that figures need."""

from __future__ import annotations

import importlib

import pytest

from scinfovae.bench.planning.experiments import experiment_names, word_lists
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.variant import data_variant_of, setting_of_recipe
from scinfovae.bench.records.frame import frame_of
from scinfovae.errors import UsageError
from scinfovae.figures.colours import LOOKS, look
from scinfovae.figures.missing import missing_table, needed_runs
from scinfovae.figures.registry import FIGURES, figures_of
from scinfovae.figures.words import read_words
from scinfovae.methods import METHODS

# SPEC, section 12
OF_PAPER = (
    "fig1b fig1c fig2 fig3 supp3 supp4 supp5 stability fig4 supp6 fig5 fig6 supp8 supp9".split()
)


def test_every_figure_of_the_paper_is_there_with_an_experiment_that_exists():
    assert set(OF_PAPER) <= set(FIGURES)
    for name, info in FIGURES.items():
        assert info.name == name
        assert hasattr(importlib.import_module(f"scinfovae.figures.{info.module}"), "draw")
        assert bool(info.experiment) == (info.needs != "data")
        assert info.experiment in (*experiment_names(), "")


def test_fig2_is_drawn_from_the_runs_of_the_comparison():
    assert word_lists(["experiment=fig2"]) == word_lists(["experiment=comparison"])


def test_names_are_found_and_suggested():
    assert [info.name for info in figures_of(["supp3", "fig2"])] == ["fig2", "supp3"]
    assert len(figures_of([])) == len(figures_of(["all"])) == len(FIGURES)
    with pytest.raises(UsageError, match="Did you mean 'stability'"):
        figures_of(["stabilty"])


def test_every_method_has_a_look_of_its_own():
    assert set(METHODS) <= set(LOOKS)
    assert len({one.colour for one in LOOKS.values()}) == len(LOOKS)
    told = {(one.marker, one.hatch) for one in LOOKS.values()}
    for kind in ("learned", "ablation", "baseline", "control"):
        own = [LOOKS[name] for name, info in METHODS.items() if info.kind == kind]
        assert len({(one.marker, one.hatch) for one in own}) == len(own), kind
    assert len(told) == len(LOOKS)
    assert look("someone's own") == look("someone's own")


def test_words_are_read():
    choice = read_words(["fig2", "dataset=at_hand,muraro", "seed=3", "results.dir=a,b"])
    assert choice.figures == ("fig2",)
    assert choice.wanted == {"dataset": ("at_hand", "muraro")}
    assert (choice.seed, choice.places) == (3, {"results.dir": "a,b"})
    names = choice.names("dataset", frame_of([]))
    assert set(names) >= {"worm_neuron", "young_top2000", "muraro"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["datset=muraro"], "Did you mean 'dataset'"),
        (["executor=processes"], "go with --run-missing"),
        (["dataset="], "names nothing"),
        (["dataset=muraro", "dataset=adam"], "given twice"),
        (["seed=last"], "figures show one seed"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(words, told):
    with pytest.raises(UsageError, match=told):
        read_words(words)


def test_an_unknown_dataset_is_told(bench):
    with pytest.raises(UsageError, match="Did you mean 'muraro'"):
        read_words(["dataset=murar"]).runs(frame_of([]))
    # known, but without a record: nothing is left, and that is no mistake
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    assert read_words(["dataset=muraro"]).runs(frame_of(bench.rows)).empty


def test_runs_that_are_there_are_not_asked_for_again(bench):
    # one that was imported has no embedding, and this figure needs one
    for group in make_plan(["experiment=fig6"]):
        recipe = group.recipe
        for seed in group.seeds:
            bench.run(
                recipe.dataset.name,
                recipe.method.name,
                seed,
                {"kmeans": 0.5},
                status="ok" if recipe.method.name == "tsne" else "failed",
                folder="" if seed else "runs/romanov",
                setting=setting_of_recipe(recipe),
                data_variant=data_variant_of(recipe.resolved),
            )
    frame = frame_of(bench.rows)
    needed = needed_runs([FIGURES["fig6"]], read_words([]), frame)["fig6"]
    assert (needed.n_planned, needed.n_done) == (6, 1)
    rows = missing_table([needed]).to_dict("records")
    assert {(row["method"], row["seed"]): row["status"] for row in rows} == {
        ("scinfovae", 0): "failed",
        ("scinfovae", 1): "failed",
        ("scinfovae", 2): "failed",
        ("tsne", 1): "imported",
        ("tsne", 2): "imported",
    }
    assert {row["dataset"] for row in rows} == {"romanov"}
    assert rows[0]["command"] == "scinfovae-bench sweep experiment=fig6"


def test_scores_of_imported_runs_are_enough_for_a_figure_of_scores(bench):
    (group, *_) = make_plan(["experiment=fig2", "method=pca", "dataset=muraro", "seed=0"])
    setting = setting_of_recipe(group.recipe)
    variant = data_variant_of(group.recipe.resolved)
    told = {"folder": "", "setting": setting, "data_variant": variant}
    bench.run("muraro", "pca", 0, {"kmeans": 0.5}, **told)
    choice = read_words(["method=pca", "dataset=muraro", "seed=0"])
    needed = needed_runs([FIGURES["fig2"]], choice, frame_of(bench.rows))["fig2"]
    assert (needed.n_planned, needed.n_done) == (1, 1)


def test_words_narrow_an_experiment_unless_its_data_are_fixed():
    choice = read_words(["dataset=worm_neuron", "preset=quick", "executor=processes"], True)
    narrowed = ["experiment=embedding", "dataset=worm_neuron", "preset=quick", "executor=processes"]
    assert choice.sweep_words("embedding") == narrowed
    assert "dataset=worm_neuron" not in choice.sweep_words("figure4", narrowed=False)
    found = needed_runs([FIGURES["embedding"]], choice, frame_of([]))["embedding"]
    assert (found.n_planned, found.n_done, found.problem) == (3, 0, "")


def test_an_experiment_that_cannot_be_narrowed_so_says_why():
    choice = read_words(["method=pca"])
    found = needed_runs([FIGURES["supp9"]], choice, frame_of([]))["supp9"]
    assert "likelihood" in found.problem
