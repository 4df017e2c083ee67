"""The decomposition of a graph that robust spectral clustering rests on.

Bojchevski, Matkovic and Guennemann, "Robust Spectral Clustering for Noisy Data", KDD 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.clustering.eigen import Eigenpairs, smallest_eigenpairs

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

# the published stopping rule: how much a round must lower the sum of eigenvalues
SMALLEST_FALL = 1e-10


@dataclass(frozen=True)
class Decomposition:
    """A graph taken apart into a good and a corrupt one, A = A_g + A_c.

    Parameters
    ----------
    eigenpairs
        Those of the good graph.
    removed
        Array of shape (n_removed, 2): the edges of the corrupt graph, first end below second.
    eigenvalue_sums
        The sum of the smallest eigenvalues, of the whole graph and then of the good graph of
        each round that was kept; it falls from each to the next.
    rounds
        How often edges were removed, the last time in vain unless the rounds were used up.
    """

    eigenpairs: Eigenpairs
    removed: NDArray[np.intp]
    eigenvalue_sums: tuple[float, ...]
    rounds: int


def decompose(
    graph: csr_array,
    k: int,
    seed: int,
    *,
    theta: int,
    min_share: float,
    max_rounds: int = 50,
    normalized: bool = True,
) -> Decomposition:
    """Remove the edges without which the smallest eigenvalues are smallest.

    Alternates (a) the `k` smallest eigenvectors of the good graph and (b) the choice, always
    among the edges of the whole graph, of those to remove given these vectors, until the sum
    of the eigenvalues stops falling. The best round is kept.

    Parameters
    ----------
    graph
        Symmetric sparse array of shape (n_cells, n_cells) of zeros and ones, no self loops.
    k
        How many eigenvalues count.
    seed
        Seed of the eigensolver.
    theta
        How many edges are removed at most.
    min_share
        The share of its edges that every cell keeps.
    max_rounds
        How often edges are chosen at most.
    normalized
        Whether the eigenproblem is L h = lambda D h (Eq. 5) or L h = lambda h (Eq. 4).

    Returns
    -------
    The decomposition with the smallest sum of eigenvalues.
    """
    edges = _edges(graph)
    spare = removable(graph, min_share)
    best = smallest_eigenpairs(graph, k, seed, normalized=normalized)
    sums = [float(best.values.sum())]
    removed = np.empty(0, dtype=np.intp)
    rounds = 0
    while rounds < max_rounds:
        rounds += 1
        chosen = choose_edges(edges, edge_scores(edges, best, normalized), spare, theta)
        if np.array_equal(chosen, removed):
            break
        good = _without(graph, edges[:, chosen])
        pairs = smallest_eigenpairs(good, k, seed, normalized=normalized, start=best.vectors)
        if sums[-1] - float(pairs.values.sum()) < SMALLEST_FALL:
            break
        best, removed = pairs, chosen
        sums.append(float(pairs.values.sum()))
    return Decomposition(best, edges[:, removed].T, tuple(sums), rounds)


def removable(graph: csr_array, min_share: float) -> NDArray[np.intp]:
    """Count how many edges each cell can lose and keep its share.

    Parameters
    ----------
    graph
        Symmetric sparse array of shape (n_cells, n_cells).
    min_share
        The share of its edges that a cell keeps at least.

    Returns
    -------
    Array of shape (n_cells,).
    """
    degrees = np.diff(graph.indptr)
    # a product like 0.7 * 10 can lie a rounding error above the whole number it means
    return (degrees - np.ceil(min_share * degrees - 1e-9)).astype(np.intp)


def edge_scores(
    edges: NDArray[np.intp], eigenpairs: Eigenpairs, normalized: bool
) -> NDArray[np.float64]:
    """Compute how much the removal of each edge lowers the objective (Eq. 4 and 5).

    Parameters
    ----------
    edges
        Array of shape (2, n_edges).
    eigenpairs
        The eigenvalues and vectors of the good graph.
    normalized
        Whether they solve L h = lambda D h; else the terms with eigenvalues fall away.

    Returns
    -------
    Array of shape (n_edges,): p_ij.
    """
    first, second = edges
    vectors = eigenpairs.generalized if normalized else eigenpairs.vectors
    scores = np.zeros(edges.shape[1])
    # column by column: a matrix of edges by vectors would be by far the largest array
    for column in np.ascontiguousarray(vectors.T):
        scores += np.square(column[first] - column[second])
    if normalized:
        weighted = np.square(vectors) @ eigenpairs.values
        scores -= weighted[first] + weighted[second]
    return scores


def choose_edges(
    edges: NDArray[np.intp],
    scores: NDArray[np.float64],
    spare: NDArray[np.intp],
    theta: int,
) -> NDArray[np.intp]:
    """Choose the edges to remove, the largest score first, as the constraints allow.

    Parameters
    ----------
    edges
        Array of shape (2, n_edges).
    scores
        Array of shape (n_edges,): what the removal of each is worth.
    spare
        Array of shape (n_cells,): how many edges each cell can lose.
    theta
        How many edges are removed at most.

    Returns
    -------
    Sorted columns of `edges`: at most theta, each with a positive score.
    """
    first, second = edges
    candidates = np.flatnonzero((scores > 0) & (spare[first] > 0) & (spare[second] > 0))
    left = spare.copy()
    chosen: list[int] = []
    batch = max(8 * theta, 64)
    while len(candidates) and len(chosen) < theta:
        ranked, candidates = _split_largest(candidates, scores, batch)
        for edge in ranked.tolist():
            a, b = first[edge], second[edge]
            if left[a] > 0 and left[b] > 0:
                left[a] -= 1
                left[b] -= 1
                chosen.append(edge)
                if len(chosen) == theta:
                    break
        batch *= 4
    return np.array(sorted(chosen), dtype=np.intp)


def _split_largest(
    candidates: NDArray[np.intp], scores: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Split off the `size` candidates of largest score, sorted; the order of others is open."""
    rest = candidates[:0]
    if len(candidates) > size:
        order = np.argpartition(-scores[candidates], size)
        candidates, rest = candidates[order[:size]], candidates[order[size:]]
    # by score, then by edge, so that ties do not depend on the partition
    return candidates[np.lexsort((candidates, -scores[candidates]))], rest


def _edges(graph: csr_array) -> NDArray[np.intp]:
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    once = rows < graph.indices
    return np.stack([rows[once], graph.indices[once]]).astype(np.intp)


def _without(graph: csr_array, removed: NDArray[np.intp]) -> csr_array:
    good = graph.copy()
    for rows, columns in (removed, removed[::-1]):
        good[rows, columns] = 0.0
    good.eliminate_zeros()
    return good
