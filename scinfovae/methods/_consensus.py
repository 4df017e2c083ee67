"""The work of the consensus method: trainings, two partitions of each, the vote."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.clustering import cluster
from scinfovae.clustering.voting import cluster_vote
from scinfovae.data.preprocessing import principal_components
from scinfovae.fitted import FittedModel, train_models
from scinfovae.methods._trunk import by_stage
from scinfovae.methods.base import MethodResult
from scinfovae.model.divergence import squared_distances

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig
    from scinfovae.model.config import ModelConfig
    from scinfovae.model.training import TrainedSeed

    Report = Callable[[str, int, int], None]


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
    decoders = _train(prepared, decoding, n_clusters, range(first, first + m), device, halves[0])
    if failed := _diverged("directions", decoders, first):
        return failed
    seeds = range(first + m, first + 2 * m)
    tuned = _train(prepared, tuning, n_clusters, seeds, device, halves[1])
    if failed := _diverged("centres", tuned, first):
        return failed
    seconds = {"train": time.perf_counter() - started}
    started = time.perf_counter()
    spread = np.log1p(prepared.counts / prepared.size_factors[:, None]).std(axis=0)
    spaces = [
        decoded_directions(member, decoding, prepared, spread, config.n_components, n_clusters)
        for member in decoders
    ]
    kmeans = {"n_init": config.starts}
    partitions = [
        cluster("kmeans", space, n_clusters, member.seed, kmeans).labels
        for member, space in zip(decoders, spaces, strict=True)
    ]
    partitions += [nearest_centres(member) for member in tuned]
    vote = cluster_vote(np.stack(partitions), n_clusters)
    for member in tuned:
        latent = member.stages["final"].mean.numpy().astype(np.float64)
        spaces.append(balanced_directions(latent, n_clusters, member.seed))
    # distances between cells, averaged over the models
    together = np.concatenate(spaces, axis=1) / np.sqrt(len(spaces))
    embedding = principal_components(together, config.n_components).scores
    seconds["vote"] = time.perf_counter() - started
    described = _described([*decoders, *tuned]) | {"agreement": vote.info["agreement"]}
    return MethodResult(
        stages={"final": embedding.astype(np.float32)},
        own_labels=vote.labels,
        members=partitions,
        history=_mean_curves("directions", decoders) | _mean_curves("centres", tuned),
        diagnostics={"final": described},
        seconds=seconds,
    )


def nearest_centres(member: TrainedSeed) -> NDArray[np.int32]:
    """Give the cells the clusters of self-training, where Q is largest; shape (n_cells,)."""
    latent, centres = member.stages["final"].mean, member.state["centres"]
    distances = squared_distances(latent.unsqueeze(0), centres.unsqueeze(0))[0]
    return distances.argmin(-1).numpy().astype(np.int32)


def decoded_directions(
    member: TrainedSeed,
    setting: ModelConfig,
    prepared: Prepared,
    spread: NDArray[np.floating],
    n_components: int,
    n_clusters: int,
) -> NDArray[np.float64]:
    """Place the cells by what a model says of their expression, whatever its strength.

    The expected counts at mean size factor, log(1 + mu), each gene over its `spread`, are
    brought to principal components. They are centred on the mean
    of K K-means centres, so that a large class does not put the origin into itself, and every cell
    gets length 1.

    Parameters
    ----------
    member
        A trained model.
    setting
        Its choices.
    prepared
        The cells it was trained on.
    spread
        The standard deviation of every gene's normalised log counts, array of shape (n_genes,).
    n_components
        Principal components that are kept.
    n_clusters
        K.

    Returns
    -------
    Array of shape (n_cells, at most `n_components`).
    """
    weights = {name: value for name, value in member.state.items() if name != "centres"}
    none = np.zeros((0, setting.latent_dim), np.float32)
    model = FittedModel(setting, prepared.reference, weights, none)
    decoded = np.log1p(model.expected_counts(member.stages["final"].mean.numpy()))
    decoded /= np.maximum(spread, 1e-6)
    components = principal_components(decoded, n_components).scores
    return balanced_directions(components, n_clusters, member.seed)


def balanced_directions(
    points: NDArray[np.float64], n_clusters: int, seed: int
) -> NDArray[np.float64]:
    """Give every point length 1, seen from the mean of the K-means centres.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    n_clusters
        Number of centres.
    seed
        Of K-means.
    """
    labels = cluster("kmeans", points, n_clusters, seed).labels
    centres = [points[labels == k].mean(axis=0) for k in np.unique(labels)]
    seen = points - np.mean(centres, axis=0)
    return seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-12)


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
) -> list[TrainedSeed]:
    """Train models of one kind, in one stack on a GPU and one after the other on a CPU."""
    epochs = setting.pretrain.epochs + setting.fine_tune.epochs
    stacks = [list(seeds)] if device != "cpu" else [[seed] for seed in seeds]
    trained = []
    for k, stack in enumerate(stacks):

        def told(stage: str, done: int, total: int, k: int = k) -> None:
            before = setting.pretrain.epochs if stage == "fine_tune" else 0
            report("train", k * epochs + before + done, len(stacks) * epochs)

        trained += train_models(prepared, setting, n_clusters, stack, device, told)
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
