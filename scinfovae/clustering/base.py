"""What every clusterer takes and gives, and the checks they share."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray


# squared distances between larger values would overflow
LARGEST_VALUE = 1e150


@dataclass(frozen=True)
class Clustering:
    """The clusters of one embedding.

    Parameters
    ----------
    labels
        Array of shape (n_cells,), int32: the cluster of each cell, counted from 0 on.
    info
        What the clusterer says about its work, ready for JSON; ``clusters`` is always there.
    """

    labels: NDArray[np.int32]
    info: dict[str, Any] = field(default_factory=dict)


def checked_points(embedding: ArrayLike) -> NDArray[np.float64]:
    """Check an embedding and give it as a matrix of doubles.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).

    Returns
    -------
    The same values, C-contiguous float64.

    Raises
    ------
    DataError
        If it is not a matrix, has no dimension, or holds a value whose square is not finite.
    """
    points = np.ascontiguousarray(embedding, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] == 0:
        raise DataError(
            f"An embedding of shape {points.shape} cannot be clustered; it must be a matrix of "
            "cells by dimensions."
        )
    usable = (np.abs(points) < LARGEST_VALUE).all(axis=1)
    if not usable.all():
        raise DataError(
            f"{np.count_nonzero(~usable)} of {len(points)} cells have NaN, infinite or absurdly "
            f"large values (beyond {LARGEST_VALUE:g}) in the embedding; nothing can be clustered "
            "there. Did the training diverge?"
        )
    return points


def check_n_clusters(n_clusters: int, n_cells: int) -> None:
    """Refuse a number of clusters that the cells cannot have.

    Parameters
    ----------
    n_clusters
        How many clusters are asked for.
    n_cells
        How many cells there are.

    Raises
    ------
    UsageError
        Unless 2 <= `n_clusters` <= `n_cells`.
    """
    if not 2 <= n_clusters <= n_cells:
        raise UsageError(
            f"n_clusters={n_clusters} is not possible with {n_cells} cells; "
            f"it must lie between 2 and {n_cells}."
        )


def check_at_least(name: str, value: float, smallest: float) -> None:
    """Refuse a setting below its smallest sensible value.

    Parameters
    ----------
    name
        What the setting is called.
    value
        What it was set to.
    smallest
        The smallest value allowed.

    Raises
    ------
    UsageError
        If it is smaller, or not a number.
    """
    if not value >= smallest:
        raise UsageError(f"{name}={value} is not possible; it must be at least {smallest}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a setting that is none of its choices.

    Parameters
    ----------
    name
        What the setting is called.
    value
        What it was set to.
    choices
        What it can be.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    if value not in choices:
        raise UsageError(f"{name}={value!r} is unknown; choose one of {', '.join(choices)}.")


@contextmanager
def single_thread() -> Iterator[None]:
    """Keep numerical libraries to one thread, and so to one order of summation.

    Sums over several threads are rounded differently from run to run.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield


def distinct_up_to(
    points: NDArray[np.float64], enough: int
) -> tuple[NDArray[np.int32] | None, int]:
    """Tell whether there are enough different points, cheaply where there are.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    enough
        How many different points are needed.

    Returns
    -------
    ``None`` and `enough` if there are that many; else which distinct point each cell is,
    array of shape (n_cells,), and how many there are.
    """
    first = points[: 20 * enough]
    if len(np.unique(first, axis=0)) >= enough:
        return None, enough
    unique, which = np.unique(points, axis=0, return_inverse=True)
    if len(unique) >= enough:
        return None, enough
    return which.reshape(-1).astype(np.int32), len(unique)


def consecutive(labels: ArrayLike) -> NDArray[np.int32]:
    """Renumber the clusters from 0 on, without gaps.

    Parameters
    ----------
    labels
        Array of shape (n_cells,).

    Returns
    -------
    Array of shape (n_cells,), in the same order of clusters.
    """
    return np.unique(np.asarray(labels), return_inverse=True)[1].reshape(-1).astype(np.int32)
