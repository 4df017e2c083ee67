"""Search of the resolution at which community detection gives a wanted number of communities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, eq=False)
class Found:
    """Where a search ended.

    Attributes
    ----------
    labels
        Array of shape (n_cells,).
    resolution
        That of the labels.
    tried
        How many resolutions were tried.
    """

    labels: np.ndarray
    resolution: float
    tried: int

    @property
    def n_communities(self) -> int:
        """How many communities the labels have."""
        return len(np.unique(self.labels))


def search_resolution(
    detect: Callable[[float], np.ndarray], n_clusters: int, most: int = 30
) -> Found:
    """Bisect for a resolution that gives a wanted number of communities.

    From 1, the resolution is doubled or halved until the number lies between two of them, then
    their geometric mean is tried, and so on. Their number need not grow with the resolution, so
    the search may end beside the wanted number.

    Parameters
    ----------
    detect
        Gives the communities at a resolution, array of shape (n_cells,).
    n_clusters
        How many are wanted.
    most
        How many resolutions are tried at most.

    Returns
    -------
    The first that fits, else the closest number that was met, of several the lowest resolution.
    """
    low = high = 0.0
    resolution, best = 1.0, None
    for tried in range(1, most + 1):
        found = Found(detect(resolution), resolution, tried)
        if found.n_communities == n_clusters:
            return found
        if best is None or _distance(found, n_clusters) < _distance(best, n_clusters):
            best = found
        if found.n_communities < n_clusters:
            low = resolution
        else:
            high = resolution
        if not high:
            resolution = 2 * low
        elif not low:
            resolution = high / 2
        else:
            resolution = (low * high) ** 0.5
    assert best is not None
    return Found(best.labels, best.resolution, most)


def _distance(found: Found, n_clusters: int) -> tuple[int, float]:
    return abs(found.n_communities - n_clusters), found.resolution
