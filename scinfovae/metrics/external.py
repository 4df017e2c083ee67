"""Agreement of predicted clusters with reference labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scinfovae.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class LabelPair(NamedTuple):
    """Two labelings of the same cells, each as integer codes from 0 on."""

    reference: NDArray[np.intp]
    predicted: NDArray[np.intp]


def label_pair(reference: ArrayLike, predicted: ArrayLike) -> LabelPair:
    """Check two labelings of the same cells and encode them as integers.

    Parameters
    ----------
    reference
        Array of shape (n_cells,): classes as integers or strings.
    predicted
        Array of shape (n_cells,): clusters as integers or strings.

    Returns
    -------
    The codes of both, in the order given.

    Raises
    ------
    DataError
        If one is not a vector, holds no cell or a missing value, or if their lengths differ.
    """
    codes = [_encode(reference, "reference"), _encode(predicted, "predicted")]
    if len(codes[0]) != len(codes[1]):
        raise DataError(
            f"There are {len(codes[0])} reference labels and {len(codes[1])} predicted ones; "
            "both must name the same cells, in the same order."
        )
    return LabelPair(*codes)


def adjusted_rand_index(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Compute the adjusted Rand index (Hubert and Arabie, 1985).

    Parameters
    ----------
    reference
        Array of shape (n_cells,).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    At most 1; 0 is what chance gives.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(*label_pair(reference, predicted)))


def normalized_mutual_information(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Compute the mutual information over the arithmetic mean of the two entropies.

    Parameters
    ----------
    reference
        Array of shape (n_cells,).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    A number in [0, 1].
    """
    from sklearn.metrics import normalized_mutual_info_score

    pair = label_pair(reference, predicted)
    return float(normalized_mutual_info_score(*pair, average_method="arithmetic"))


def homogeneity(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Say how far each cluster holds cells of one class only (Rosenberg and Hirschberg, 2007).

    Parameters
    ----------
    reference
        Array of shape (n_cells,).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    A number in [0, 1].
    """
    from sklearn.metrics import homogeneity_score

    return float(homogeneity_score(*label_pair(reference, predicted)))


def completeness(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Say how far each class lies in one cluster only (Rosenberg and Hirschberg, 2007).

    Parameters
    ----------
    reference
        Array of shape (n_cells,).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    A number in [0, 1].
    """
    from sklearn.metrics import completeness_score

    return float(completeness_score(*label_pair(reference, predicted)))


def clustering_accuracy(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Compute the share of cells that agree under the best matching of clusters to classes.

    The matching is one to one (Hungarian method). Where there are more clusters than classes
    or fewer, the cells of whatever stays unmatched count as wrong.

    Parameters
    ----------
    reference
        Array of shape (n_cells,).
    predicted
        Array of shape (n_cells,).

    Returns
    -------
    A number in (0, 1].
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array

    pair = label_pair(reference, predicted)
    ones = np.ones(len(pair.reference), dtype=np.int64)
    overlap = coo_array((ones, (pair.reference, pair.predicted))).toarray()
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return float(overlap[rows, columns].sum() / len(ones))


def _encode(labels: ArrayLike, what: str) -> NDArray[np.intp]:
    values = np.asarray(labels)
    if values.ndim != 1 or values.size == 0:
        raise DataError(
            f"The {what} labels have shape {values.shape}; they must be one label per cell."
        )
    if _any_missing(values):
        raise DataError(f"The {what} labels hold missing values; drop those cells first.")
    # labels of mixed types cannot be sorted, their names can
    sortable = values.astype(str) if values.dtype == object else values
    return np.unique(sortable, return_inverse=True)[1]


def _any_missing(values: NDArray) -> bool:
    if values.dtype.kind == "f":
        return bool(np.isnan(values).any())
    if values.dtype == object:
        import pandas as pd

        return bool(pd.isna(values).any())
    return False
