"""The work of the consensus method: decoded expression, its directions, the vote."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.clustering import cluster
from scinfovae.clustering.voting import cluster_vote
from scinfovae.data.preprocessing import principal_components
from scinfovae.fitted import FittedModel, train_models
from scinfovae.methods.base import MethodResult
from scinfovae.methods.each_seed import DivergedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig
    from scinfovae.model.training import TrainedSeed


def fit_consensus(
    prepared: Prepared,
    config: ConsensusConfig,
    n_clusters: int,
    seed: int,
    device: str,
    report: Callable[[str, int, int], None],
) -> MethodResult:
    """Train the models of one seed, embed and cluster the cells by each, and let them vote."""
    started = time.perf_counter()
    first = seed * config.members
    seeds = range(first, first + config.members)
    trained = _train(prepared, config, n_clusters, seeds, device, report)
    for member in trained:
        if member.message:
            raise DivergedError(f"member {member.seed - first}: {member.message}")
    seconds = {"train": time.perf_counter() - started}
    started = time.perf_counter()
    spread = np.log1p(prepared.counts / prepared.size_factors[:, None]).std(axis=0)
    spaces = [
        decoded_directions(member, prepared, spread, config, n_clusters) for member in trained
    ]
    kmeans = {"n_init": config.starts}
    partitions = [
        cluster("kmeans", space, n_clusters, member.seed, kmeans).labels
        for member, space in zip(trained, spaces, strict=True)
    ]
    vote = cluster_vote(np.stack(partitions), n_clusters)
    # distances between cells, averaged over the models
    together = np.concatenate(spaces, axis=1) / np.sqrt(config.members)
    embedding = principal_components(together, config.n_components).scores
    seconds["vote"] = time.perf_counter() - started
    return MethodResult(
        stages={"final": embedding.astype(np.float32)},
        own_labels=vote.labels,
        history=_mean_curves(trained),
        diagnostics={"final": _described(trained) | {"agreement": vote.info["agreement"]}},
        seconds=seconds,
    )


def decoded_directions(
    member: TrainedSeed,
    prepared: Prepared,
    spread: NDArray[np.floating],
    config: ConsensusConfig,
    n_clusters: int,
) -> NDArray[np.float64]:
    """Place the cells by what a model says of their expression, whatever its strength.

    The expected counts at mean size factor, log(1 + mu), each gene over the standard deviation of
    its normalised log counts, are brought to principal components. They are centred on the mean
    of K K-means centres, so that a large class does not put the origin into itself, and every cell
    gets length 1.

    Parameters
    ----------
    member
        A trained model.
    prepared
        The cells it was trained on.
    spread
        That standard deviation, array of shape (n_genes,).
    config
        The choices.
    n_clusters
        K.

    Returns
    -------
    Array of shape (n_cells, at most `config.n_components`).
    """
    weights = {name: value for name, value in member.state.items() if name != "centres"}
    model = FittedModel(
        config.model(len(prepared.scaled)),
        prepared.reference,
        weights,
        np.zeros((0, config.latent_dim), np.float32),
    )
    decoded = np.log1p(model.expected_counts(member.stages["final"].mean.numpy()))
    decoded /= np.maximum(spread, 1e-6)
    components = principal_components(decoded, config.n_components)
    return balanced_directions(components.scores, n_clusters, member.seed)


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


def _train(
    prepared: Prepared,
    config: ConsensusConfig,
    n_clusters: int,
    seeds: range,
    device: str,
    report: Callable[[str, int, int], None],
) -> list[TrainedSeed]:
    """Train all models in one stack on a GPU, one after the other on a CPU."""
    model = config.model(len(prepared.scaled))
    if device != "cpu":
        return train_models(prepared, model, n_clusters, list(seeds), device, report)
    trained = []
    for k, seed in enumerate(seeds):

        def told(stage: str, done: int, total: int, k: int = k) -> None:
            report("train", k * total + done, len(seeds) * total)

        trained += train_models(prepared, model, n_clusters, [seed], device, told)
    return trained


def _mean_curves(trained: list[TrainedSeed]) -> dict[str, list[float]]:
    """Average the curves of the models."""
    names = [name for name in trained[0].history if name != "stage"]
    return {
        f"pretrain.{name}": np.mean(
            [np.asarray(member.history[name], dtype=float) for member in trained], axis=0
        ).tolist()
        for name in names
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
