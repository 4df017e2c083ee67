"""One optimiser step: against the objective written down, and ready to be recorded."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from scinfovae.errors import UsageError
from scinfovae.model import FineTuneConfig, ModelConfig, PretrainConfig
from scinfovae.model import step as step_module
from scinfovae.model.capture import rehearse
from scinfovae.model.cells import TrainingData
from scinfovae.model.device import flushed_denormals
from scinfovae.model.stack import Stack, Weights
from scinfovae.model.streams import Streams
from scinfovae.model.training import train

CONFIG = ModelConfig(
    latent_dim=3,
    hidden=(16, 8),
    batch_size=25,
    alpha=0.5,
    lambda_=10.0,
    gamma=2.0,
    input_noise=1.5,
    hidden_noise=0.2,
    held_out_fraction=0,
    pretrain=PretrainConfig(epochs=3, warmup_epochs=0),
    fine_tune=FineTuneConfig(epochs=3, learning_rate=1e-3, update_interval=1),
)
N_CELLS, N_GENES = 74, 20  # three batches, one of them smaller


def cells(dtype=torch.float32):
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(1, 2, (N_CELLS, N_GENES))).astype(float)
    scaled = (np.log1p(counts) - 1) / 0.7
    return TrainingData.from_arrays(scaled, counts, rng.lognormal(0, 0.3, N_CELLS), dtype=dtype)


def first_cells(embedding, seed):
    return embedding[:2].clone()


KERNELS = {  # of the squared distance
    "rbf": lambda squared: torch.exp(-squared / CONFIG.latent_dim),
    "imq": lambda squared: 1 / (1 + squared / (2 * CONFIG.latent_dim)),
    "mq": lambda squared: -((1 + squared / (2 * CONFIG.latent_dim)) ** 0.5),
}


def written_down(weights, data, batch, draws, weight_kl, weight_mmd, of_distance, clusters):
    """Objective of a batch in textbook form, gradient left to autograd."""
    centres, target = clusters
    noise, hidden_noise, posterior, prior = draws
    x, counts, factors = (t[batch] for t in (data.scaled, data.counts, data.log_size_factors))

    def encode(value, hidden_noise):
        for k, extra in enumerate(hidden_noise):
            w, b = weights[f"encoder.{k}.weight"], weights[f"encoder.{k}.bias"]
            value = torch.relu(value @ w[0] + b[0] + CONFIG.hidden_noise * extra)
        return (value @ weights["posterior.weight"][0] + weights["posterior.bias"][0]).chunk(2, -1)

    mean, log_variance = encode(x + CONFIG.input_noise * noise, hidden_noise)
    z = hidden = mean + (log_variance / 2).exp() * posterior
    for k in range(len(CONFIG.hidden)):
        w, b = weights[f"decoder.{k}.weight"], weights[f"decoder.{k}.bias"]
        hidden = torch.relu(hidden @ w[0] + b[0])
    a, b, c = (hidden @ weights["heads.weight"][0] + weights["heads.bias"][0]).chunk(3, -1)
    mu, theta, pi = (a + factors).exp(), softplus(b), torch.sigmoid(c)
    nb = torch.distributions.NegativeBinomial(theta, logits=mu.log() - theta.log())
    likelihood = (1 - pi) * nb.log_prob(counts).exp() + pi * (counts == 0)
    loss = -likelihood.log().sum(-1).mean()
    kl = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (log_variance / 2).exp()),
        torch.distributions.Normal(0.0, 1.0),
    )
    loss = loss + weight_kl * kl.sum(-1).mean()

    def kernel(p, q):
        return of_distance(((p.unsqueeze(1) - q) ** 2).sum(-1)).mean()

    loss = loss + weight_mmd * (kernel(z, z) + kernel(prior, prior) - 2 * kernel(z, prior))
    if target is not None:
        clean = encode(x, [torch.zeros(())] * len(hidden_noise))[0]
        q = 1 / (1 + ((clean.unsqueeze(1) - centres[0]) ** 2).sum(-1))
        q = q / q.sum(-1, keepdim=True)
        p = target[0, batch]
        loss = loss + CONFIG.gamma * (p * (p / q).log()).sum(-1).mean()
    return loss


@pytest.mark.parametrize("stage", ["pretrain", "fine_tune"])
@pytest.mark.parametrize(
    "options",
    [{}, {"mmd_kernel": "imq"}, {"mmd_kernel": "rbf", "weight_decay": 30.0, "amsgrad": True}],
)
def test_a_training_is_the_objective_written_down(stage, options):
    data = cells(torch.float64)
    stack = Stack(data, replace(CONFIG, **options), [7])
    target = None
    if stage == "fine_tune":
        stack.start_fine_tuning(first_cells)
        target = torch.rand(1, N_CELLS, 2, dtype=torch.float64).softmax(-1)
    weights = {k: v.detach().clone().requires_grad_() for k, v in stack.network.named_parameters()}
    centres = stack.centres.detach().clone().requires_grad_()
    stack.start_stage(stage, CONFIG.fine_tune)
    for _ in range(3):
        stack.run_epoch(Weights(0.3, 4.0), target)

    streams = Streams([7], data.scaled.device, torch.float64)
    decay, amsgrad = options.get("weight_decay", 0.0), options.get("amsgrad", False)
    adam = torch.optim.AdamW(weights.values(), weight_decay=decay, amsgrad=amsgrad)
    if target is not None:
        adam.add_param_group({"params": [centres], "weight_decay": 0.0})
    losses = []
    for _ in range(3):
        order = stack.trained[0][streams.permutation("order", N_CELLS)[0]]
        total = 0.0
        for batch in order.tensor_split(3):
            noise = [streams.normal("noise", len(batch), k)[0] for k in (N_GENES, *CONFIG.hidden)]
            both = [streams.normal(p, len(batch), 3)[0] for p in ("posterior", "prior")]
            draws = (noise[0], noise[1:], *both)
            of_distance = KERNELS[options.get("mmd_kernel", "mq")]
            clusters = (centres, target)
            loss = written_down(weights, data, batch, draws, 0.3, 4.0, of_distance, clusters)
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(batch) / N_CELLS
        losses.append(total)

    np.testing.assert_allclose(stack.history.columns(0)["total"], losses, rtol=1e-9)
    for name, weight in stack.network.named_parameters():
        torch.testing.assert_close(weight, weights[name], rtol=0, atol=1e-9)
    if target is not None:
        torch.testing.assert_close(stack.centres, centres, rtol=0, atol=1e-9)


@pytest.mark.parametrize("divergence", ["mmd", "js", "stein"])
def test_a_rehearsed_step_trains_as_if_there_had_been_no_rehearsal(divergence, monkeypatch):
    # on a GPU a step is called a few times before it is recorded; here it is called again instead
    config, data = replace(CONFIG, divergence=divergence), cells()
    plain = train(data, config, [0, 1], first_cells)
    recorded = []

    def fake_capture(function, changed):
        rehearse(function, changed)
        recorded.append(function)
        return function

    original = Stack.start_stage

    def start_stage(self, *args):
        self.captures = False
        original(self, *args)
        self.captures = True

    monkeypatch.setattr(step_module, "capture", fake_capture)
    monkeypatch.setattr(Stack, "start_stage", start_stage)
    rehearsed = train(data, config, [0, 1], first_cells)
    assert len(recorded) == 4  # two stages, batches of 25 and of 24 cells
    for a, b in zip(plain, rehearsed, strict=True):
        assert a.history == b.history or str(a.history) == str(b.history)  # nan
        for name, weight in a.state.items():
            assert torch.equal(weight, b.state[name])


def test_a_step_reads_only_arrays_that_stay_in_place():
    stack = Stack(cells(), CONFIG, [0, 1])
    stack.start_stage("pretrain", CONFIG.pretrain)
    stack.run_epoch(Weights(0.3, 4.0))
    step = stack._steps[25]
    places = [t.data_ptr() for t in (step._cells, step._draws.input, step._draws.prior)]
    weights = [t.data_ptr() for t in stack.changed_by_a_step()]
    stack.run_epoch(Weights(0.3, 4.0))
    assert stack._steps[25] is step
    assert places == [t.data_ptr() for t in (step._cells, step._draws.input, step._draws.prior)]
    assert weights == [t.data_ptr() for t in stack.changed_by_a_step()]


def test_capture_needs_a_gpu():
    with pytest.raises(UsageError, match="capture=True needs a CUDA device, not cpu"):
        Stack(cells(), CONFIG, [0], capture=True)


def test_denormals_are_zero_inside_and_numbers_outside():
    tiny = torch.tensor([1e-39])
    assert (tiny * 1).item() > 0
    with flushed_denormals():
        flushed = (tiny * 1).item()
        with flushed_denormals():
            pass
        still = (tiny * 1).item()
    if torch.set_flush_denormal(True):  # not every processor can
        torch.set_flush_denormal(False)
        assert (flushed, still) == (0, 0)
    assert (tiny * 1).item() > 0


def test_seeds_of_a_stack_draw_what_they_draw_alone():
    together = Streams([3, 8], torch.device("cpu"), torch.float32).normal("noise", 5, 9)
    for row, seed in enumerate((3, 8)):
        alone = Streams([seed], torch.device("cpu"), torch.float32).normal("noise", 5, 9)
        assert torch.equal(together[row], alone[0])
    assert all(not torch.equal(a, b) for a, b in pairwise(together))
