"""The training: stacked seeds, isolation, held-out cells, early stops, and that it learns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.model import FineTuneConfig, ModelConfig, PretrainConfig
from scinfovae.model.cells import TrainingData
from scinfovae.model.network import Network
from scinfovae.model.objective import reconstruction_loss
from scinfovae.model.self_training import soft_assignment
from scinfovae.model.stack import Stack, Weights
from scinfovae.model.step import Step
from scinfovae.model.training import train

SMALL = ModelConfig(
    latent_dim=3,
    hidden=(16, 8),
    batch_size=32,
    initial_log_variance=0.0,
    lambda_=10.0,
    gamma=1.0,
    input_noise=1.0,
    hidden_noise=0.1,
    pretrain=PretrainConfig(epochs=10, warmup_epochs=0),
    fine_tune=FineTuneConfig(epochs=10, learning_rate=1e-3, update_interval=1),
)

LONGER = PretrainConfig(epochs=60, warmup_epochs=0)


def cells(n=64, n_genes=20, dtype=torch.float32, seed=0):
    """Two groups of cells that differ in every gene."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 2
    mean = np.where(group[:, None] == np.arange(n_genes) % 2, 8.0, 0.5)
    counts = rng.poisson(mean).astype(np.float64)
    scaled = np.log1p(counts)
    scaled = (scaled - scaled.mean(0)) / scaled.std(0)
    factors = counts.sum(1) / np.median(counts.sum(1))
    return TrainingData.from_arrays(scaled, counts, factors, dtype=dtype), group


def first_cells(embedding, seed):
    return embedding[:2] + 0.1 * seed


def fit(config=SMALL, seeds=(0,), data=None, **more):
    return train(data if data is not None else cells()[0], config, seeds, first_cells, **more)


@pytest.mark.parametrize("divergence", ["mmd", "js", "stein"])
def test_a_stacked_seed_equals_the_seed_alone(divergence):
    # 20 steps of pretraining and 20 of fine-tuning, with every source of chance switched on
    config = replace(SMALL, divergence=divergence, alpha=0.5)
    data, _ = cells(dtype=torch.float64)
    stacked = fit(config, (0, 1, 2), data)
    for row, seed in enumerate((0, 1, 2)):
        (alone,) = fit(config, (seed,), data)
        for name, weight in alone.state.items():
            torch.testing.assert_close(stacked[row].state[name], weight, rtol=0, atol=1e-8)
        for stage, posterior in alone.stages.items():
            torch.testing.assert_close(
                stacked[row].stages[stage].mean, posterior.mean, rtol=0, atol=1e-8
            )


def test_same_seed_same_bytes_and_other_seed_other_weights():
    first, second, other = fit()[0], fit()[0], fit(seeds=(1,))[0]
    for name, weight in first.state.items():
        assert torch.equal(weight, second.state[name])
        assert not torch.equal(weight, other.state[name])


def test_a_diverging_seed_leaves_the_others_alone(monkeypatch):
    data, _ = cells()
    healthy = fit(seeds=(0, 1, 2), data=data)
    original = Stack.run_epoch

    def poison(self, *args, **kwargs):
        with torch.no_grad():
            self.network.heads.weight[1] = math.nan
        original(self, *args, **kwargs)

    monkeypatch.setattr(Stack, "run_epoch", poison)
    poisoned = fit(seeds=(0, 1, 2), data=data)
    assert "the loss became nan in epoch 1" in poisoned[1].message
    assert not poisoned[1].stages
    for row in (0, 2):
        assert not poisoned[row].message
        assert torch.equal(poisoned[row].stages["final"].mean, healthy[row].stages["final"].mean)


def test_held_out_cells_do_not_touch_the_weights():
    config = replace(SMALL, held_out_fraction=0.25)
    data, _ = cells()
    held_out = Stack(data, config, [0]).held_out[0]
    assert len(held_out) == 16
    counts = data.counts.clone()
    counts[held_out] += 5
    changed = replace(data, counts=counts)
    pretrain_only = replace(config, fine_tune=replace(config.fine_tune, epochs=0))
    before, after = fit(pretrain_only, data=data)[0], fit(pretrain_only, data=changed)[0]
    for name, weight in before.state.items():
        assert torch.equal(weight, after.state[name])
    assert before.diagnostics["final"]["held_out"] < after.diagnostics["final"]["held_out"]


