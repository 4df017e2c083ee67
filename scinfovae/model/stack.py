"""Several independent models trained side by side, one optimiser step for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from scinfovae.errors import UsageError
from scinfovae.model import objective
from scinfovae.model.averaging import WeightAverage
from scinfovae.model.device import flushed_denormals
from scinfovae.model.diagnostics import active_units, describe_posterior, is_collapsed
from scinfovae.model.divergence import Discriminator
from scinfovae.model.history import History
from scinfovae.model.network import Network
from scinfovae.model.optimizer import adam, set_learning_rate
from scinfovae.model.step import Step
from scinfovae.model.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from scinfovae.model.cells import TrainingData
    from scinfovae.model.config import FineTuneConfig, ModelConfig, PretrainConfig

_DISCRIMINATOR_LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Weights:
    """Weights of KL(q(z|x) || p(z)) and of D(q(z) || p(z)) in one epoch."""

    kl: float
    divergence: float


class Stack:
    """The models of several seeds with their optimiser, random streams and history.

    Parameters
    ----------
    data
        Cells to train on.
    config
        Network, objective and schedule.
    seeds
        One model each.
    capture
        Record the optimiser step as a CUDA graph and replay it; None does so on a GPU.
    """

    def __init__(
        self,
        data: TrainingData,
        config: ModelConfig,
        seeds: Sequence[int],
        capture: bool | None = None,
    ) -> None:
        self.data, self.config, self.seeds = data, config, tuple(seeds)
        self.width = len(self.seeds)
        self.device, self.dtype = data.scaled.device, data.scaled.dtype
        self.captures = self.device.type == "cuda" if capture is None else capture
        if self.captures and self.device.type != "cuda":
            raise UsageError(f"capture=True needs a CUDA device, not {self.device.type}.")
        self.streams = Streams(self.seeds, self.device, self.dtype)
        init = self.streams.generators("init")
        n_cells, n_genes = data.scaled.shape
        self.network = Network(n_genes, config, init, self.dtype)
        self.discriminator: Discriminator | None = None
        if config.divergence == "js" and config.divergence_weight:
            self.discriminator = Discriminator(config.latent_dim, init, self.dtype)
            weights = list(self.discriminator.parameters())
            self.discriminator_optimizer = torch.optim.Adam(
                weights, lr=_DISCRIMINATOR_LEARNING_RATE, fused=True, capturable=self.captures
            )
        self.centres = torch.zeros(self.width, 0, config.latent_dim, dtype=self.dtype)
        n_held_out = round(config.held_out_fraction * n_cells)
        if n_cells - n_held_out < 2:
            raise UsageError(f"{n_cells} cells are too few to train on; at least 2 are needed.")
        shuffled = self.streams.permutation("held_out", n_cells)
        self.held_out, self.trained = shuffled[:, :n_held_out], shuffled[:, n_held_out:]
        self.kl_weight, self.divergence_weight = torch.zeros(
            2, dtype=self.dtype, device=self.device
        )
        self.target: Tensor | None = None
        self._steps: dict[int, Step] = {}
        self._sums: dict[str, Tensor] = {}
        self.failures: dict[int, str] = {}
        self._stopped: set[int] = set()
        self._kept: dict[int, list[Tensor]] = {}
        self.history = History()

    # One stage

    def start_stage(self, stage: str, schedule: PretrainConfig | FineTuneConfig) -> None:
        """Begin with a fresh optimiser and a fresh mean of the weights."""
        self._stage = stage
        self._stopped.clear()
        self._kept.clear()
        self._steps.clear()
        self._sums.clear()
        self.target = None
        self._schedule, self._epochs_done = schedule, 0
        self.moved = self.parameters()
        decayed = list(self.network.parameters())
        self.optimizer = adam(
            decayed, self.moved[len(decayed) :], self.config, schedule.learning_rate, self.captures
        )
        self.average = WeightAverage(self.moved, self.config.weight_average)

    def end_stage(self) -> None:
        """Put mean weights in place, and give a seed that stopped early its kept ones back."""
        self.average.exchange()
        with torch.no_grad():
            for row, kept in self._kept.items():
                for parameter, value in zip(self.parameters(), kept, strict=True):
                    parameter[row] = value

    def parameters(self) -> list[Tensor]:
        """List the weights the encoder-decoder optimiser moves."""
        parameters: list[Tensor] = list(self.network.parameters())
        return [*parameters, self.centres] if self.centres.requires_grad else parameters

    def start_fine_tuning(self, choose_centres: Callable[[Tensor, int], Tensor]) -> None:
        """Place the cluster centres, from now on trained."""
        mean, _ = self.embed()
        chosen = {
            row: choose_centres(mean[row].cpu(), seed)
            for row, seed in enumerate(self.seeds)
            if row not in self.failures
        }
        shape = next(iter(chosen.values())).shape if chosen else (1, self.config.latent_dim)
        rows = [chosen.get(row, torch.zeros(shape)) for row in range(self.width)]
        self.centres = torch.stack(rows).to(self.device, self.dtype).requires_grad_()

    # One epoch

    def run_epoch(self, weights: Weights, target: Tensor | None = None) -> None:
        """Pass once over the training cells, in batches of equal size (± 1).

        Parameters
        ----------
        weights
            Of the regularisers in this epoch.
        target
            P of all cells, array of shape (n_seeds, n_cells, n_clusters); None in pretraining.
        """
        set_learning_rate(self.optimizer, self._schedule, self._epochs_done)
        self._epochs_done += 1
        with flushed_denormals():
            self._pass_over_cells(weights, target)
        # one copy from the device for all of them
        told = torch.stack(list(self._sums.values())).tolist()
        sums = dict(zip(self._sums, told, strict=True))
        self.history.add_epoch(self._stage, sums, self._stopped)
        for row, total in enumerate(sums["total"]):
            if not math.isfinite(total) and row in self.running():
                self.failures[row] = f"the loss became {total} in epoch {len(self.history)}"

    def _pass_over_cells(self, weights: Weights, target: Tensor | None) -> None:
        """Take the steps of an epoch, without once waiting for the device."""
        self.kl_weight.fill_(weights.kl)
        self.divergence_weight.fill_(weights.divergence)
        if target is not None:
            if self.target is None:
                self.target = torch.empty_like(target)
            self.target.copy_(target)
        for values in self._sums.values():
            values.zero_()
        n = self.trained.shape[1]
        order = self.trained.gather(1, self.streams.permutation("order", n))
        # no batch of one cell, which has no spread
        n_batches = max(1, min(math.ceil(n / self.config.batch_size), n // 2))
        for cells in order.tensor_split(n_batches, dim=1):
            size = cells.shape[1]
            if size not in self._steps:
                self._steps[size] = Step(self, size, size / n)
            self._steps[size](cells)
        self.average.add(n_batches)

    def add_to_sum(self, name: str, values: Tensor, share: float) -> None:
        """Add the losses of a step, shape (n_seeds,), to those of the epoch."""
        if name not in self._sums:
            self._sums[name] = torch.zeros_like(values)
        self._sums[name].add_(values, alpha=share)

    def changed_by_a_step(self) -> list[Tensor]:
        """List what a step changes and a later one needs: weights, optimiser state, sums."""
        changed = [*self.parameters(), *self._sums.values()]
        optimizers: list[torch.optim.Optimizer] = [self.optimizer]
        if self.discriminator is not None:
            changed += self.discriminator.parameters()
            optimizers.append(self.discriminator_optimizer)
        states = [state for optimizer in optimizers for state in optimizer.state.values()]
        return changed + [v for state in states for v in state.values() if torch.is_tensor(v)]

    # Early stop

    def running(self) -> list[int]:
        """List the seeds still training."""
        return [r for r in range(self.width) if r not in self._stopped and r not in self.failures]

    def keep(self, row: int) -> None:
        """Remember the weights of one seed, to be given back at the end of the stage."""
        with self.average.in_place():
            self._kept[row] = [parameter[row].detach().clone() for parameter in self.parameters()]

    def stop(self, row: int) -> None:
        """Count one seed as done with this stage."""
        self._stopped.add(row)

    # Looking at the models

    @torch.no_grad()
    def embed(self, cells: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give noise-free posteriors of all cells, or of positions of shape (n_seeds, n).

        Returns
        -------
        Mean and log-variance, arrays of shape (n_seeds, n, latent_dim).
        """
        parts = [
            self.network.encode(batch.scaled) for batch in self.data.batches(self.width, cells)
        ]
        return torch.cat([p[0] for p in parts], 1), torch.cat([p[1] for p in parts], 1)

    @torch.no_grad()
    def reconstruction(self, latent: Tensor, cells: Tensor | None = None) -> Tensor:
        """Mean reconstruction loss of given embeddings, nats per cell, shape (n_seeds,)."""
        total = torch.zeros(self.width, dtype=torch.float64, device=self.device)
        start = 0
        for batch in self.data.batches(self.width, cells):
            rows = latent[:, start : start + batch.scaled.shape[1]]
            decoded = self.network.decode(rows, batch.log_size_factors)
            total += objective.reconstruction_loss(self.config, batch, decoded).double().sum(-1)
            start += batch.scaled.shape[1]
        return total / start

    def evaluate(self) -> Tensor:
        """Add active units and held-out loss, under mean weights, to the last epoch's history.

        Returns
        -------
        Held-out reconstruction loss at the posterior mean, nats per cell, shape (n_seeds,); NaN
        without held-out cells.
        """
        with self.average.in_place():
            held_out = self.held_out_loss()
            self.history.note("held_out", held_out)
            self.history.note("active_units", active_units(self.embed()[0]))
        return held_out.cpu()

    def held_out_loss(self) -> Tensor:
        """Reconstruction loss of the held-out cells at their posterior mean, shape (n_seeds,)."""
        if not self.held_out.shape[1]:
            return torch.full((self.width,), math.nan, dtype=torch.float64)
        return self.reconstruction(self.embed(self.held_out)[0], self.held_out)

    @torch.no_grad()
    def describe(
        self, mean: Tensor, log_variance: Tensor
    ) -> dict[str, list[float | int | bool | None]]:
        """Diagnose the posteriors of all cells; one value per seed and name."""
        noise = self.streams.normal("diagnostics", *mean.shape[1:])
        prior = self.streams.normal("diagnostics", *mean.shape[1:])
        described = describe_posterior(
            mean, log_variance, noise, prior, self.config.mmd_kernel, self.config.stochastic
        )
        order = self.streams.permutation("diagnostics", mean.shape[1])
        permuted = mean.gather(1, order.unsqueeze(-1).expand_as(mean))
        loss, loss_permuted = self.reconstruction(mean), self.reconstruction(permuted)
        described |= {
            "reconstruction": loss,
            "reconstruction_permuted": loss_permuted,
            "held_out": self.held_out_loss() if self.held_out.shape[1] else None,
            "collapsed": is_collapsed(active_units(mean), loss, loss_permuted),
        }
        missing: list[float | int | bool | None] = [None] * self.width
        listed = {key: missing if v is None else v.tolist() for key, v in described.items()}
        listed["mutual_information_ceiling"] = [math.log(mean.shape[1])] * self.width
        return listed

    def state(self, row: int) -> dict[str, Tensor]:
        """Give the weights of one seed by name, on the CPU."""
        state = {k: v[row].detach().cpu().clone() for k, v in self.network.named_parameters()}
        if self.centres.requires_grad:
            state["centres"] = self.centres[row].detach().cpu().clone()
        return state
