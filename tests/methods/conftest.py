"""Simulated cells on which PCA + K-means reaches .8 to .95, and how methods are fitted on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.clustering import cluster
from scinfovae.data.preprocessing import Prepared, PreprocessingConfig, preprocess
from scinfovae.data.simulate import SimulationConfig, simulate_counts
from scinfovae.methods import METHODS, MethodResult, create
from scinfovae.metrics import adjusted_rand_index

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS = SimulationConfig(
    n_clusters=4, imbalance=1.5, library_log_sd=0.2, de_fraction=0.3, de_scale=0.4
)
UNEVEN = SimulationConfig(n_cells=400, n_clusters=6, imbalance=20, de_scale=2.5, seed=2)
TINY = SimulationConfig(n_cells=60, n_genes=80, n_clusters=3)


@dataclass(frozen=True)
class Cells:
    """Prepared cells, their true clusters, and K."""

    prepared: Prepared
    truth: np.ndarray
    n_clusters: int

    def ari(self, labels: np.ndarray) -> float:
        return adjusted_rand_index(self.truth, labels)

    def kmeans_ari(self, embedding: np.ndarray, seed: int = 0) -> float:
        points = np.asarray(embedding, np.float32)
        return self.ari(cluster("kmeans", points, self.n_clusters, seed).labels)


def make_cells(simulation: SimulationConfig, recipe: PreprocessingConfig | None = None) -> Cells:
    adata = simulate_counts(simulation)
    prepared = preprocess(adata, recipe)
    truth = adata.obs["cluster"].to_numpy().astype(str)[prepared.cell_index]
    return Cells(prepared, truth, simulation.n_clusters)


@pytest.fixture(scope="session")
def cells() -> Cells:
    """500 cells in 4 clusters: PCA + K-means .94, Leiden with K searched .78, scVI .85."""
    return make_cells(CELLS)


@pytest.fixture(scope="session")
def uneven() -> Cells:
    """400 cells in 6 clusters, the largest 20 times the smallest: PCA + K-means .89 to .95.

    For methods that say themselves how many clusters there are, or which ones.
    """
    return make_cells(UNEVEN)


@pytest.fixture(scope="session")
def tiny() -> Cells:
    """60 cells of 80 genes in 3 clusters."""
    return make_cells(TINY, PreprocessingConfig(n_hvg=40))


@pytest.fixture(scope="session")
def fit() -> Callable[..., list[MethodResult]]:
    """Fit a method as the benchmark does; words are those of a command, e.g. ``preset=quick``."""

    def fitted(
        name: str, where: Cells, *words: str, seeds: tuple[int, ...] = (0,), **choices: Any
    ) -> list[MethodResult]:
        given = [f"method.{key}={value}" for key, value in choices.items()]
        recipe = make_plan([f"method={name}", *words, *given])[0].recipe
        method = create(METHODS[name], recipe.method_config)
        return method.fit(
            where.prepared,
            n_clusters=where.n_clusters,
            seeds=list(seeds),
            device="cpu",
            progress=lambda stage, done, total: None,
        )

    return fitted
