"""The work of the consensus method: trainings, partitions of what each model sees, the vote."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering import cluster
from scinfovae.clustering.voting import cluster_vote
from scinfovae.methods._consensus_members import (
    KINDS,
    described,
    diverged,
    halves,
    mean_curves,
    member_seeds,
    train_members,
)
from scinfovae.methods._consensus_space import (
    View,
    decoded_directions,
    joined,
    latent_directions,
)
from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.scinfovae_consensus import ConsensusConfig
    from scinfovae.model.snapshots import Snapshot
    from scinfovae.model.training import TrainedSeed

# percent of every model's epochs after which the consensus is looked at again
_LOOKS = range(10, 101, 10)


def fit_consensus(
    prepared: Prepared,
    config: ConsensusConfig,
    n_clusters: int,
    seed: int,
    device: str,
    report: Callable[[str, int, int], None],
) -> MethodResult:
    """Train the models of one seed, cluster the cells by each, and let the partitions vote."""
    started = time.perf_counter()
    trained: dict[str, list[TrainedSeed]] = {}
    for kind, report_half in zip(KINDS, halves(report), strict=True):
        trained[kind] = train_members(
            prepared, config, kind, n_clusters, seed, device, report_half, keep=True
        )
        first = member_seeds(KINDS[0], seed, config)[0]
        if failed := diverged(kind, trained[kind], first):
            return failed
    decoders, tuned = trained["decoded"], trained["self_trained"]
    seconds = {"train": time.perf_counter() - started}
    started = time.perf_counter()
    space = Space(prepared, config, n_clusters)
    spaces = space.of(decoders, tuned)
    partitions = member_partitions(spaces, n_clusters, seed, config)
    vote = cluster_vote(np.stack(partitions), n_clusters)
    embedding = joined([*spaces["decoded"], *spaces["self_trained"]], config.n_components)
    seconds["vote"] = time.perf_counter() - started
    kept = all(member.snapshots for member in (*decoders, *tuned))
    told = described([*decoders, *tuned]) | {"agreement": vote.info["agreement"]}
    return MethodResult(
        stages={"final": embedding},
        own_labels=vote.labels,
        members=partitions,
        snapshots={"members": _Looks(decoders, tuned, space)} if kept else {},
        history=mean_curves("decoded", decoders) | mean_curves("self_trained", tuned),
        diagnostics={"final": told},
        seconds=seconds,
    )


def member_partitions(
    spaces: Mapping[str, list[NDArray[np.float64]]],
    n_clusters: int,
    seed: int,
    config: ConsensusConfig,
) -> list[NDArray[np.int32]]:
    """Cluster the cells by what each model sees, with K-means and with Ward's method.

    Parameters
    ----------
    spaces
        By kind, an array of shape (n_cells, n_dimensions) for each model.
    n_clusters
        K.
    seed
        Of the consensus.
    config
        Its choices.
    """
    return [
        partition
        for kind in KINDS
        for clusterer in ("kmeans", "ward")
        for partition in partitions_by(clusterer, kind, spaces[kind], n_clusters, seed, config)
    ]


def partitions_by(
    clusterer: str,
    kind: str,
    spaces: Sequence[NDArray[np.floating]],
    n_clusters: int,
    seed: int,
    config: ConsensusConfig,
) -> list[NDArray[np.int32]]:
    """Cluster the cells by what each model of one kind sees.

    Parameters
    ----------
    clusterer
        One of the suite's.
    kind
        One of `KINDS`.
    spaces
        An array of shape (n_cells, n_dimensions) for each model.
    n_clusters
        K.
    seed
        Of the consensus; each model's own is that of its clustering.
    config
        The choices of the consensus.
    """
    options = {"n_init": config.starts} if clusterer == "kmeans" else {}
    own = zip(spaces, member_seeds(kind, seed, config), strict=True)
    return [
        cluster(clusterer, np.asarray(points, np.float64), n_clusters, one, options).labels
        for points, one in own
    ]


class Space:
    """Where models of both kinds place the cells of one run.

    Parameters
    ----------
    prepared
        The cells.
    config
        The choices of the consensus.
    n_clusters
        K.
    """

    def __init__(self, prepared: Prepared, config: ConsensusConfig, n_clusters: int) -> None:
        self._prepared, self._config, self._n_clusters = prepared, config, n_clusters
        self._decoding = config.model(config.decoded, len(prepared.scaled))
        # of every gene's normalised log counts
        self._spread = np.log1p(prepared.counts / prepared.size_factors[:, None]).std(axis=0)

    def of(
        self, decoders: list[TrainedSeed], tuned: list[TrainedSeed]
    ) -> dict[str, list[NDArray[np.float64]]]:
        """Place the cells by each of the trained models, by kind."""
        return self._seen([_at_end(one) for one in decoders], [_at_end(one) for one in tuned])

    def joined(self, decoders: list[View], tuned: list[View]) -> NDArray[np.float32]:
        """Join what both kinds see into the embedding of the consensus."""
        spaces = self._seen(decoders, tuned)
        return joined([*spaces["decoded"], *spaces["self_trained"]], self._config.n_components)

    def _seen(
        self, decoders: list[View], tuned: list[View]
    ) -> dict[str, list[NDArray[np.float64]]]:
        return {
            "decoded": [self._decoded(view) for view in decoders],
            "self_trained": [latent_directions(view, self._n_clusters) for view in tuned],
        }

    def _decoded(self, view: View) -> NDArray[np.float64]:
        return decoded_directions(
            view,
            self._decoding,
            self._prepared,
            self._spread,
            self._config.n_components,
            self._n_clusters,
        )


def _at_end(member: TrainedSeed) -> View:
    return View(member.seed, member.stages["final"].mean.numpy(), member.state)


class _Looks(Mapping[int, "NDArray[np.float32]"]):
    """The embedding of the consensus with its models at some percent of their epochs.

    Worked out when it is asked for: that is for display, and after the training.
    """

    def __init__(self, decoders: list[TrainedSeed], tuned: list[TrainedSeed], space: Space) -> None:
        self._decoders, self._tuned, self._space = decoders, tuned, space

    def __getitem__(self, percent: int) -> NDArray[np.float32]:
        of_decoders = [_moment(one, percent) for one in self._decoders]
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
