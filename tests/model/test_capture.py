"""Steps recorded as CUDA graphs; without a GPU, test_step.py tests all but the recording."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from scinfovae.model import FineTuneConfig, ModelConfig, PretrainConfig
from scinfovae.model.cells import TrainingData
from scinfovae.model.heads import layer_nll
from scinfovae.model.stack import Stack, Weights
from scinfovae.model.training import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

CONFIG = ModelConfig(
    latent_dim=3,
    hidden=(16, 8),
    batch_size=25,
    alpha=0.5,
    lambda_=10.0,
    gamma=2.0,
    input_noise=1.5,
    hidden_noise=0.2,
    pretrain=PretrainConfig(epochs=10, warmup_epochs=3),
    fine_tune=FineTuneConfig(epochs=10, learning_rate=1e-3, update_interval=3),
)
WEIGHTS = Weights(0.5, 10.0)


def cells(dtype=torch.float32, n=74, device="cuda"):
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(1, 2, (n, 20))).astype(float)
    scaled = (np.log1p(counts) - 1) / 0.7
    factors = rng.lognormal(0, 0.3, n)
    return TrainingData.from_arrays(scaled, counts, factors, device, dtype)


def first_cells(embedding, seed):
    return embedding[:2].clone()


@pytest.mark.parametrize("divergence", ["mmd", "js", "stein"])
def test_a_replayed_step_equals_the_step_itself(divergence):
    # 2 stages of 10 epochs of 3 batches of two sizes, on the same draws
    config = replace(CONFIG, divergence=divergence)
    eager, captured = (
        train(cells(torch.float64), config, [0, 1], first_cells, capture=capture)
        for capture in (False, True)
    )
    for a, b in zip(eager, captured, strict=True):
        assert not b.message
        for name, weight in a.state.items():
            torch.testing.assert_close(b.state[name], weight, rtol=0, atol=1e-8)


def test_five_seeds_recorded_together_equal_each_alone():
    together = train(cells(torch.float64), CONFIG, range(5), first_cells)
    for seed, stacked in enumerate(together):
        (alone,) = train(cells(torch.float64), CONFIG, [seed], first_cells)
        for name, weight in alone.state.items():
            torch.testing.assert_close(stacked.state[name], weight, rtol=0, atol=1e-8)


@pytest.mark.parametrize("stage", ["pretrain", "fine_tune"])
def test_nothing_waits_for_the_device_inside_an_epoch(stage):
    stack = Stack(cells(), CONFIG, range(5))
    target = None
    if stage == "fine_tune":
        stack.start_fine_tuning(first_cells)
        target = torch.rand(5, 74, 2, device="cuda").softmax(-1)
    stack.start_stage(stage, CONFIG.fine_tune)
    stack.run_epoch(WEIGHTS, target)  # records
    torch.cuda.set_sync_debug_mode("error")
    try:
        stack._pass_over_cells(WEIGHTS, target)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_every_replay_sees_fresh_numbers_and_other_cells():
    stack = Stack(cells(), CONFIG, [0])
    stack.start_stage("pretrain", CONFIG.pretrain)
    seen = []
    for _ in range(2):
        stack.run_epoch(WEIGHTS)
        step = next(iter(stack._steps.values()))
        seen.append((step._draws.prior.clone(), step._cells.clone()))
    assert not torch.equal(seen[0][0], seen[1][0])
    assert not torch.equal(seen[0][1], seen[1][1])


def test_a_diverging_seed_leaves_the_others_alone():
    stack = Stack(cells(), CONFIG, range(3))
    stack.start_stage("pretrain", CONFIG.pretrain)
    stack.run_epoch(WEIGHTS)
    with torch.no_grad():
        stack.network.heads.weight[1] = math.nan
    stack.run_epoch(WEIGHTS)
    assert list(stack.failures) == [1]
    assert all(p[[0, 2]].isfinite().all() for p in stack.network.parameters())


def test_the_likelihood_of_the_gpu_equals_the_compiled_loop_of_the_cpu():
    generator = torch.Generator().manual_seed(0)
    hidden, weight, bias = (
        torch.randn(shape, generator=generator) for shape in ((2, 30, 8), (2, 8, 60), (2, 1, 60))
    )
    data = cells(n=30, device="cpu")
    batch = next(data.batches(2))
    results = []
    for device in ("cpu", "cuda"):
        leaves = [x.to(device, copy=True).requires_grad_() for x in (hidden, weight, bias)]
        counts, factors = batch.counts.to(device), batch.log_size_factors.to(device)
        value = layer_nll(*leaves, counts, factors, batch.log_factorials.to(device))
        value.sum().backward()
        results.append([value.detach().cpu(), *(leaf.grad.cpu() for leaf in leaves)])
    for cpu, gpu in zip(*results, strict=True):
        torch.testing.assert_close(cpu, gpu, rtol=1e-4, atol=1e-4 * cpu.abs().max().item())
