"""The ablations are ScInfoVAE with one thing changed, and nothing else."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from scinfovae.bench.planning.config import choices
from scinfovae.bench.planning.plan import make_plan
from scinfovae.errors import UsageError
from scinfovae.methods import METHODS
from scinfovae.methods._ablation_configs import BetaVAEConfig
from scinfovae.methods.ablations import INFO
from scinfovae.model.config import ModelConfig
from scinfovae.model.divergence import stein_direction

NAMES = [info.name for info in INFO]
DEFINING = {"stochastic", "alpha", "lambda_", "divergence"}
BRIEF = {"hidden": "[16]", "pretrain.epochs": 8, "pretrain.warmup_epochs": 2, "fine_tune.epochs": 4}


def model(name, *words):
    """Give the choices of ScInfoVAE that an ablation, or ScInfoVAE itself, stands for."""
    config = make_plan([f"method={name}", *words])[0].recipe.method_config
    return config if isinstance(config, ModelConfig) else config.model()


def differences(name, *words):
    ours, theirs = model("scinfovae", *words), model(name, *words)
    assert type(theirs) is ModelConfig
    return {
        item.name: getattr(theirs, item.name)
        for item in fields(ModelConfig)
        if getattr(ours, item.name) != getattr(theirs, item.name)
    }


@pytest.mark.parametrize("preset", choices()["preset"])
def test_an_ablation_differs_from_scinfovae_only_in_what_defines_it(preset):
    told = {name: differences(name, f"preset={preset}") for name in NAMES}
    assert told == {
        "ae": {"stochastic": False, "lambda_": 0.0},
        "vae": {"alpha": 0.0, "lambda_": 1.0},
        "beta_vae": {"alpha": -3.0, "lambda_": 4.0},
        "infovae_mmd": {},
        "infovae_js": {"divergence": "js", "lambda_": 1.0},
        "infovae_stein": {"divergence": "stein", "lambda_": 40.0},
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_defines_an_ablation_is_no_choice_of_it(name):
    info = METHODS[name]
    assert info.kind == "ablation"
    keys = {item.name for item in fields(info.config_class)}
    assert keys & DEFINING == ({"lambda_"} if name.startswith("infovae") else set())


@pytest.mark.parametrize(
    ("name", "kl", "divergence"),
    [
        ("ae", 0.0, 0.0),
        ("vae", 1.0, 0.0),
        ("beta_vae", 4.0, 0.0),
        ("infovae_mmd", 0.0, 10.0),
    ],
)
def test_the_weights_in_the_objective(name, kl, divergence):
    chosen = model(name)
    assert chosen.kl_weight == kl
    assert chosen.divergence_weight == divergence


def test_no_beta_leaves_a_trace_of_the_divergence():
    for beta in [0.0, 0.1, 0.3, 0.7, 1.0, 4.1, 10.5, 250.0, *np.linspace(0, 20, 501)]:
        chosen = BetaVAEConfig(beta=float(beta)).model()
        assert chosen.divergence_weight == 0
        assert chosen.kl_weight == pytest.approx(beta, abs=1e-9)
    with pytest.raises(UsageError, match="beta=-1"):
        BetaVAEConfig(beta=-1)
    with pytest.raises(UsageError, match="latent_dim=0 must be"):
        BetaVAEConfig(latent_dim=0)


def test_stein_pulls_as_the_kl_of_the_aggregated_posterior_does():
    # KL(N(m, I) || N(0, I)) = |m|^2 / 2, whose slope is m
    chosen = model("infovae_stein")
    shift, draws = 0.5, torch.Generator().manual_seed(0)
    cells = torch.randn(20, chosen.batch_size, chosen.latent_dim, generator=draws)
    cells[..., 0] += shift
    pull = -stein_direction(cells)[..., 0].mean()
    assert chosen.lambda_ * float(pull) == pytest.approx(shift, rel=0.2)


def test_beta_1_is_the_vae_and_the_mmd_is_scinfovae(tiny, fit):
    def embeddings(name, **chosen):
        result = fit(name, tiny, **BRIEF, **chosen)[0]
        assert set(result.stages) == {"pretrained", "final"}
        return result.stages

    pairs = [("vae", {}, "beta_vae", {"beta": 1}), ("scinfovae", {}, "infovae_mmd", {})]
    for one, its, other, others in pairs:
        first, second = embeddings(one, **its), embeddings(other, **others)
        for stage, embedding in first.items():
            np.testing.assert_array_equal(embedding, second[stage])


def test_only_an_autoencoder_has_no_posterior(tiny, fit):
    (plain,) = fit("ae", tiny, **BRIEF)
    (drawn,) = fit("vae", tiny, **BRIEF)
    assert plain.posterior_log_variance is None
    assert drawn.posterior_log_variance.shape == drawn.stages["final"].shape
    assert plain.diagnostics["final"]["kl"] is None
    assert drawn.diagnostics["final"]["kl"] > 0


# Minibatches of 64 and little noise, for 500 cells. The weight of a KL rises over most of the
# training: at its full weight from early on (60 epochs, a warm-up of 20) it leaves the VAE .36 and
# the beta-VAE, whose weight is 4 times that, .08.
SMALL = {"hidden": "[64,32]", "input_noise": 1, "batch_size": 64, "fine_tune.epochs": 10}
EPOCHS = {"beta_vae": (160, 150)}


@pytest.mark.parametrize("name", ["scinfovae", *NAMES])
def test_clusters_are_found_in_both_stages(name, cells, fit):
    epochs, warmup = EPOCHS.get(name, (90, 80))
    schedule = {"pretrain.epochs": epochs, "pretrain.warmup_epochs": warmup}
    (result,) = fit(name, cells, **SMALL, **schedule)
    assert not result.diagnostics["final"]["collapsed"]
    assert set(result.stages) == {"pretrained", "final"}
    for embedding in result.stages.values():
        assert cells.kmeans_ari(embedding) >= 0.7
