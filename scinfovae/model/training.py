"""The training story: pretrain, choose centres, fine-tune, describe (paper, Fig. 1a)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch

from scinfovae.errors import UsageError
from scinfovae.model.self_training import soft_assignment, target_distribution
from scinfovae.model.snapshots import Kept, Snapshot, Snapshots
from scinfovae.model.stack import Stack, Weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from scinfovae.model.cells import TrainingData
    from scinfovae.model.config import ModelConfig

    Progress = Callable[[str, int, int], None]
    ChooseCentres = Callable[[Tensor, int], Tensor]

Stage = Literal["pretrained", "final"]
EVALUATE_EVERY = 10


@dataclass
class Posterior:
    """Posterior of every cell at the end of a stage, arrays of shape (n_cells, latent_dim)."""

    mean: Tensor
    log_variance: Tensor | None


@dataclass
class TrainedSeed:
    """What the training of one seed leaves.

    Attributes
    ----------
    seed
        The seed.
    message
        Empty, or what went wrong; a seed that diverged has no stage after the failure.
    stages
        Posteriors, by stage.
    diagnostics
        By stage; see `scinfovae.model.diagnostics`.
    history
        Equally long columns, one entry per epoch.
    seconds
        Wall-clock time of the whole stack by stage.
    state
        Weights of this seed's network by name, and ``centres`` after fine-tuning.
    snapshots
        The model on the way, by stage of the history and epochs done; see `Snapshots`.
    """

    seed: int
    message: str = ""
    stages: dict[Stage, Posterior] = field(default_factory=dict)
    diagnostics: dict[Stage, dict[str, float | int | bool | None]] = field(default_factory=dict)
    history: dict[str, list[float | str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    state: dict[str, Tensor] = field(default_factory=dict)
    snapshots: dict[str, dict[int, Snapshot]] = field(default_factory=dict)


def train(
    data: TrainingData,
    config: ModelConfig,
    seeds: Sequence[int],
    choose_centres: ChooseCentres,
    progress: Progress | None = None,
    capture: bool | None = None,
    *,
    keep_snapshots: Kept = "nothing",
) -> list[TrainedSeed]:
    """Train one model per seed, all in one stack.

    Parameters
    ----------
    data
        Cells on the device to train on.
    config
        Network, objective and schedule.
    seeds
        One model each.
    choose_centres
        Given an embedding of shape (n_cells, latent_dim) and a seed, gives the initial centres of
        shape (n_clusters, latent_dim).
    progress
        Called as ``progress(stage, epochs_done, epochs_total)``.
    capture
        Record the optimiser step as a CUDA graph and replay it; None does so on a GPU.
    keep_snapshots
        What to keep on the way; see `Snapshots`.

    Returns
    -------
    One result per seed, in order.
    """
    stack = Stack(data, config, seeds, capture)
    snapshots = Snapshots(stack, keep_snapshots)
    results = [TrainedSeed(seed) for seed in seeds]
    report = progress or (lambda stage, done, total: None)

    started = time.perf_counter()
    pretrain(stack, report, snapshots)
    _close_stage(stack, results, "pretrained", time.perf_counter() - started)

    if config.fine_tune.epochs:
        started = time.perf_counter()
        stack.start_fine_tuning(choose_centres)
        fine_tune(stack, report, snapshots)
        _close_stage(stack, results, "final", time.perf_counter() - started)
    else:
        for result in results:
            if "pretrained" in result.stages:
                result.stages["final"] = result.stages["pretrained"]
                result.diagnostics["final"] = result.diagnostics["pretrained"]

    for row, result in enumerate(results):
        result.message = stack.failures.get(row, "")
        result.history = stack.history.columns(row)
        result.state = stack.state(row)
        result.snapshots = snapshots.of(row)
    return results


def pretrain(stack: Stack, progress: Progress, snapshots: Snapshots) -> None:
    """Minimise the objective without the clustering term (Eq. 3)."""
    schedule = stack.config.pretrain
    patience = schedule.patience
    best = torch.full((stack.width,), float("inf"))
    best_epoch = [0] * stack.width
    if patience and not stack.held_out.shape[1]:
        raise UsageError("pretrain.patience needs held-out cells: set held_out_fraction > 0.")
    stack.start_stage("pretrain", schedule)
    for epoch in range(schedule.epochs):
        rise = min(1.0, (epoch + 1) / max(schedule.warmup_epochs, 1))
        stack.run_epoch(
            Weights(rise * stack.config.kl_weight, rise * stack.config.divergence_weight)
        )
        last = epoch + 1 == schedule.epochs
        if patience or epoch % EVALUATE_EVERY == 0 or last:
            held_out = stack.evaluate()
        snapshots.take("pretrain", epoch + 1, schedule.epochs)
        progress("pretrain", epoch + 1, schedule.epochs)
        if patience:
            for row in stack.running():
                if held_out[row] < best[row]:
                    best[row], best_epoch[row] = held_out[row], epoch
                    stack.keep(row)
                elif epoch - best_epoch[row] >= patience:
                    stack.stop(row)
        if not stack.running():
            break
    stack.end_stage()


def fine_tune(stack: Stack, progress: Progress, snapshots: Snapshots) -> None:
    """Minimise the objective with the self-training term (Eq. 9 to 12)."""
    schedule = stack.config.fine_tune
    kl_weight = stack.config.kl_weight if schedule.kl_term else 0.0
    weights = Weights(kl_weight, stack.config.divergence_weight)
    previous: Tensor | None = None
    stack.start_stage("fine_tune", schedule)
    target: Tensor | None = None
    for epoch in range(schedule.epochs):
        if epoch % schedule.update_interval == 0:
            q = soft_assignment(stack.embed()[0], stack.centres.detach(), schedule.t_dof)
            target = target_distribution(q, schedule.target)
            labels = q.argmax(-1)
            if previous is not None and schedule.stop_label_change:
                changed = (labels != previous).double().mean(1)
                for row in stack.running():
                    if changed[row] < schedule.stop_label_change:
                        stack.keep(row)
                        stack.stop(row)
            previous = labels
        if not stack.running():
            break
        stack.run_epoch(weights, target)
        if epoch % EVALUATE_EVERY == 0 or epoch + 1 == schedule.epochs:
            stack.evaluate()
        snapshots.take("fine_tune", epoch + 1, schedule.epochs)
        progress("fine_tune", epoch + 1, schedule.epochs)
    stack.end_stage()


def _close_stage(stack: Stack, results: list[TrainedSeed], stage: Stage, seconds: float) -> None:
    name = "pretrain" if stage == "pretrained" else "fine_tune"
    started = time.perf_counter()
    mean, log_variance = stack.embed()
    described = stack.describe(mean, log_variance)
    for row, result in enumerate(results):
        result.seconds[name] = seconds
        result.seconds[f"diagnose_{stage}"] = time.perf_counter() - started
        if row in stack.failures:
            continue
        result.stages[stage] = Posterior(
            mean[row].cpu(), log_variance[row].cpu() if stack.config.stochastic else None
        )
        result.diagnostics[stage] = {key: values[row] for key, values in described.items()}
