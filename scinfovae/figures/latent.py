"""Densities of the aggregated posterior, dimension by dimension, against the prior."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.bench.records.folders import present
from scinfovae.figures.drawing import stack
from scinfovae.figures.style import INK, bare, letter, not_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.stored import Stored

MOST_DIMENSIONS = 10
_LOWEST_TOP, _HIGHEST_TOP = 0.5, 2.5
_STEP, _MOST_POINTS = 0.05, 401
_MOST_CELLS = 4000


def draw_marginals(part: Any, runs: Sequence[Stored], colours: dict[int, str]) -> Any:
    """Draw a small panel per dimension, a line per seed.

    Parameters
    ----------
    part
        Of a figure.
    runs
        Of one method on one dataset.
    colours
        By seed.

    Returns
    -------
    The densities, one row per seed, dimension and place.
    """
    import pandas as pd

    known = [stored for stored in runs if stored.record.stages() and stored.seed in colours]
    width = min((stored.embedding.shape[1] for stored in known), default=0)
    if not width:
        axes = part.subplots()
        bare(axes)
        not_run(axes, "no embedding")
        return pd.DataFrame({"panel": ["latent marginals"], "problem": ["no embedding"]})
    n = min(width, MOST_DIMENSIONS)
    columns = min(5, n)
    grid = np.atleast_1d(part.subplots(-(-n // columns), columns, sharey=True, squeeze=False))
    tables = []
    spread = max(float(np.quantile(np.abs(s.embedding[:, :n]), 0.998)) for s in known)
    limit = max(1.1 * spread, 3.5)
    at = np.linspace(-limit, limit, min(int(2 * limit / _STEP) + 1, _MOST_POINTS))
    peaks = np.zeros(n)
    for i, axes in enumerate(grid.ravel()):
        if i >= n:
            axes.remove()
            continue
        axes.plot(at, normal_density(at), color=INK, linestyle=":", linewidth=1.0, zorder=4)
        for stored in known:
            density = marginal(stored, i, at)
            peaks[i] = max(peaks[i], density.max())
            axes.plot(at, density, color=colours[stored.seed], linewidth=0.9)
            told = {"panel": "latent marginals", "seed": stored.seed, "dimension": i + 1}
            tables.append(pd.DataFrame({**told, "z": at, "density": density}))
        axes.set_title(f"z{i + 1}")
        if i + columns >= n:
            axes.set_xlabel("latent value")
    # one collapsed dimension would flatten all others, and many would flatten the prior
    top = float(np.clip(1.1 * np.quantile(peaks, 0.8), _LOWEST_TOP, _HIGHEST_TOP))
    grid[0][0].set_ylim(0, top)
    for axes, peak in zip(grid.ravel(), peaks.tolist(), strict=False):
        if peak > top:
            _tell_peak(axes, peak)
    for axes in grid[:, 0]:
        axes.set_ylabel("density")
    letter(grid[0][0], "b")
    return stack(tables)


def _tell_peak(axes: Axes, height: float) -> None:
    """Write the height of the highest peak into a panel that cuts it."""
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6}
    place: dict[str, Any] = {"ha": "right", "va": "top", "transform": axes.transAxes}
    axes.text(0.99, 0.98, f"peak {height:.1f}", bbox=box, zorder=6, **place)


def normal_density(at: np.ndarray) -> np.ndarray:
    """Give the density of the standard normal distribution.

    Parameters
    ----------
    at
        Array of places.

    Returns
    -------
    Array of the same shape.
    """
    return np.asarray(np.exp(-0.5 * at**2) / math.sqrt(2 * math.pi))


def marginal(stored: Stored, dimension: int, at: np.ndarray) -> np.ndarray:
    """Give the density of one dimension of the aggregated posterior.

    Parameters
    ----------
    stored
        A finished run.
    dimension
        Its place, from 0.
    at
        Places, array of shape (n_places,).

    Returns
    -------
    Array of shape (n_places,): the mean over cells of the normal densities of their posteriors,
    of at most 4000 cells, evenly chosen; where no posterior was kept, a histogram of the
    embedding.
    """
    mean = np.asarray(stored.embedding[:, dimension], dtype=np.float64)
    path = present(stored.record.folder) / "posterior_log_variance.npy"
    if not path.is_file():
        half = (at[1] - at[0]) / 2
        edges = np.concatenate([at - half, at[-1:] + half])
        counts, _ = np.histogram(mean, edges)
        return np.asarray(counts / (len(mean) * 2 * half))
    log_variance = np.load(path, allow_pickle=False)[:, dimension].astype(np.float64)
    some = slice(None, None, -(-len(mean) // _MOST_CELLS))
    # narrower ones would fall between two places
    sd = np.maximum(np.exp(0.5 * log_variance[some]), (at[1] - at[0]) / 2)
    scaled = (at[:, None] - mean[some]) / sd
    return np.asarray((normal_density(scaled) / sd).mean(axis=1))
