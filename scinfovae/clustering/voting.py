"""Consensus of several partitions by vote, once their clusters have the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering.base import Clustering, check_n_clusters, consecutive
from scinfovae.clustering.consensus import checked_partitions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_REFERENCES = 5
_ROUNDS = 50


def cluster_vote(partitions: ArrayLike, n_clusters: int) -> Clustering:
    """Give each cell the cluster in which most partitions put it.

    Clusters of different partitions are named alike by the assignment that shares most cells with
    the votes so far (Hungarian method; Dudoit & Fridlyand 2003, BagClust1, with the votes in
    place of one reference partition), and the votes are counted again until no name changes.
    This is done from up to five partitions, evenly spaced; the count on which the partitions
    agree best is kept. Memory and time grow with cells x clusters, never with pairs of cells.

    Parameters
    ----------
    partitions
        Array of shape (n_partitions, n_cells): the cluster of each cell, any whole numbers.
    n_clusters
        Most clusters that the consensus has. Clusters of a partition that has more of them join
        the one they share most cells with.

    Returns
    -------
    The clusters; ``info`` has the ``agreement``, the mean share of the partitions that vote for a
    cell's cluster.

    Raises
    ------
    DataError
        If `partitions` is not a matrix of whole numbers.
    UsageError
        If there cannot be that many clusters.
    """
    given = [consecutive(partition) for partition in checked_partitions(partitions)]
    check_n_clusters(n_clusters, len(given[0]))
    step = max(1, len(given) // _REFERENCES)
    best: NDArray[np.float64] | None = None
    for reference in given[::step][:_REFERENCES]:
        votes = _counted(given, reference, n_clusters)
        if best is None or votes.max(axis=1).mean() > best.max(axis=1).mean():
            best = votes
    assert best is not None
    labels = consecutive(best.argmax(axis=1))
    agreement = float(best.max(axis=1).mean())
    return Clustering(labels, {"clusters": int(labels.max()) + 1, "agreement": agreement})


def _counted(
    partitions: list[NDArray[np.int32]], reference: NDArray[np.int32], n_clusters: int
) -> NDArray[np.float64]:
    """Count votes until no cluster changes its name; shares, shape (n_cells, n_clusters)."""
    cells = np.arange(len(reference))
    first = int(reference.max()) + 1
    votes = np.zeros((len(cells), max(first, n_clusters)))
    votes[cells, reference] = 1.0
    if first > n_clusters:  # the smallest clusters of the reference have no name of their own
        kept = np.argsort(-np.bincount(reference), kind="stable")[:n_clusters]
        votes = votes[:, kept]
    before: list[NDArray[np.intp]] = []
    for _ in range(_ROUNDS):
        names = [_names(partition, votes) for partition in partitions]
        if before and all(np.array_equal(a, b) for a, b in zip(before, names, strict=True)):
            break
        before = names
        votes = np.zeros((len(cells), n_clusters))
        for partition, name in zip(partitions, names, strict=True):
            votes[cells, name[partition]] += 1 / len(partitions)
    return votes


def _names(partition: NDArray[np.int32], votes: NDArray[np.float64]) -> NDArray[np.intp]:
    """Name each cluster of a partition after one of the votes; shape (clusters of it,)."""
    from scipy.optimize import linear_sum_assignment

    shared = np.stack([np.bincount(partition, weights=column) for column in votes.T], axis=1)
    names = shared.argmax(axis=1)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    names[rows] = columns
    return names
