"""Counts with known clusters: zero-inflated negative binomial, in the manner of Splatter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.errors import UsageError

if TYPE_CHECKING:
    # numerical libraries are imported where they are used: the help text reads the configuration
    import anndata as ad
    import numpy as np
    from scipy import sparse

# Raised whenever the same configuration would give other counts.
SIMULATOR_VERSION = 1
# Part of the definition too: random numbers are drawn chunk by chunk.
_VALUES_PER_CHUNK = 1_000_000


@dataclass(frozen=True)
class SimulationConfig:
    """What is simulated.

    Attributes
    ----------
    n_cells, n_genes, n_clusters
        Size of the data.
    imbalance
        Size of the largest cluster over that of the smallest; sizes fall geometrically.
    library_size
        Median counts per cell before dropout.
    library_log_sd
        Standard deviation of the natural logarithm of the counts per cell.
    gene_mean_shape
        Shape of the gamma distribution of the genes' mean expression; smaller is more uneven.
    de_fraction
        Share of the genes that each cluster expresses differently, drawn for each cluster.
    de_scale
        Standard deviation of the natural logarithm of the fold changes of these genes.
    dispersion
        Variance of a count is mean + dispersion * mean^2.
    dropout_midpoint
        Mean count at which half of the values are lost; 0 for no dropout.
    dropout_slope
        How fast the dropout falls with the logarithm of the mean.
    seed
        Seed of the data; independent of the seeds of the runs on them.
    """

    n_cells: int = 500
    n_genes: int = 1000
    n_clusters: int = 5
    imbalance: float = 3.0
    library_size: float = 1500.0
    library_log_sd: float = 0.35
    gene_mean_shape: float = 0.6
    de_fraction: float = 0.1
    de_scale: float = 0.8
    dispersion: float = 0.5
    dropout_midpoint: float = 1.0
    dropout_slope: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        at_least = {
            "n_cells": 2,
            "n_genes": 2,
            "n_clusters": 1,
            "imbalance": 1.0,
            "library_log_sd": 0.0,
            "de_scale": 0.0,
            "dropout_midpoint": 0.0,
            "dropout_slope": 0.0,
            "seed": 0,
        }
        for key, least in at_least.items():
            if not (math.isfinite(getattr(self, key)) and getattr(self, key) >= least):
                raise UsageError(f"simulation {key}={getattr(self, key)} must be at least {least}.")
        for key in ("library_size", "gene_mean_shape", "dispersion"):
            if not (math.isfinite(getattr(self, key)) and getattr(self, key) > 0):
                raise UsageError(f"simulation {key}={getattr(self, key)} must be above 0.")
        if not 0 <= self.de_fraction <= 1:
            raise UsageError(f"simulation de_fraction={self.de_fraction} must lie from 0 to 1.")
        if self.n_clusters > self.n_cells:
            raise UsageError(
                f"simulation n_clusters={self.n_clusters} is above n_cells={self.n_cells}; every "
                "cluster needs a cell."
            )


def cluster_sizes(n_cells: int, n_clusters: int, imbalance: float) -> np.ndarray:
    """Divide cells among clusters whose sizes fall geometrically.

    Parameters
    ----------
    n_cells, n_clusters
        How many of each.
    imbalance
        Largest over smallest size.

    Returns
    -------
    Array of shape (n_clusters,), whole numbers of at least 1 that sum to `n_cells`.
    """
    import numpy as np

    weights = imbalance ** -np.linspace(0.0, 1.0, n_clusters)
    # every cluster has one cell; largest remainders share out what rounding down leaves
    shares = (n_cells - n_clusters) * weights / weights.sum()
    sizes = np.floor(shares).astype(np.int64)
    missing = n_cells - n_clusters - int(sizes.sum())
    sizes[np.argsort(sizes - shares, kind="stable")[:missing]] += 1
    return sizes + 1


def _expression_profiles(config: SimulationConfig, rng: np.random.Generator) -> np.ndarray:
    """Draw the share of each gene in a cell's counts; array of shape (n_clusters, n_genes)."""
    import numpy as np

    means = rng.gamma(config.gene_mean_shape, size=config.n_genes)
    shape = (config.n_clusters, config.n_genes)
    changed = rng.random(shape) < config.de_fraction
    log_fold = np.where(changed, rng.normal(0.0, config.de_scale, shape), 0.0)
    profiles = means * np.exp(log_fold)
    return profiles / profiles.sum(axis=1, keepdims=True)


def _draw_counts(
    mean: np.ndarray, config: SimulationConfig, rng: np.random.Generator
) -> sparse.csr_matrix:
    """Draw the zero-inflated counts of some cells around their means."""
    import numpy as np
    from scipy import sparse

    shape = 1.0 / config.dispersion
    counts = rng.poisson(mean * rng.gamma(shape, config.dispersion, mean.shape))
    if config.dropout_midpoint > 0:
        # logistic in log(mean): 1 / (1 + exp(slope * (log mean - log midpoint)))
        lost = 1.0 / (1.0 + (mean / config.dropout_midpoint) ** config.dropout_slope)
        counts[rng.random(mean.shape) < lost] = 0
    return sparse.csr_matrix(counts.astype(np.float32))


def simulate_counts(config: SimulationConfig, seed: int | None = None) -> ad.AnnData:
    """Simulate counts with known clusters.

    Library sizes are lognormal, gene means gamma distributed, fold changes between clusters
    lognormal, counts gamma-Poisson with dropout logistic in the log of the mean (after Zappia,
    Phipson & Oshlack 2017, Genome Biology 18:174). Memory grows with the non-zero counts only.

    Parameters
    ----------
    config
        What is simulated.
    seed
        Replaces the seed of the configuration.

    Returns
    -------
    Counts in ``X`` (CSR, float32, shape (n_cells, n_genes)); the true cluster in
    ``obs["cluster"]``, cells in random order.

    Raises
    ------
    UsageError
        If `seed` is negative.
    """
    import anndata as ad
    import numpy as np
    import pandas as pd
    from scipy import sparse

    seed = config.seed if seed is None else seed
    if seed < 0:
        raise UsageError(f"simulation seed={seed} is negative; seeds are integers from 0 on.")
    rng = np.random.default_rng(seed)
    sizes = cluster_sizes(config.n_cells, config.n_clusters, config.imbalance)
    clusters = rng.permutation(np.repeat(np.arange(config.n_clusters), sizes))
    profiles = _expression_profiles(config, rng)
    libraries = config.library_size * np.exp(rng.normal(0.0, config.library_log_sd, config.n_cells))
    step = max(1, _VALUES_PER_CHUNK // config.n_genes)
    chunks = []
    for start in range(0, config.n_cells, step):
        cells = slice(start, start + step)
        mean = libraries[cells, None] * profiles[clusters[cells]]
        chunks.append(_draw_counts(mean, config, rng))
    names = pd.Index([str(k) for k in range(config.n_clusters)])
    return ad.AnnData(
        X=sparse.vstack(chunks, format="csr"),
        obs=pd.DataFrame(
            {"cluster": pd.Categorical.from_codes(clusters, categories=names)},
            index=[f"cell_{i}" for i in range(config.n_cells)],
        ),
        var=pd.DataFrame(index=[f"gene_{j}" for j in range(config.n_genes)]),
    )
