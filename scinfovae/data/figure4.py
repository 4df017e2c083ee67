"""The continuous data of the paper's Fig. 4: points of the plane, mapped to nine dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.errors import UsageError

if TYPE_CHECKING:
    # numerical libraries are imported where they are used: the help text reads the configuration
    import numpy as np

OUTLIER_LABEL = -1
SHARES = 11  # 5 of the points are in the wide cluster, 1 in each tight one, 1 are outliers
_TIGHT_CENTRES = ((2.0, 0.0), (1.5, 0.0), (2.5, 0.0), (2.0, 0.5), (2.0, -0.5))
_TIGHT_SD = 0.1
_WIDE_CENTRE = (-3.0, 0.0)
_WIDE_COVARIANCE = ((1.0, 0.5), (0.5, 1.0))
_BOX = ((-8.0, -4.0), (4.0, 4.0))
# The published outliers all lie where the density of the clusters is below that at a squared
# Mahalanobis distance of 11 to 12 from the wide one.
_CLEAR_DISTANCE2 = 12.0


def _cluster_density(points: np.ndarray) -> np.ndarray:
    """Compute the density of the mixture of all clusters at points of the plane."""
    import numpy as np

    offset = points - np.array(_WIDE_CENTRE)
    distance2 = np.einsum("ij,jk,ik->i", offset, np.linalg.inv(_WIDE_COVARIANCE), offset)
    density = 0.5 * np.exp(-distance2 / 2) / np.sqrt(np.linalg.det(_WIDE_COVARIANCE))
    for centre in _TIGHT_CENTRES:
        distance2 = ((points - np.array(centre)) ** 2).sum(axis=1) / _TIGHT_SD**2
        density += 0.1 * np.exp(-distance2 / 2) / _TIGHT_SD**2
    return density / (2 * np.pi)


def _draw_outliers(n: int, clear: bool, rng: np.random.Generator) -> np.ndarray:
    """Draw uniform points of the box, on request only where there are no clusters."""
    import numpy as np

    wide_peak = 0.5 / (2 * np.pi * np.sqrt(np.linalg.det(_WIDE_COVARIANCE)))
    limit = wide_peak * np.exp(-_CLEAR_DISTANCE2 / 2) if clear else np.inf
    found = np.empty((0, 2))
    while len(found) < n:
        drawn = rng.uniform(*_BOX, size=(n, 2))
        found = np.concatenate([found, drawn[_cluster_density(drawn) < limit]])
    return found[:n]


def figure4_points(
    n_points: int = 2200, seed: int = 0, *, clear_outliers: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the points of Fig. 4a (Ding, Condon & Shah 2018, Nature Communications 9:2002).

    Parameters
    ----------
    n_points
        How many; a multiple of 11, because the clusters hold 5, 1, 1, 1, 1, 1 and 1 elevenths.
    seed
        Seed of the points, not negative.
    clear_outliers
        Draw outliers only where there are hardly any cluster points. The paper's text says
        uniform, which puts a third of them into the clusters; the published points keep clear.

    Returns
    -------
    points
        Array of shape (n_points, 2).
    labels
        Array of shape (n_points,): 0 the wide Gaussian cluster, 1 to 5 the tight ones, -1 the
        uniform outliers.

    Raises
    ------
    UsageError
        If the number or the seed is out of range.
    """
    import numpy as np

    if n_points < SHARES or n_points % SHARES:
        raise UsageError(f"n_points={n_points} must be a positive multiple of {SHARES}.")
    if seed < 0:
        raise UsageError(f"seed={seed} is negative; seeds are integers from 0 on.")
    rng = np.random.default_rng(seed)
    share = n_points // SHARES
    wide = rng.multivariate_normal(_WIDE_CENTRE, _WIDE_COVARIANCE, size=5 * share)
    tight = [rng.normal(centre, _TIGHT_SD, size=(share, 2)) for centre in _TIGHT_CENTRES]
    outliers = _draw_outliers(share, clear_outliers, rng)
    sizes = [5 * share] + 6 * [share]
    labels = np.repeat([0, 1, 2, 3, 4, 5, OUTLIER_LABEL], sizes)
    return np.concatenate([wide, *tight, outliers]), labels


def figure4_features(points: np.ndarray, largest: np.ndarray | None = None) -> np.ndarray:
    """Map points of the plane to the nine dimensions of Fig. 4.

    Parameters
    ----------
    points
        Array of shape (n_points, 2), columns x and y.
    largest
        What each feature is divided by, array of shape (9,); its largest absolute value over
        `points` where left out.

    Returns
    -------
    Array of shape (n_points, 9): x+y, x-y, xy, x^2, y^2, x^2 y, x y^2, x^3, y^3, each divided by
    its largest absolute value.
    """
    features = _monomials(points)
    return features / (largest_features(points) if largest is None else largest)


def largest_features(points: np.ndarray) -> np.ndarray:
    """Find the largest absolute value of each feature, which is what it is divided by.

    Parameters
    ----------
    points
        Array of shape (n_points, 2).

    Returns
    -------
    Array of shape (9,).
    """
    import numpy as np

    largest: np.ndarray = np.abs(_monomials(points)).max(axis=0)
    return largest


def _monomials(points: np.ndarray) -> np.ndarray:
    import numpy as np

    x, y = np.asarray(points, dtype=np.float64).T
    return np.column_stack([x + y, x - y, x * y, x**2, y**2, x**2 * y, x * y**2, x**3, y**3])
