"""Spread, seconds, neighbourhoods, robustness and memory, on frames whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scinfovae.metrics.structure import structure_scores
from scinfovae.reproduce.averages import cv_average, cv_same
from scinfovae.reproduce.checking import check_claims
from scinfovae.reproduce.neighbours import knn_above_tsne
from scinfovae.reproduce.robustness import robust_cells, robust_parameters, rsc_memory
from scinfovae.reproduce.seconds import time_hvg, time_median

FIVE = ("worm_neuron", "mouse_es", "adam", "muraro", "romanov")
STEADY, SHAKY = [0.5, 0.5, 0.5], [0.4, 0.5, 0.6]  # CV 0 and .1 / .5 = .2


def fill(runs, method, value=0.5, datasets=FIVE, **more) -> None:
    for dataset in datasets:
        runs.add(dataset, method, value, **more)


def by_label(comparisons) -> dict:
    return {one.label: one for one in comparisons}


def verdict(evidence, name) -> str:
    return check_claims(evidence, [name])[0].verdict


def test_cv_against_the_mean_of_the_methods(runs, three_others) -> None:
    fill(runs, "scinfovae", SHAKY)
    for method, values in zip(three_others, (SHAKY, SHAKY, STEADY), strict=True):
        fill(runs, method, values)
    found = by_label(cv_average(runs.evidence()))
    assert len(found) == 8
    for metric in ("ARI", "NMI", "CH", "silhouette"):
        one = found[f"mean of the other methods − ScInfoVAE (KM), {metric}"]
        assert one.mean == pytest.approx(2 / 3 * 0.2 - 0.2)
    assert verdict(runs.evidence(), "cv_average") == "does not hold"


def test_cv_at_the_average_holds(runs, three_others) -> None:
    for method in ("scinfovae", *three_others):
        fill(runs, method, SHAKY)
    assert verdict(runs.evidence(), "cv_average") == "holds"


def test_cv_needs_three_seeds_three_methods_and_a_mean_that_is_not_zero(runs, three_others) -> None:
    fill(runs, "scinfovae", SHAKY)
    fill(runs, "pca", SHAKY)
    fill(runs, "nmf", [0.4, 0.5], seeds=[0, 1])
    fill(runs, "tsne", [-0.01, 0.0, 0.01])
    one = cv_average(runs.evidence())[0]
    assert one.verdict == "not run"
    assert "worm_neuron × nmf: 2 of at least 3 seeds" in one.notes
    assert "worm_neuron × tsne: not defined (mean too close to 0)" in one.notes
    assert "worm_neuron: 1 of at least 3 methods" in one.notes


@pytest.mark.parametrize(
    ("rsc", "expected"),
    [(SHAKY, "holds"), (STEADY, "does not hold"), ([0.1, 0.5, 0.9], "does not hold")],
)
def test_cv_same_for_kmeans_and_rsc(runs, rsc, expected) -> None:
    fill(runs, "scinfovae", {"kmeans": SHAKY, "rsc": rsc})
    assert verdict(runs.evidence(), "cv_same") == expected
    cv = np.std(rsc, ddof=1) / np.mean(rsc)
    assert cv_same(runs.evidence())[0].mean == pytest.approx(0.2 - cv)


def test_seconds_against_the_median_of_the_methods(runs, three_others) -> None:
    fill(runs, "scinfovae", seconds=20.0)
    for method, seconds in zip(three_others, (1.0, 40.0, 1000.0), strict=True):
        fill(runs, method, seconds=seconds)
    (one,) = time_median(runs.evidence())
    assert one.mean == pytest.approx(math.log(40 / 20))
    assert verdict(runs.evidence(), "time_median") == "holds"


@pytest.mark.parametrize(
    ("ours", "expected"), [(40.0, "holds"), (40.7, "holds"), (41.0, "does not hold")]
)
def test_two_percent_slower_than_the_median_is_the_margin(
    runs, three_others, ours, expected
) -> None:
    fill(runs, "scinfovae", seconds=ours)
    for method, seconds in zip(three_others, (1.0, 40.0, 1000.0), strict=True):
        fill(runs, method, seconds=seconds)
    assert verdict(runs.evidence(), "time_median") == expected


def test_seconds_that_a_stack_shares_are_not_compared(runs, three_others) -> None:
    fill(runs, "scinfovae", seconds=20.0)
    for method, width in zip(three_others, (1.0, 1.0, 5.0), strict=True):
        fill(runs, method, seconds=30.0, stack_width=width)
    (one,) = time_median(runs.evidence())
    assert one.verdict == "not run"
    assert one.notes[0].startswith("15 runs of stacked seeds")


def test_seconds_of_other_devices_or_threads_are_not_compared(runs, three_others) -> None:
    fill(runs, "scinfovae", seconds=20.0)
    others = ({"device": "cpu"}, {"threads": 4.0}, {"device": "a GPU"})
    for method, where in zip(three_others, others, strict=True):
        fill(runs, method, seconds=30.0, **where)
    (one,) = time_median(runs.evidence())
    assert one.verdict == "not run"
    told = "timed on cpu with 1 threads; 30 runs on other devices or threads are left out"
    assert one.notes[0] == told


@pytest.mark.parametrize(
    ("all_genes", "expected"), [(30.0, "holds"), (20.0, "undecided"), (10.0, "does not hold")]
)
def test_seconds_on_all_genes(runs, all_genes, expected) -> None:
    fill(runs, "scinfovae", seconds=20.0)
    fill(runs, "scinfovae", seconds=all_genes, variant="preprocessing.n_hvg=null")
    (one,) = time_hvg(runs.evidence())
    assert one.mean == pytest.approx(math.log(all_genes / 20))
    assert verdict(runs.evidence(), "time_hvg") == expected


def draws(runs, ours: float, theirs: float, n: int) -> None:
    for draw in range(n):
        for method, kept, variant in (
            ("scinfovae", ours, "latent_dim=2, likelihood=gaussian"),
            ("tsne", theirs, ""),
        ):
            scores = {"overlap": [kept, kept], "agreement": [90 + kept, 90 + kept]}
            chance = {"chance_overlap": [0.1, 0.2], "chance_agreement": [80.0, 90.0]}
            runs.add(
                "figure4",
                method,
                variant=variant,
                content_hash=f"{draw}" * 40,
                identity=f"{method}{draw}",
                structure={"final": {"k": [100, 200], **scores, **chance}},
            )


@pytest.mark.parametrize(
    ("ours", "theirs", "n", "expected"),
    [
        (0.7, 0.6, 5, "holds"),
        (0.6, 0.7, 5, "does not hold"),
        (0.6, 0.6, 5, "undecided"),
        (0.7, 0.6, 4, "undecided"),
    ],
)
def test_neighbours_against_tsne_a_draw_is_a_dataset(runs, ours, theirs, n, expected) -> None:
    draws(runs, ours, theirs, n)
    overlap, agreement = knn_above_tsne(runs.evidence())
    assert overlap.mean == pytest.approx(ours - theirs)
    assert agreement.mean == pytest.approx((ours - theirs) / 100)
    assert (overlap.notes, agreement.notes) == (
        ("chance level 0.150",),
        ("chance level 0.850",),
    )
    assert len(overlap.datasets) == n
    assert verdict(runs.evidence(), "knn_above_tsne") == expected


def test_neighbours_are_read_as_the_metric_writes_them(runs) -> None:
    rng = np.random.default_rng(0)
    high = rng.normal(size=(301, 9))
    for method, low in (("scinfovae", high[:, :2]), ("tsne", rng.normal(size=(301, 2)))):
        variant = "likelihood=gaussian, latent_dim=2" if method == "scinfovae" else ""
        scores = structure_scores(high, low)
        runs.add("figure4", method, structure={"final": scores}, variant=variant)
    assert all(one.mean > 0 for one in knn_above_tsne(runs.evidence()))


def test_other_dimensions_or_no_scores_are_no_evidence_of_neighbours(runs) -> None:
    runs.add("figure4", "scinfovae", structure={"final": {"overlap": [0.9]}})
    runs.add("figure4", "tsne")
    overlap, _ = knn_above_tsne(runs.evidence())
    assert overlap.verdict == "not run"
    assert overlap.notes == ("figure4 × tsne: 0 of 3 runs have this value",)
    (result,) = check_claims(runs.evidence(), ["knn_above_tsne"])
    assert result.todo == ("scinfovae-bench sweep experiment=figure4",)


def test_other_points_than_those_of_the_figure_are_no_draws_of_them(runs) -> None:
    draws(runs, 0.7, 0.6, 5)
    scores = {"final": {"overlap": [0.1], "agreement": [80.0]}}
    for variant in ("points.n_cells=220", "points.clear_outliers=true", "fraction=0.5"):
        runs.add("figure4", "tsne", structure=scores, data_variant=variant, content_hash="f" * 40)
    runs.add("figure4", "tsne", structure=scores, data_variant="points.seed=7, points.n_new=110")
    evidence = runs.evidence()
    assert knn_above_tsne(evidence)[0].mean == pytest.approx(0.1)
    assert "3 runs on other points than those of Fig. 4 (points.n_cells=220)" in evidence.left_out


VARIANTS = [
    *(f"latent_dim={v}" for v in (2, 5, 20, 50)),
    *(f"preprocessing.n_hvg={v}" for v in (250, 1000, 2000)),
    *(f"lambda_={v}" for v in (1, 100)),
    *(f"gamma={v}" for v in (10, 1000)),
]


@pytest.mark.parametrize(
    ("worst", "expected"), [(0.49, "holds"), (0.48, "undecided"), (0.4, "does not hold")]
)
def test_parameters_one_bad_value_decides(runs, worst, expected) -> None:
    fill(runs, "scinfovae", 0.5)
    for variant in VARIANTS[:-1]:
        fill(runs, "scinfovae", 0.5, variant=variant)
    assert verdict(runs.evidence(), "robust_parameters") == "undecided"  # one is still to be run
    fill(runs, "scinfovae", worst, variant=VARIANTS[-1])
    found = robust_parameters(runs.evidence())
    assert len(found) == len(VARIANTS)
    assert found[-1].label == "ScInfoVAE (KM) with γ 1000 − default"
    assert verdict(runs.evidence(), "robust_parameters") == expected


def test_other_values_in_the_range_of_the_claim_count_too(runs) -> None:
    fill(runs, "scinfovae", 0.5)
    for variant in ("latent_dim=32", "latent_dim=64", "latent_dim=2, gamma=10", "alpha=0.5"):
        fill(runs, "scinfovae", 0.1, variant=variant)
    fill(runs, "scinfovae", 0.1, variant="preprocessing.n_hvg=null")
    run = [one for one in robust_parameters(runs.evidence()) if one.datasets]
    assert [one.label for one in run] == ["ScInfoVAE (KM) with latent dimension 32 − default"]


@pytest.mark.parametrize(
    ("quarter", "expected"), [(0.5, "holds"), (0.48, "undecided"), (0.3, "does not hold")]
)
def test_shares_of_the_cells(runs, quarter, expected) -> None:
    fill(runs, "scinfovae", 0.5)
    fill(runs, "scinfovae", 0.5, data_variant="fraction=0.5")
    fill(runs, "scinfovae", quarter, data_variant="fraction=0.25")
    labels = [one.label for one in robust_cells(runs.evidence())]
    assert labels == [
        f"ScInfoVAE (KM) on {share} of the cells − on all" for share in ("25%", "50%")
    ]
    assert verdict(runs.evidence(), "robust_cells") == expected


def test_several_draws_of_a_share_are_averaged(runs) -> None:
    fill(runs, "scinfovae", 0.5)
    for seed, value in ((0, 0.3), (1, 0.5)):
        fill(runs, "scinfovae", value, data_variant=f"fraction=0.25, fraction_seed={seed}")
    quarter = robust_cells(runs.evidence())[0]
    assert quarter.mean == pytest.approx(-0.1)
    assert len(quarter.datasets) == 5


@pytest.mark.parametrize(
    ("genes", "expected"), [(80_000_000, "holds"), (20_000_000, "undecided"), (5, "does not hold")]
)
def test_memory_of_rsc(runs, genes, expected) -> None:
    fill(runs, "scinfovae", memory={"rsc": 20_000_000}, clusterers=["rsc"])
    fill(runs, "genes", memory={"rsc": genes}, clusterers=["rsc"])
    (one,) = rsc_memory(runs.evidence())
    assert one.mean == pytest.approx(math.log(max(genes, 1_000_000) / 20_000_000))
    assert verdict(runs.evidence(), "rsc_memory") == expected


def test_memory_that_the_system_does_not_tell_is_no_evidence(runs) -> None:
    fill(runs, "scinfovae", memory={"rsc": None}, clusterers=["rsc"])
    fill(runs, "genes", memory={"rsc": 5}, clusterers=["rsc"])
    (one,) = rsc_memory(runs.evidence())
    assert one.verdict == "not run"
    assert "worm_neuron × scinfovae: 0 of 3 runs have this value" in one.notes
