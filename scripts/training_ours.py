"""The cells of benchmark_training.py, and the project's own training on them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from scinfovae.model.cells import TrainingData
from scinfovae.model.stack import Stack, Weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from scinfovae.model import ModelConfig

N_CLUSTERS, N_GENES = 10, 500
_ROWS = 10_000


def simulated_cells(n_cells: int, zeros: float, device: str = "cpu") -> TrainingData:
    """Negative binomial counts with a given share of zeros, and their scaled logarithms."""
    rng = np.random.default_rng(0)
    base, depth = rng.lognormal(0, 1.2, N_GENES), rng.lognormal(0, 0.35, n_cells)
    dispersion, low, high = 2.0, 1e-4, 1e4
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        mean = middle * np.outer(depth[:500], base)
        share = ((dispersion / (dispersion + mean)) ** dispersion).mean()
        low, high = (middle, high) if share > zeros else (low, middle)
    counts, scaled = (np.empty((n_cells, N_GENES), np.float32) for _ in range(2))
    # in blocks, so that the peak of memory is left to the training
    blocks = [slice(start, start + _ROWS) for start in range(0, n_cells, _ROWS)]
    for rows in blocks:
        rate = rng.gamma(dispersion, low / dispersion * np.outer(depth[rows], base))
        counts[rows] = rng.poisson(rate)
        scaled[rows] = np.log1p(counts[rows] / depth[rows, None])
    centre, spread = scaled[:_ROWS].mean(0), np.maximum(scaled[:_ROWS].std(0), 1e-3)
    for rows in blocks:
        scaled[rows] = np.clip((scaled[rows] - centre) / spread, -10, 10)
    return TrainingData.from_arrays(scaled, counts, depth, device)


def prepared_stack(
    data: TrainingData,
    config: ModelConfig,
    stage: str,
    seeds: Sequence[int] = (0,),
    capture: bool | None = None,
) -> tuple[Stack, Tensor | None]:
    """Give a stack at the beginning of a stage, and random targets for fine-tuning."""
    stack, target = Stack(data, config, seeds, capture), None
    if stage == "fine_tune":
        stack.start_fine_tuning(lambda embedding, seed: embedding[:N_CLUSTERS].clone())
        shape = (len(seeds), len(data.scaled), N_CLUSTERS)
        target = (5 * torch.rand(shape, device=stack.device)).softmax(-1)
    stack.start_stage(stage, getattr(config, stage))
    return stack, target


def our_training(
    data: TrainingData,
    config: ModelConfig,
    stage: str,
    seeds: Sequence[int] = (0,),
    capture: bool | None = None,
) -> Callable[[], None]:
    """Give a function that does an epoch as the project does."""
    stack, target = prepared_stack(data, config, stage, seeds, capture)
    weights = Weights(config.kl_weight, config.divergence_weight)
    return lambda: stack.run_epoch(weights, target)
