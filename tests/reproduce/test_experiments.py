"""The sweep that a claim asks for makes exactly the runs by which it is decided."""

from __future__ import annotations

import pytest

from scinfovae.bench.planning.experiments import experiment_names
from scinfovae.bench.planning.identity import short_hash
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.variant import data_variant_of, setting_of_recipe, variant_of
from scinfovae.data.content import content_hash
from scinfovae.data.registry import group_members
from scinfovae.methods import METHODS
from scinfovae.reproduce.checking import check_claims
from scinfovae.reproduce.claims import CLAIMS
from scinfovae.reproduce.controls import check_controls

MADE = {name: claim for name, claim in CLAIMS.items() if claim.experiment != "figure4"}


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
            diagnostics={"active_units": 10, "mutual_information": 5.0, "mmd": 0.1},
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


def test_every_claim_has_an_experiment() -> None:
    assert {claim.experiment for claim in CLAIMS.values()} <= set(experiment_names())
    assert "genes" in METHODS


def test_the_draws_of_fig_4_suffice_for_a_verdict(runs) -> None:
    kept = {"scinfovae": 0.8, "tsne": 0.7}
    for group in make_plan(["experiment=figure4"]):
        recipe = group.recipe
        scores = {"overlap": [kept.get(recipe.method.name, 0.5)]}
        runs.add(
            "figure4",
            recipe.method.name,
            seeds=group.seeds,
            variant=variant_of(recipe.resolved),
            data_variant=data_variant_of(recipe.resolved),
            content_hash=content_hash(recipe.dataset),
            setting=setting_of_recipe(recipe),
            identity=short_hash([recipe.method.name, content_hash(recipe.dataset)]),
            structure={"final": {**scores, "agreement": [90.0]}},
        )
    evidence = runs.evidence()
    assert evidence.left_out == ()
    overlap, agreement = check_claims(evidence, ["knn_above_tsne"])[0].comparisons
    assert (overlap.verdict, agreement.verdict) == ("holds", "undecided")
    assert (len(overlap.datasets), overlap.mean) == (6, pytest.approx(0.1))
    by_method = {name: group["seed"].nunique() for name, group in runs.frame().groupby("method")}
    assert by_method == dict.fromkeys(
        ("scinfovae", "tsne", "pca_umap", "pca", "vae", "beta_vae"), 10
    )
