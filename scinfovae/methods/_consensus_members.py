"""The models of the consensus method: their trainings, and what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.fitted import train_models
from scinfovae.methods._trunk import by_stage
from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig
    from scinfovae.model.config import ModelConfig
    from scinfovae.model.snapshots import Kept
    from scinfovae.model.training import TrainedSeed

    Report = Callable[[str, int, int], None]

KINDS = ("decoded", "self_trained")


def member_seeds(kind: str, seed: int, config: ConsensusConfig) -> range:
    """Give the seeds of the models of one kind, which no other kind and no other run has.

    Parameters
    ----------
    kind
        One of `KINDS`.
    seed
        Of the consensus.
    config
        Its choices.
    """
    first = (len(KINDS) * seed + KINDS.index(kind)) * config.members
    return range(first, first + config.members)


def train_members(
    prepared: Prepared,
    config: ConsensusConfig,
    kind: str,
    n_clusters: int,
    seed: int,
    device: str,
    report: Report,
    *,
    keep: bool = False,
) -> list[TrainedSeed]:
    """Train the models of one kind and one seed.

    Parameters
    ----------
    prepared
        The cells.
    config
        The choices of the consensus.
    kind
        One of `KINDS`.
    n_clusters
        K.
    seed
        Of the consensus.
    device
        Where to train: in one stack on a GPU, one after the other on a CPU.
    report
        Is told how far the training is.
    keep
        Keep what is needed to look at the models on their way.
    """
    setting = config.model(getattr(config, kind), len(prepared.scaled))
    kept: Kept = "nothing" if not keep else "models" if kind == "decoded" else "embeddings"
    seeds = member_seeds(kind, seed, config)
    return _train(prepared, setting, n_clusters, seeds, device, report, kept)


def _train(
    prepared: Prepared,
    setting: ModelConfig,
    n_clusters: int,
    seeds: range,
    device: str,
    report: Report,
    keep: Kept,
) -> list[TrainedSeed]:
    """Train models of one kind, in one stack on a GPU and one after the other on a CPU."""
    epochs = setting.pretrain.epochs + setting.fine_tune.epochs
    stacks = [list(seeds)] if device != "cpu" else [[seed] for seed in seeds]
    trained = []
    for k, stack in enumerate(stacks):

        def told(stage: str, done: int, total: int, k: int = k) -> None:
            before = setting.pretrain.epochs if stage == "fine_tune" else 0
            report("train", k * epochs + before + done, len(stacks) * epochs)

        trained += train_models(
            prepared, setting, n_clusters, stack, device, told, keep_snapshots=keep
        )
    return trained


def diverged(kind: str, trained: list[TrainedSeed], first: int) -> MethodResult | None:
    """Give the result of a seed one of whose models left the finite numbers, with its curves."""
    for member in trained:
        if member.message:
            curves = {f"{kind}_{n}": values for n, values in by_stage(member.history).items()}
            message = f"member {member.seed - first}: {member.message}"
            return MethodResult(status="nan", message=message, history=curves)
    return None


def mean_curves(kind: str, trained: list[TrainedSeed]) -> dict[str, list[float]]:
    """Average the curves of models of one kind, those of each stage by themselves."""
    each = [by_stage(member.history) for member in trained]
    return {
        f"{kind}_{name}": np.mean([curves[name] for curves in each], axis=0).tolist()
        for name in each[0]
    }


def described(trained: list[TrainedSeed]) -> dict[str, Any]:
    """Average the diagnostics of the models; one that collapsed marks the run."""
    told: dict[str, Any] = {}
    each = [member.diagnostics["final"] for member in trained]
    for name, value in each[0].items():
        if isinstance(value, bool):
            told[name] = any(member[name] for member in each)
        elif value is None:
            told[name] = None
        else:
            told[name] = float(np.mean([float(member[name] or 0) for member in each]))
    return told


def halves(report: Report) -> tuple[Report, Report]:
    """Let each kind of models report as one half of the training."""

    def first(stage: str, done: int, total: int) -> None:
        report("train", done, 2 * total)

    def second(stage: str, done: int, total: int) -> None:
        report("train", total + done, 2 * total)

    return first, second
