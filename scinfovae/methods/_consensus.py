"""The work of the consensus method: trainings, a partition of each, the vote."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.clustering import cluster
from scinfovae.clustering.voting import cluster_vote
from scinfovae.fitted import train_models
from scinfovae.methods._consensus_space import (
    View,
    decoded_directions,
    joined,
    latent_directions,
)
from scinfovae.methods._trunk import by_stage
from scinfovae.methods.base import MethodResult
from scinfovae.model.divergence import squared_distances

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig
    from scinfovae.model.config import ModelConfig
    from scinfovae.model.snapshots import Kept, Snapshot
    from scinfovae.model.training import TrainedSeed

    Report = Callable[[str, int, int], None]

# percent of every model's epochs after which the consensus is looked at again
_LOOKS = range(10, 101, 10)


def fit_consensus(
    prepared: Prepared,
    config: ConsensusConfig,
    n_clusters: int,
    seed: int,
    device: str,
    report: Report,
) -> MethodResult:
    """Train the models of one seed, cluster the cells by each, and let them vote."""
    started = time.perf_counter()
    first, m = 2 * seed * config.members, config.members
    halves = _halves(report)
    decoding, tuning = (
        config.model(kind, len(prepared.scaled)) for kind in (config.directions, config.centres)
    )
    decoders = _train(
        prepared, decoding, n_clusters, range(first, first + m), device, halves[0], "models"
    )
    if failed := _diverged("directions", decoders, first):
        return failed
    seeds = range(first + m, first + 2 * m)
    tuned = _train(prepared, tuning, n_clusters, seeds, device, halves[1], "embeddings")
    if failed := _diverged("centres", tuned, first):
        return failed
    seconds = {"train": time.perf_counter() - started}
    started = time.perf_counter()
    spread = np.log1p(prepared.counts / prepared.size_factors[:, None]).std(axis=0)
    space = _Space(prepared, config, decoding, n_clusters, spread)
    of_decoders = [space.decoded(_at_end(member)) for member in decoders]
    kmeans = {"n_init": config.starts}
    partitions = [
        cluster("kmeans", points, n_clusters, member.seed, kmeans).labels
        for member, points in zip(decoders, of_decoders, strict=True)
    ]
    partitions += [nearest_centres(member) for member in tuned]
    vote = cluster_vote(np.stack(partitions), n_clusters)
    embedding = space.joined(of_decoders, [_at_end(member) for member in tuned])
    seconds["vote"] = time.perf_counter() - started
    kept = all(member.snapshots for member in (*decoders, *tuned))
    described = _described([*decoders, *tuned]) | {"agreement": vote.info["agreement"]}
    return MethodResult(
        stages={"final": embedding},
        own_labels=vote.labels,
        members=partitions,
        snapshots={"members": _Looks(decoders, tuned, space)} if kept else {},
        history=_mean_curves("directions", decoders) | _mean_curves("centres", tuned),
        diagnostics={"final": described},
        seconds=seconds,
    )


@dataclass(frozen=True)
class _Space:
    """Where models of both kinds place the cells of one run."""

    prepared: Prepared
    config: ConsensusConfig
    decoding: ModelConfig
    n_clusters: int
    spread: NDArray[np.floating]

    def decoded(self, view: View) -> NDArray[np.float64]:
        """Place the cells by the expression that one model decodes."""
        return decoded_directions(
            view,
            self.decoding,
            self.prepared,
            self.spread,
            self.config.n_components,
            self.n_clusters,
        )

    def joined(
        self, of_decoders: list[NDArray[np.float64]], tuned: list[View]
    ) -> NDArray[np.float32]:
        """Join what both kinds say into the embedding of the consensus."""
        of_tuned = [latent_directions(view, self.n_clusters) for view in tuned]
        return joined([*of_decoders, *of_tuned], self.config.n_components)


def _at_end(member: TrainedSeed) -> View:
    return View(member.seed, member.stages["final"].mean.numpy(), member.state)


class _Looks(Mapping[int, "NDArray[np.float32]"]):
    """The embedding of the consensus with its models at some percent of their epochs.

    Worked out when it is asked for: that is for display, and after the training.
    """

    def __init__(
        self, decoders: list[TrainedSeed], tuned: list[TrainedSeed], space: _Space
    ) -> None:
        self._decoders, self._tuned, self._space = decoders, tuned, space

    def __getitem__(self, percent: int) -> NDArray[np.float32]:
        of_decoders = [self._space.decoded(_moment(one, percent)) for one in self._decoders]
        return self._space.joined(of_decoders, [_moment(one, percent) for one in self._tuned])

    def __iter__(self) -> Iterator[int]:
        return iter(_LOOKS)

    def __len__(self) -> int:
        return len(_LOOKS)


def _moment(member: TrainedSeed, percent: int) -> View:
    """Give the last snapshot of a model that is not later than this, or else its first."""
    moments: list[tuple[int, Snapshot]] = []
    before = 0
    for taken in member.snapshots.values():
        moments += [(before + epoch, snapshot) for epoch, snapshot in taken.items()]
        before += max(taken)
    reached = [shot for epoch, shot in moments if 100 * epoch <= percent * before]
    shot = reached[-1] if reached else moments[0][1]
    return View(member.seed, shot.mean.numpy(), shot.state)


def nearest_centres(member: TrainedSeed) -> NDArray[np.int32]:
    """Give the cells the clusters of self-training, where Q is largest; shape (n_cells,)."""
    latent, centres = member.stages["final"].mean, member.state["centres"]
    distances = squared_distances(latent.unsqueeze(0), centres.unsqueeze(0))[0]
    return distances.argmin(-1).numpy().astype(np.int32)


def _halves(report: Report) -> tuple[Report, Report]:
    """Let each kind of models report as one half of the training."""

    def first(stage: str, done: int, total: int) -> None:
        report("train", done, 2 * total)

    def second(stage: str, done: int, total: int) -> None:
        report("train", total + done, 2 * total)

    return first, second


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


def _diverged(kind: str, trained: list[TrainedSeed], first: int) -> MethodResult | None:
    """Give the result of a seed one of whose models left the finite numbers, with its curves."""
    for member in trained:
        if member.message:
            curves = {f"{kind}_{n}": values for n, values in by_stage(member.history).items()}
            message = f"member {member.seed - first}: {member.message}"
            return MethodResult(status="nan", message=message, history=curves)
    return None


def _mean_curves(kind: str, trained: list[TrainedSeed]) -> dict[str, list[float]]:
    """Average the curves of models of one kind, those of each stage by themselves."""
    each = [by_stage(member.history) for member in trained]
    return {
        f"{kind}_{name}": np.mean([curves[name] for curves in each], axis=0).tolist()
        for name in each[0]
    }


def _described(trained: list[TrainedSeed]) -> dict[str, Any]:
    """Average the diagnostics of the models; one that collapsed marks the run."""
    described: dict[str, Any] = {}
    each = [member.diagnostics["final"] for member in trained]
    for name, value in each[0].items():
        if isinstance(value, bool):
            described[name] = any(member[name] for member in each)
        elif value is None:
            described[name] = None
        else:
            described[name] = float(np.mean([float(member[name] or 0) for member in each]))
    return described
