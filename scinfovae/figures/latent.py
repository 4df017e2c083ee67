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

    from scinfovae.figures.stored import Stored

MOST_DIMENSIONS = 10
_N_POINTS = 121
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
    limit = float(np.clip(1.1 * spread, 3.5, 8.0))
    at = np.linspace(-limit, limit, _N_POINTS)
    top = 0.0
    for i, axes in enumerate(grid.ravel()):
        if i >= n:
            axes.remove()
            continue
        axes.plot(at, normal_density(at), color=INK, linestyle=":", linewidth=1.0, zorder=4)
        for stored in known:
            density = marginal(stored, i, at)
            top = max(top, float(np.quantile(density, 0.99)))
            axes.plot(at, density, color=colours[stored.seed], linewidth=0.9)
            told = {"panel": "latent marginals", "seed": stored.seed, "dimension": i + 1}
            tables.append(pd.DataFrame({**told, "z": at, "density": density}))
        axes.set_title(f"z{i + 1}")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    grid[0][0].set_ylim(0, min(max(0.5, 1.15 * top), 2.5))
    for axes in grid[:, 0]:
        axes.set_ylabel("density")
    letter(grid[0][0], "b")
    return stack(tables)


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
