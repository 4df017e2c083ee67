"""Claims about objective, divergence, fine-tuning and likelihood."""

from __future__ import annotations

import pytest

from scinfovae.reproduce.checking import check_claims

FIVE = ("worm_neuron", "mouse_es", "adam", "muraro", "romanov")


def fill(runs, method, value=0.5, **more) -> None:
    for dataset in FIVE:
        runs.add(dataset, method, value, **more)


def claim(runs, name):
    return check_claims(runs.evidence(), [name])[0]


def means(result) -> dict[tuple[str, str], float]:
    return {(one.label, one.unit): round(one.mean, 4) for one in result.comparisons}


def test_fine_tuning_is_compared_run_by_run_with_what_it_started_from(runs) -> None:
    fill(runs, "scinfovae", 0.6, pretrained=0.45)
    result = claim(runs, "fine_tuning_helps")
    assert result.verdict == "holds"
    expected = {
        (f"ScInfoVAE ({c}), fine-tuned − pretrained", m): 0.15
        for c in ("KM", "SP", "RSC")
        for m in ("ARI", "NMI")
    }
    assert means(result) == expected


@pytest.mark.parametrize(
    ("before", "verdict"), [(0.6, "undecided"), (0.61, "does not hold"), (0.59, "holds")]
)
def test_fine_tuning_must_gain_something(runs, before, verdict) -> None:
    fill(runs, "scinfovae", 0.6, pretrained=before)
    assert claim(runs, "fine_tuning_helps").verdict == verdict


def test_what_the_latent_space_holds(runs) -> None:
    told = {"active_units": 10, "mutual_information": 7.0, "mmd": 0.02}
    fill(runs, "scinfovae", 0.6, diagnostics=told)
    told = {"active_units": 4, "mutual_information": 2.5, "mmd": 0.05}
    fill(runs, "vae", 0.5, diagnostics=told)
    fill(runs, "ae", 0.4, diagnostics={"active_units": 10, "mutual_information": None})
    result = claim(runs, "information_kept")
    assert result.verdict == "holds"  # an AE has all its units
    assert sorted(means(result).values()) == [0, 0.03, 0.1, 0.2, 4.5, 6]
    nearer = means(result)["VAE − ScInfoVAE, distance of q(z) from the prior", "MMD"]
    assert nearer == 0.03


def test_a_run_without_the_diagnostic_leaves_its_dataset_out(runs) -> None:
    told = {"active_units": 10, "mutual_information": 7.0, "mmd": 0.02}
    fill(runs, "scinfovae", diagnostics=told)
    fill(runs, "vae", diagnostics=told)
    runs.add("young", "scinfovae", diagnostics={"active_units": 3})
    runs.add("young", "vae", diagnostics=told)
    units = {one.unit: one for one in claim(runs, "information_kept").comparisons}
    assert len(units["MI, nats"].datasets) == 5
    assert "young × scinfovae: 0 of 3 runs have this value" in units["MI, nats"].notes


@pytest.mark.parametrize(
    ("mmd", "verdict"), [(0.49, "holds"), (0.48, "undecided"), (0.47, "does not hold")]
)
def test_the_mmd_may_be_no_worse_than_either_divergence(runs, mmd, verdict) -> None:
    fill(runs, "infovae_mmd", mmd)
    fill(runs, "infovae_js", 0.5)
    fill(runs, "infovae_stein", 0.3)
    assert claim(runs, "mmd_no_worse").verdict == verdict


def test_likelihoods_are_variants_of_one_method(runs) -> None:
    fill(runs, "infovae_mmd", 0.6)
    fill(runs, "infovae_mmd", 0.5, variant="likelihood=nb")
    assert claim(runs, "zinb_above").verdict == "undecided"  # the squared error was not run
    fill(runs, "infovae_mmd", 0.7, variant="likelihood=mse")
    result = claim(runs, "zinb_above")
    assert result.verdict == "does not hold"
    assert sorted(means(result).values()) == [-0.1, -0.1, 0.1, 0.1]


def test_the_autoencoder_is_compared_as_the_vae_is(runs) -> None:
    fill(runs, "scinfovae", 0.6)
    fill(runs, "ae", 0.5)
    assert claim(runs, "infovae_above_ae").verdict == "holds"
    assert claim(runs, "infovae_above_vae").verdict == "not run"
