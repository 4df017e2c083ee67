"""The sweep that a claim asks for makes exactly the runs by which it is decided."""

from __future__ import annotations

import pytest

from scinfovae.bench.planning.identity import short_hash
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.variant import data_variant_of, setting_of_recipe, variant_of
from scinfovae.data.registry import group_members
from scinfovae.methods import METHODS
from scinfovae.reproduce.checking import check_claims
from scinfovae.reproduce.claims import CLAIMS
from scinfovae.reproduce.controls import check_controls

MADE = {name: claim for name, claim in CLAIMS.items() if claim.experiment}
STRUCTURE_FIGURES = ("knn_above_tsne",)


def pretend(runs, words: list[str]) -> None:
    """Fill the frame as if a sweep had done what the words ask for."""
    for group in make_plan(words):
        recipe = group.recipe
        info = recipe.method
        control = {"random_labels": 0.0, "random_embedding": 0.0, "oracle_labels": 1.0}
        names = [clusterer.key for clusterer in recipe.clusterers] if info.has_embedding else []
        names += ["own"] if info.own_labels or info.labels_from_reference else []
        chosen = {k: v for k, v in recipe.resolved.items() if k in ("dataset", "method", "input")}
        runs.add(
            recipe.dataset.name,
            info.name,
            dict.fromkeys(names, control.get(info.name, 0.5)),
            seeds=group.seeds,
            memory=dict.fromkeys(names, 10_000_000),
            variant=variant_of(recipe.resolved),
            data_variant=data_variant_of(recipe.resolved),
            setting=setting_of_recipe(recipe),
            identity=short_hash([chosen, recipe.preprocessing]),
            stack_width=float(recipe.settings.stack_width == 1) or 1.0,
            short=recipe.short,
        )


@pytest.mark.parametrize("experiment", sorted({claim.experiment for claim in MADE.values()}))
def test_after_its_sweep_every_comparison_stands_on_fifteen_datasets(runs, experiment) -> None:
    names = [name for name, claim in MADE.items() if claim.experiment == experiment]
    for result in check_claims(runs.evidence(), names):
        assert result.todo == (f"scinfovae-bench sweep experiment={experiment}",)
    pretend(runs, [f"experiment={experiment}"])
    evidence = runs.evidence()
    assert evidence.left_out == ()
    whole = set(group_members("paper15"))
    for result in check_claims(evidence, names):
        assert {one.label for one in result.comparisons if set(one.datasets) != whole} == set()
        assert result.todo == ()
        assert result.verdict in ("holds", "undecided")  # everything scores the same here
    if experiment == "comparison":
        found = check_controls(evidence)
        assert found.controls == ("random_labels", "random_embedding", "oracle_labels")
        assert found.problems == ()


def test_the_sweep_may_be_narrowed_to_the_data_at_hand(runs) -> None:
    pretend(runs, ["experiment=cells", "dataset=at_hand"])
    (result,) = check_claims(runs.evidence(), ["robust_cells"])
    assert {len(one.datasets) for one in result.comparisons} == {4}
    assert result.verdict == "undecided"


def test_no_run_of_an_experiment_is_asked_for_twice() -> None:
    for name in {claim.experiment for claim in MADE.values()}:
        groups = make_plan([f"experiment={name}"])
        runs = [
            (g.recipe.dataset.name, data_variant_of(g.recipe.resolved), setting_of_recipe(g.recipe))
            for g in groups
        ]
        assert len(set(runs)) == len(runs), name


def test_every_claim_can_be_run_or_says_why_not() -> None:
    for name, claim in CLAIMS.items():
        assert bool(claim.experiment) != bool(claim.reason)
        assert (name in STRUCTURE_FIGURES) == bool(claim.reason)
    assert "genes" in METHODS