def test_no_batch_is_small_and_every_cell_is_seen_once(monkeypatch):
    seen = []
    original = TrainingData.batch
    monkeypatch.setattr(
        TrainingData, "batch", lambda self, c: (seen.append(c.clone()), original(self, c))[1]
    )
    data, _ = cells(n=65)
    stack = Stack(data, replace(SMALL, held_out_fraction=0), [0, 1])
    stack.start_stage("pretrain", SMALL.pretrain)
    stack.run_epoch(Weights(kl=0.0, divergence=0.0))
    assert [c.shape[1] for c in seen] == [22, 22, 21]
    for row in range(2):
        assert sorted(torch.cat(seen, 1)[row].tolist()) == list(range(65))


def test_training_learns_the_two_groups():
    data, group = cells(n=128)
    longest = replace(LONGER, epochs=120)
    config = replace(SMALL, pretrain=longest, hidden_noise=0, input_noise=0.3)
    (result,) = fit(config, data=data)
    total = [t for s, t in zip(*(result.history[k] for k in ("stage", "total")), strict=True)]
    assert total[119] < 0.8 * total[0]
    z = result.stages["final"].mean.numpy()
    centres = np.stack([z[group == g].mean(0) for g in (0, 1)])
    nearest = ((z[:, None] - centres) ** 2).sum(-1).argmin(1)
    assert (nearest == group).mean() > 0.98
    assert result.diagnostics["final"]["collapsed"] is False
    assert len(set(map(len, result.history.values()))) == 1


@pytest.mark.parametrize("likelihood", ["zinb", "nb", "mse", "zinb_mse", "gaussian"])
def test_the_reconstruction_is_summed_over_genes(likelihood):
    config = replace(SMALL, likelihood=likelihood, mse_scale=2.0)
    data, _ = cells(n_genes=20)
    network = Network(20, config, [torch.Generator().manual_seed(0)])
    latent = torch.zeros(1, 64, 3)
    (every,) = data.batches(1)
    decoded = network.decode(latent, every.log_size_factors)
    loss = reconstruction_loss(config, every, decoded)
    assert loss.shape == (1, 64)
    assert fit(config)[0].message == ""
    if likelihood == "mse":
        expected = ((data.scaled - decoded.mean[0]) ** 2).sum(1)
        torch.testing.assert_close(loss[0], expected)
    if likelihood == "zinb_mse":
        log_mean, _, dropout_logit = decoded.parameters()
        mean = torch.sigmoid(-dropout_logit[0]) * log_mean[0].exp()
        torch.testing.assert_close(loss[0], ((data.counts - mean) ** 2).sum(1) / 4)


def test_vae_and_infovae_are_the_same_class_with_other_weights():
    vae = ModelConfig(alpha=0.0, lambda_=1.0)
    beta = ModelConfig(alpha=-3.0, lambda_=4.0)
    mmd_vae = ModelConfig(alpha=1.0, lambda_=10.0)
    assert (vae.kl_weight, vae.divergence_weight) == (1, 0)
    assert (beta.kl_weight, beta.divergence_weight) == (4, 0)
    assert (mmd_vae.kl_weight, mmd_vae.divergence_weight) == (0, 10)


def test_deterministic_encoder_has_no_kl():
    config = replace(SMALL, stochastic=False, alpha=1.0, lambda_=0.0)
    (result,) = fit(config)
    assert result.stages["final"].log_variance is None
    assert result.diagnostics["final"]["kl"] is None
    assert result.diagnostics["final"]["mutual_information"] is None
    with pytest.raises(UsageError, match="deterministic encoder"):
        replace(SMALL, stochastic=False, alpha=0.5)


def test_patience_goes_back_to_the_best_weights():
    config = replace(
        SMALL,
        held_out_fraction=0.25,
        pretrain=PretrainConfig(epochs=400, learning_rate=0.02, warmup_epochs=0, patience=5),
        fine_tune=replace(SMALL.fine_tune, epochs=0),
    )
    results = fit(config, seeds=(0, 1))
    for result in results:
        held_out = [v for v in result.history["held_out"] if not math.isnan(v)]
        assert result.diagnostics["final"]["held_out"] == pytest.approx(min(held_out))
    assert len(results[0].history["total"]) < 400
    assert any(math.isnan(r.history["total"][-1]) for r in results)  # one stopped before the other
    with pytest.raises(UsageError, match="held_out_fraction"):
        fit(replace(config, held_out_fraction=0))


