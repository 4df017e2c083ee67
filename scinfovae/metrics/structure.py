"""How much of the neighbourhoods in the data an embedding keeps, beside what chance would keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.errors import DataError, UsageError
from scinfovae.metrics.neighbourhoods import Neighbourhoods, finite_matrix, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

STRUCTURE_KS = tuple(range(100, 1501, 100))
_CHUNK_ENTRIES = 4_000_000


def neighbour_overlap(
    high: ArrayLike | Neighbourhoods, low: ArrayLike, ks: Sequence[int] = STRUCTURE_KS
) -> NDArray[np.float64]:
    """Compute the mean share of the K nearest neighbours in the data that the embedding keeps.

    Euclidean and exact; a cell is no neighbour of itself, and of cells at the same distance
    the one that comes first is the nearer. Distances are computed in blocks of rows, so memory
    stays at about 200 MB while time grows with the square of the number of cells.

    Parameters
    ----------
    high
        The data, array of shape (n_cells, n_features), or `Neighbourhoods` of them.
    low
        The embedding, array of shape (n_cells, n_dimensions).
    ks
        Numbers of neighbours K.

    Returns
    -------
    Array of shape (len(ks),): mean over cells of |N_K(high) ∩ N_K(low)| / K.

    Raises
    ------
    DataError
        If one is not a finite matrix, or their rows differ in number.
    UsageError
        If a K is not from 1 to n_cells - 1.
    """
    first = high if isinstance(high, Neighbourhoods) else Neighbourhoods(high)
    second = finite_matrix(low)
    if len(first) != len(second):
        raise DataError(
            f"Data of shape {first.points.shape} do not go with an embedding of shape "
            f"{second.shape}; both must hold one row per cell."
        )
    n_cells, wanted = len(first), _checked_ks(ks, len(first))
    largest = max(wanted)
    kept = np.zeros(largest, dtype=np.int64)
    step = max(1, _CHUNK_ENTRIES // n_cells)
    for start in range(0, n_cells, step):
        rows = slice(start, min(start + step, n_cells))
        near_high, near_low = first.of(rows, largest), nearest(second, rows, largest)
        # a cell is among the K nearest of both where its worse rank is below K
        rank = np.full((rows.stop - rows.start, n_cells), largest, dtype=np.int32)
        np.put_along_axis(rank, near_low, np.arange(largest, dtype=np.int32)[None], axis=1)
        worse = np.maximum(np.take_along_axis(rank, near_high, axis=1), np.arange(largest))
        kept += np.bincount(worse[worse < largest], minlength=largest)
    shared = np.cumsum(kept)
    return np.array([shared[k - 1] / (k * n_cells) for k in wanted])


def graph_agreement(overlap: ArrayLike, ks: Sequence[int], n_cells: int) -> NDArray[np.float64]:
    """Compute the share of equal entries of two binary kNN graphs (Heiser & Lau 2020).

    Cell Reports 31:107576. It counts the many pairs that are neighbours in neither graph, so
    most of its scale lies below what chance gives. Every row holds K ones in either graph, so it
    follows from the overlap: 1 - 2 K (1 - overlap) / n_cells.

    Parameters
    ----------
    overlap
        What `neighbour_overlap` gives for `ks`.
    ks
        Numbers of neighbours K.
    n_cells
        How many cells there are; the diagonal counts among the n_cells^2 entries.

    Returns
    -------
    Array of shape (len(ks),), in percent.
    """
    k = np.asarray(ks, dtype=np.float64)
    return 100.0 * (1.0 - 2.0 * k * (1.0 - np.asarray(overlap, dtype=np.float64)) / n_cells)


def chance_overlap(ks: Sequence[int], n_cells: int) -> NDArray[np.float64]:
    """Compute the overlap that an embedding unrelated to the data has on average.

    Parameters
    ----------
    ks
        Numbers of neighbours K.
    n_cells
        How many cells there are.

    Returns
    -------
    Array of shape (len(ks),): K / (n_cells - 1).
    """
    return np.asarray(ks, dtype=np.float64) / (n_cells - 1)


def chance_agreement(ks: Sequence[int], n_cells: int) -> NDArray[np.float64]:
    """Compute the agreement of graphs that an unrelated embedding has on average.

    Parameters
    ----------
    ks
        Numbers of neighbours K.
    n_cells
        How many cells there are.

    Returns
    -------
    Array of shape (len(ks),), in percent: with p = K / (n_cells - 1) the pairs of different cells
    agree in 1 - 2 p (1 - p), the diagonal always.
    """
    return graph_agreement(chance_overlap(ks, n_cells), ks, n_cells)


def structure_scores(
    high: ArrayLike | Neighbourhoods, low: ArrayLike, ks: Sequence[int] | None = None
) -> dict[str, list[Any]]:
    """Compute both definitions of kNN preservation with their chance lines.

    Parameters
    ----------
    high
        The data, array of shape (n_cells, n_features), or `Neighbourhoods` of them.
    low
        The embedding, array of shape (n_cells, n_dimensions).
    ks
        Numbers of neighbours K; 100, 200, ... 1500 where left out, as far as there are cells.

    Returns
    -------
    Lists of equal length: ``k``, ``overlap``, ``chance_overlap``, ``agreement`` and
    ``chance_agreement``, the last two in percent.

    Raises
    ------
    DataError
        If one is not a finite matrix, or their rows differ in number.
    UsageError
        If a K is not from 1 to n_cells - 1, or there are too few cells for any.
    """
    n_cells = len(high if isinstance(high, Neighbourhoods) else np.asarray(high))
    chosen = [k for k in STRUCTURE_KS if k < n_cells] if ks is None else list(ks)
    overlap = neighbour_overlap(high, low, chosen)
    return {
        "k": chosen,
        "overlap": overlap.tolist(),
        "chance_overlap": chance_overlap(chosen, n_cells).tolist(),
        "agreement": graph_agreement(overlap, chosen, n_cells).tolist(),
        "chance_agreement": chance_agreement(chosen, n_cells).tolist(),
    }


def _checked_ks(ks: Sequence[int], n_cells: int) -> list[int]:
    wanted = list(ks)
    if not wanted:
        raise UsageError(
            f"{n_cells} cells are too few for the neighbourhoods of {STRUCTURE_KS[0]} and more; "
            "give smaller ks."
        )
    for k in wanted:
        if not 1 <= k <= n_cells - 1:
            raise UsageError(
                f"K={k} neighbours are out of range: each of {n_cells} cells has {n_cells - 1}."
            )
    return wanted
