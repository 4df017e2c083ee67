"""Leading eigenvectors of a large sparse symmetric matrix, some of them known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

DENSE_CELLS = 300
# of an eigenvector's residual; eigenvalues are then right to about its square
_TOLERANCE = 1e-8
# enough to see whether an eigenvalue was missed, before it is sought in earnest
_ROUGH_TOLERANCE = 1e-3


def largest_eigenpairs(
    matrix: csr_array,
    k: int,
    known: NDArray[np.float64],
    bound: float,
    rng: np.random.Generator,
    start: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the `k` largest eigenvalues beside those of known eigenvectors.

    Lanczos from one vector cannot see that an eigenvalue is repeated, as happens in graphs with
    symmetries or with components that are alike. So once it is done, the largest eigenvalue
    beside all found is sought; where it belongs among them, it takes its place.

    Parameters
    ----------
    matrix
        Symmetric sparse array of shape (n_cells, n_cells).
    k
        How many, at most n_cells less the number of known ones.
    known
        Array of shape (n_cells, n_known): orthonormal eigenvectors not sought.
    bound
        No eigenvalue is larger in size.
    rng
        Where start vectors come from.
    start
        Array of shape (n_cells, any): vectors near those sought, to start from.

    Returns
    -------
    Array of shape (k,), falling, and array of shape (n_cells, k): orthonormal vectors.

    Raises
    ------
    ScInfoVAEError
        If Lanczos does not converge.
    """
    n_cells = len(known)
    if n_cells <= max(DENSE_CELLS, 2 * k + 1):
        deflated = matrix.toarray() - (3.0 * bound) * (known @ known.T)
        values, vectors = np.linalg.eigh(deflated)
        return values[: -k - 1 : -1], vectors[:, : -k - 1 : -1]
    first = rng.uniform(-1.0, 1.0, n_cells) / np.sqrt(n_cells)
    if start is not None:
        # a little chance stays in, lest what is new be orthogonal to the start
        first = start @ rng.uniform(0.5, 1.0, start.shape[1]) + 1e-3 * first
    values, vectors = _sorted(_search(matrix, k, known, bound, rng, first, _TOLERANCE))
    while known.shape[1] + k < n_cells:
        beside = np.hstack([known, vectors])
        first = rng.uniform(-1.0, 1.0, n_cells)
        guess, near = _search(matrix, 1, beside, bound, rng, first, _ROUGH_TOLERANCE)
        if guess[0] <= values[-1] + _TOLERANCE * bound:
            break
        more, extra = _search(matrix, 1, beside, bound, rng, near[:, 0], _TOLERANCE)
        values, vectors = _sorted((np.append(values, more), np.hstack([vectors, extra])))
        values, vectors = values[:k], vectors[:, :k]
    return values, vectors


def _search(
    matrix: csr_array,
    k: int,
    known: NDArray[np.float64],
    bound: float,
    rng: np.random.Generator,
    first: NDArray[np.float64],
    tolerance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Run Lanczos on the matrix with the known eigenvalues moved below all others."""
    from scipy.sparse.linalg import ArpackError, LinearOperator

    n_cells = len(known)

    def multiply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        vector = vector.ravel()
        return matrix @ vector - (3.0 * bound) * (known @ (known.T @ vector))

    operator = LinearOperator(matrix.shape, matvec=multiply, dtype=np.float64)
    eigsh = _seeded_eigsh(rng)
    first = first - known @ (known.T @ first)
    for width in (max(2 * k + 1, 30), max(8 * k, 80)):
        try:
            ncv = min(width, n_cells - 1)
            return eigsh(operator, k, which="LA", v0=first, ncv=ncv, tol=tolerance)
        except ArpackError:
            continue
    raise ScInfoVAEError(
        f"The {k} leading eigenvectors of the neighbour graph of {n_cells} cells did not converge; "
        "try more neighbours (n_neighbors) or another clusterer."
    )


def _sorted(
    pairs: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    order = np.argsort(-pairs[0], kind="stable")
    return pairs[0][order], pairs[1][:, order]


def _seeded_eigsh(rng: np.random.Generator) -> Callable[..., Any]:
    """`eigsh` whose restarts are seeded too, where scipy (from 1.17 on) lets them be."""
    from functools import partial
    from inspect import signature

    from scipy.sparse.linalg import eigsh

    return partial(eigsh, rng=rng) if "rng" in signature(eigsh).parameters else eigsh
