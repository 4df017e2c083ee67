"""How many clusters an embedding has, by three criteria that see no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from scinfovae.clustering.base import check_choice
from scinfovae.clustering.consensus import co_association
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

Criterion = Literal["silhouette", "calinski_harabasz", "consensus"]
CRITERIA: tuple[str, ...] = get_args(Criterion)
MOST_CLUSTERS = 30
MOST_CELLS = 10_000
_SILHOUETTE_CELLS = 3000
_PARTITIONS = 100


def estimate_n_clusters(
    points: NDArray[np.float64], criterion: Criterion, seed: int
) -> tuple[int, dict[int, float]]:
    """Estimate the number of clusters, from 2 to 30, on at most 10 000 cells drawn by the seed.

    ``silhouette`` and ``calinski_harabasz`` choose the K whose K-means partition has the largest
    mean silhouette width (Rousseeuw 1987; on at most 3000 cells) or variance ratio (Calinski &
    Harabasz 1974).
    ``consensus`` puts together 100 K-means partitions with numbers of clusters drawn from 2 to 30
    (evidence accumulation, Fred & Jain 2005) and takes the K before the largest gap of the
    normalised co-association.

    Parameters
    ----------
    points
        Array of shape (n_cells, n_dimensions).
    criterion
        Which one.
    seed
        Of K-means, of the eigensolver and of the choice of cells.

    Returns
    -------
    The number of clusters, and the criterion's value for every candidate; the largest wins.

    Raises
    ------
    UsageError
        If the criterion is unknown.
    """
    check_choice("criterion", criterion, CRITERIA)
    if len(points) < 4:
        return 2, {}  # nothing to choose from
    rng = np.random.default_rng(derive_seed(seed, "n_clusters/cells"))
    if len(points) > MOST_CELLS:
        points = points[np.sort(rng.choice(len(points), MOST_CELLS, replace=False))]
    largest = min(MOST_CLUSTERS, len(points) - 2)
    values: Iterable[float]
    if criterion == "consensus":
        values = _consensus_gaps(points, largest, rng)
    else:
        values = _separations(points, largest, criterion, seed)
    curve = {k: float(value) for k, value in enumerate(values, start=2)}
    return max(curve, key=curve.__getitem__), curve


def _separations(
    points: NDArray[np.float64], largest: int, criterion: str, seed: int
) -> Iterator[float]:
    from sklearn.metrics import calinski_harabasz_score, silhouette_score

    rng = np.random.default_rng(seed)
    size = min(_SILHOUETTE_CELLS, len(points))
    looked_at = np.sort(rng.choice(len(points), size, replace=False))
    for k in range(2, largest + 1):
        labels = _partition(points, k, derive_seed(seed, f"n_clusters/{k}"), n_init=5)
        if criterion == "silhouette":
            seen, of = points[looked_at], labels[looked_at]
            yield silhouette_score(seen, of) if 1 < len(np.unique(of)) < size else -1.0
        elif len(np.unique(labels)) < 2:
            yield -1.0
        else:
            yield calinski_harabasz_score(points, labels)


def _consensus_gaps(
    points: NDArray[np.float64], largest: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    partitions = [
        _partition(points, int(k), int(rng.integers(2**32)), n_init=1)
        for k in rng.integers(2, largest + 1, _PARTITIONS)
    ]
    found = co_association(np.stack(partitions), largest + 1, int(rng.integers(2**32)))
    return -np.diff(found.eigenvalues)[1:]


def _partition(points: NDArray[np.float64], k: int, seed: int, n_init: int) -> NDArray[np.int32]:
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # fewer distinct points than clusters: fewer clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = KMeans(k, n_init=n_init, random_state=seed).fit(points)
    return np.asarray(fitted.labels_, dtype=np.int32)