def test_fine_tuning_stops_when_labels_stay():
    tuning = replace(SMALL.fine_tune, epochs=200, learning_rate=1e-6, stop_label_change=0.01)
    (result,) = fit(replace(SMALL, fine_tune=tuning))
    assert result.history["stage"].count("fine_tune") < 10


def test_the_target_is_refreshed_as_often_as_asked(monkeypatch):
    of_epochs = []
    original = Stack.run_epoch

    def watch(self, weights, target=None):
        if target is not None:
            of_epochs.append(target.clone())
        original(self, weights, target)

    monkeypatch.setattr(Stack, "run_epoch", watch)
    fit(replace(SMALL, fine_tune=replace(SMALL.fine_tune, update_interval=4)))
    new = [k for k in range(10) if not k or not torch.equal(of_epochs[k], of_epochs[k - 1])]
    assert new == [0, 4, 8]


def test_gamma_sharpens_the_assignments():
    sureness = []
    for gamma in (0.0, 100.0):
        (result,) = fit(replace(SMALL, gamma=gamma, pretrain=LONGER))
        q = soft_assignment(result.stages["final"].mean[None], result.state["centres"][None])
        sureness.append(q.max(-1).values.mean().item())
    assert sureness[1] > sureness[0] + 0.02


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"likelihood": "poisson"}, "likelihood='poisson' is unknown; choose one of zinb"),
        ({"latent_dim": 0}, "latent_dim=0 must be"),
        ({"gamma": -1.0}, "gamma=-1.0 must be"),
        ({"alpha": float("nan")}, "alpha=nan must be a finite"),
        ({"lambda_": float("inf")}, "lambda_=inf must be a finite"),
        ({"latent_dim": 1.5}, "latent_dim=1.5 must be a whole"),
        ({"alpha": 2.0}, "negative weight"),
        ({"alpha": 0.0, "lambda_": 0.5}, "negative weight"),
        ({"hidden": ()}, "hidden"),
        ({"held_out_fraction": 0.9}, "held_out_fraction"),
        ({"input_noise": float("nan")}, "input_noise=nan"),
    ],
)
def test_senseless_choices_are_refused(change, words):
    with pytest.raises(UsageError) as caught:
        replace(SMALL, **change)
    assert words in str(caught.value)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_gives_the_loss_of_the_cpu():
    data, _ = cells()
    on_gpu = TrainingData(*(getattr(data, k).cuda() for k in data.__dataclass_fields__))
    config = replace(SMALL, input_noise=0, hidden_noise=0, fine_tune=FineTuneConfig(epochs=0))
    losses = [fit(config, data=d)[0].history["reconstruction"][0] for d in (data, on_gpu)]
    assert losses[0] == pytest.approx(losses[1], rel=0.2)  # other random numbers, same scale


def test_the_log_variance_starts_where_asked():
    generators = [torch.Generator().manual_seed(s) for s in (0, 1)]
    network = Network(20, replace(SMALL, initial_log_variance=-4.0), generators)
    _, log_variance = network.encode(cells()[0].scaled.expand(2, -1, -1))
    assert ((log_variance + 4).abs() < 1).all()


def test_the_regularisers_rise_during_the_warm_up(monkeypatch):
    seen = []
    original = Stack.run_epoch

    def watch(self, weights, target=None):
        seen.append((weights.kl, weights.divergence))
        original(self, weights, target)

    monkeypatch.setattr(Stack, "run_epoch", watch)
    schedule = PretrainConfig(epochs=6, warmup_epochs=4)
    fine_tune = FineTuneConfig(epochs=1, kl_term=False)
    fit(replace(SMALL, alpha=0.5, lambda_=8.5, pretrain=schedule, fine_tune=fine_tune))
    rise = [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert seen == [(0.5 * r, 8.0 * r) for r in rise] + [(0.0, 8.0)]


def test_no_batch_has_one_cell(monkeypatch):
    sizes = []
    original = Step.__init__

    def watch(self, stack, size, share):
        sizes.append(size)
        original(self, stack, size, share)

    monkeypatch.setattr(Step, "__init__", watch)
    config = replace(SMALL, batch_size=2, mmd_estimator="u", held_out_fraction=0.0)
    (result,) = fit(config, data=cells(n=5)[0])
    assert result.message == ""
    assert min(sizes) >= 2
