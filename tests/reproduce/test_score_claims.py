"""ARI against other methods and against the VAE, on frames whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats

from scinfovae.reproduce.ablations import infovae_above
from scinfovae.reproduce.checking import check_claims
from scinfovae.reproduce.measures import other_methods
from scinfovae.reproduce.scores import ari_no_worse

FIVE = ("worm_neuron", "mouse_es", "adam", "muraro", "romanov")


def fill(runs, method, values, **more) -> None:
    for dataset, value in zip(FIVE, values, strict=False):
        runs.add(dataset, method, value, **more)


def by_label(comparisons) -> dict:
    return {one.label: one for one in comparisons}


def claim(evidence, name):
    return check_claims(evidence, [name])[0]


def test_the_difference_is_paired_and_its_interval_the_wider_of_two(runs, one_other) -> None:
    ours, theirs = [0.9, 0.2, 0.6, 0.7, 0.5], [0.8, 0.15, 0.57, 0.66, 0.44]
    fill(runs, "scinfovae", ours)
    fill(runs, "pca", theirs)
    found = by_label(ari_no_worse(runs.evidence()))["ScInfoVAE (KM) − PCA (KM)"]
    differences = np.subtract(ours, theirs)
    assert found.mean == pytest.approx(differences.mean())
    expected = scipy.stats.bootstrap((differences,), np.mean, n_resamples=20_000, method="BCa")
    low, high = expected.confidence_interval
    student = scipy.stats.ttest_rel(ours, theirs).confidence_interval()
    assert found.low == pytest.approx(min(low, student.low), abs=0.003)
    assert found.high == pytest.approx(max(high, student.high), abs=0.003)
    assert found.datasets == tuple(sorted(FIVE))
    assert found.seeds == (3, 3)
    assert found.verdict == "holds"


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ([0.50] * 5, [0.50] * 5, "holds"),
        ([0.49] * 5, [0.50] * 5, "holds"),
        ([0.48] * 5, [0.50] * 5, "undecided"),  # exactly at the margin
        ([0.47] * 5, [0.50] * 5, "does not hold"),
        ([0.9, 0.1, 0.9, 0.1, 0.5], [0.1, 0.9, 0.1, 0.9, 0.5], "undecided"),
        ([0.9] * 4, [0.1] * 4, "undecided"),  # as clear as can be, on four datasets
        ([0.1] * 4, [0.9] * 4, "undecided"),
    ],
)
def test_ari_no_worse(runs, one_other, ours, theirs, verdict) -> None:
    fill(runs, "scinfovae", ours)
    fill(runs, "pca", theirs)
    result = claim(runs.evidence(), "ari_no_worse")
    assert result.verdict == verdict
    assert bool(result.todo) == (len(ours) < 5)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ([0.51] * 5, [0.50] * 5, "holds"),
        ([0.50] * 5, [0.50] * 5, "undecided"),  # above means above
        ([0.49] * 5, [0.50] * 5, "does not hold"),
        ([0.51] * 4, [0.50] * 4, "undecided"),
    ],
)
def test_infovae_above_vae(runs, ours, theirs, verdict) -> None:
    fill(runs, "scinfovae", ours)
    fill(runs, "vae", theirs)
    result = claim(runs.evidence(), "infovae_above_vae")
    assert result.verdict == verdict
    assert {one.margin for one in result.comparisons} == {0.0}


def test_the_mean_over_seeds_is_what_counts(runs) -> None:
    fill(runs, "scinfovae", [[0.4, 0.5, 0.9]] * 5)
    fill(runs, "vae", [[0.5, 0.5, 0.5]] * 5)
    found = infovae_above(runs.evidence(), "vae")[0]
    assert found.mean == pytest.approx(0.1)
    assert found.seeds == (3, 3)


def test_both_sides_rest_on_the_same_seeds(runs) -> None:
    fill(runs, "scinfovae", [[0.4, 0.5, 0.9, 0.1]] * 5, seeds=[0, 1, 2, 3])
    fill(runs, "vae", [[0.5, 0.5, 0.5, 0.0]] * 5, seeds=[0, 1, 2, 7])
    found = infovae_above(runs.evidence(), "vae")[0]
    assert found.mean == pytest.approx(0.1)  # without seeds 3 and 7
    assert found.seeds == (3, 3)


def test_fewer_than_three_common_seeds_are_no_evidence(runs) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "vae", [0.5] * 5, seeds=[1, 2, 3])
    found = infovae_above(runs.evidence(), "vae")[0]
    assert found.verdict == "not run"
    assert "worm_neuron: 2 of at least 3 seeds in common" in found.notes


def test_each_clusterer_is_compared_with_itself_and_own_labels_with_all(runs, one_other) -> None:
    values = {"kmeans": 0.5, "spectral": 0.6, "rsc": 0.7}
    fill(runs, "scinfovae", [values] * 5)
    fill(runs, "pca", [{"own": 0.4, "kmeans": 0.9, "spectral": 0.9, "rsc": 0.9}] * 5)
    found = by_label(ari_no_worse(runs.evidence()))
    assert {label: round(one.mean, 3) for label, one in found.items()} == {
        "ScInfoVAE (KM) − PCA (own)": 0.1,
        "ScInfoVAE (SP) − PCA (own)": 0.2,
        "ScInfoVAE (RSC) − PCA (own)": 0.3,
    }


def test_variants_of_a_dataset_count_once_and_the_whole_one_alone(runs) -> None:
    for dataset, ours in (("10x_pbmc", 0.6), ("10x_pbmc_top2000", 0.9), ("young_top2000", 0.7)):
        runs.add(dataset, "scinfovae", ours)
        runs.add(dataset, "vae", 0.5)
    found = infovae_above(runs.evidence(), "vae")[0]
    assert found.datasets == ("10x_pbmc", "young_top2000")
    assert found.mean == pytest.approx((0.1 + 0.2) / 2)
    assert found.verdict == "undecided"


def test_a_variant_is_never_paired_with_the_whole_dataset(runs) -> None:
    runs.add("10x_pbmc", "scinfovae", 0.9)
    runs.add("10x_pbmc_top2000", "vae", 0.1)
    assert infovae_above(runs.evidence(), "vae")[0].verdict == "not run"


def test_only_datasets_that_both_have_count(runs) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "vae", [0.5] * 3)
    found = infovae_above(runs.evidence(), "vae")[0]
    assert found.datasets == tuple(sorted(FIVE[:3]))
    assert found.reason.startswith("3 of the 5")


def test_a_dataset_with_an_unfinished_cell_is_left_out_and_told(runs) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "vae", [0.5] * 5)
    runs.add(FIVE[0], "vae", seeds=[3], status="oom")
    evidence = runs.evidence()
    result = claim(evidence, "infovae_above_vae")
    assert FIVE[0] not in result.comparisons[0].datasets
    assert result.verdict == "undecided"
    assert result.todo == ("scinfovae-bench sweep experiment=ablation --retry-failed",)
    assert evidence.left_out == ("worm_neuron × vae: 3 of 4 runs done (1 oom), incomplete",)


def test_a_clusterer_that_is_missing_in_a_seed_leaves_the_cell_out(runs) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "vae", [0.5] * 4)
    runs.add(FIVE[4], "vae", 0.5, seeds=[0, 1])
    runs.add(FIVE[4], "vae", 0.5, seeds=[2], clusterers=["kmeans"])
    by_clusterer = by_label(infovae_above(runs.evidence(), "vae"))
    km, _, rsc = by_clusterer.values()
    assert len(km.datasets) == 5
    assert len(rsc.datasets) == 4
    assert rsc.notes == (f"{FIVE[4]} × vae: 2 of 3 runs have this value",)


def test_variants_of_a_method_are_no_runs_of_its_defaults(runs) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "vae", [0.5] * 5, variant="latent_dim=2")
    assert claim(runs.evidence(), "infovae_above_vae").verdict == "not run"


def test_some_methods_only_leave_the_claim_open_but_can_refute_it(runs, three_others) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "pca", [0.5] * 5)
    assert claim(runs.evidence(), "ari_no_worse").verdict == "undecided"
    fill(runs, "nmf", [0.9] * 5)
    assert claim(runs.evidence(), "ari_no_worse").verdict == "does not hold"


def test_a_method_that_cannot_be_used_here_is_no_open_comparison(runs) -> None:
    fill(runs, "scinfovae", [0.6] * 5)
    fill(runs, "pca", [0.5] * 5)
    fill(runs, "tsne", [0.5] * 5)
    asked = {one.label for one in ari_no_worse(runs.evidence())}
    fill(runs, "nmf", [0.5] * 5, status="not_applicable")
    runs.add("worm_neuron", "tsne", identity="other", status="not_applicable")
    left = {one.label for one in ari_no_worse(runs.evidence())}
    assert asked - left == {f"ScInfoVAE ({c}) − NMF ({c})" for c in ("KM", "SP", "RSC")}
    assert "adam × nmf: not applicable" in runs.evidence().left_out


def test_without_runs_there_is_the_command_that_makes_them(runs) -> None:
    for name, experiment in (("ari_no_worse", "comparison"), ("infovae_above_vae", "ablation")):
        result = claim(runs.evidence(), name)
        assert result.verdict == "not run"
        assert result.todo == (f"scinfovae-bench sweep experiment={experiment}",)


def test_the_suites_own_preset_is_no_method_that_the_paper_compared_with() -> None:
    found = other_methods(SimpleNamespace(not_applicable=frozenset()))
    assert {"pca", "scdeepcluster", "scvi"} <= set(found)
    assert not {"scinfovae", "scinfovae_consensus", "genes", "vae", "oracle_labels"} & set(found)
