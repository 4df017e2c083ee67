"""scanpy's clustering: PCA, neighbour graph, Leiden or Louvain communities as the method's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.methods._checks import check_above_zero, check_at_least
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class ScanpyConfig:
    """Choices of scanpy's clustering; neighbours and components are those of its tutorial.

    Attributes
    ----------
    n_components
        Principal components on which neighbours are found.
    n_neighbors
        Size of the neighbourhoods of the graph.
    resolution
        Larger values give more and smaller communities.
    search_resolution
        Search the resolution that gives K communities instead, by bisection.
    use_weights
        Weigh the edges by the connectivities of the graph.
    """

    n_components: int = 40
    n_neighbors: int = 10
    resolution: float = 1.0
    search_resolution: bool = False
    use_weights: bool = True

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, n_components=1, n_neighbors=2)
        check_above_zero(self, "resolution")


@dataclass(frozen=True)
class ScanpyLouvainConfig(ScanpyConfig):
    """The same for Louvain, where scanpy leaves the weights out."""

    use_weights: bool = False


class _Communities:
    """What Leiden and Louvain share."""

    def __init__(self, config: ScanpyConfig) -> None:
        self.config = config

    def fit(
        self,
        prepared: Prepared,
        *,
        n_clusters: int,
        seeds: Sequence[int],
        device: str,
        progress: Callable[[str, int, int], None],
    ) -> list[MethodResult]:
        """Find the communities for each seed; see `Method.fit`."""

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            report("neighbours", 0, 1)
            graph = self._graph(prepared, seed)
            report("neighbours", 1, 1)
            found = self._found(graph, n_clusters, seed)
            told = {"resolution": found.resolution, "resolutions_tried": found.tried}
            return MethodResult(own_labels=found.labels, diagnostics={"final": told})

        return each_seed(seeds, progress, fit_one)

    def _graph(self, prepared: Prepared, seed: int) -> Any:
        from scinfovae.data.preprocessing import pca_space
        from scinfovae.methods._scanpy_graph import neighbour_graph

        components = pca_space(prepared, self.config.n_components)
        start = derive_seed(seed, "scanpy/neighbors") % 2**31
        return neighbour_graph(components, self.config.n_neighbors, start)

    def _found(self, graph: Any, n_clusters: int, seed: int) -> Any:
        from scinfovae.methods._resolution import Found, search_resolution

        start = derive_seed(seed, "scanpy/communities") % 2**31  # a C int

        def detect(resolution: float) -> np.ndarray:
            return self.detect(graph, resolution, start)

        if self.config.search_resolution:
            return search_resolution(detect, n_clusters)
        return Found(detect(self.config.resolution), self.config.resolution, 1)

    def detect(self, graph: Any, resolution: float, seed: int) -> np.ndarray:
        """Give the communities of an AnnData with neighbours, array of shape (n_cells,)."""
        raise NotImplementedError


class ScanpyLeidenMethod(_Communities):
    """``scanpy.tl.leiden`` with the defaults it had when the field used it (leidenalg)."""

    def detect(self, graph: Any, resolution: float, seed: int) -> np.ndarray:
        """Call scanpy."""
        import warnings

        import scanpy as sc

        with warnings.catch_warnings():
            # it says that another backend will be the default one day
            warnings.simplefilter("ignore", FutureWarning)
            sc.tl.leiden(
                graph,
                resolution=resolution,
                random_state=seed,
                use_weights=self.config.use_weights,
                flavor="leidenalg",
            )
        return _codes(graph.obs["leiden"])


class ScanpyLouvainMethod(_Communities):
    """As ``scanpy.tl.louvain(flavor="igraph")``, which takes neither a resolution nor a seed."""

    def detect(self, graph: Any, resolution: float, seed: int) -> np.ndarray:
        """Call igraph on the graph as scanpy builds it."""
        import numpy as np

        from scinfovae.methods._louvain import louvain
        from scinfovae.methods._scanpy_graph import network_of

        weigh = self.config.use_weights
        return louvain(network_of(graph), resolution, seed, use_weights=weigh).astype(np.int32)


def _codes(groups: Any) -> np.ndarray:
    import numpy as np

    return groups.cat.codes.to_numpy().astype(np.int32)


# scanpy's tutorial: genes in at least 3 cells, 1e4 counts a cell, genes by thresholds
RECIPE = {
    "min_cell_fraction": 0.0,
    "min_gene_fraction": 0.0,
    "min_cells": 3,
    "target_sum": 10_000.0,
    "n_hvg": None,
    "hvg_thresholds": (0.0125, 3.0, 0.5),
}

INFO = (
    MethodInfo(
        name="scanpy_leiden",
        title="scanpy (Leiden)",
        version=1,
        citation=(
            "Wolf, Angerer & Theis 2018, Genome Biology 19:15, doi 10.1186/s13059-017-1382-0; "
            "Traag, Waltman & van Eck 2019, Scientific Reports 9:5233, "
            "doi 10.1038/s41598-019-41695-z"
        ),
        summary="PCA, neighbour graph and Leiden communities; resolution 1, or searched for K.",
        needs_k=False,
        stochastic=True,
        kind="baseline",
        has_embedding=False,
        own_labels=True,
        own_recipe=RECIPE,
        config_class=ScanpyConfig,
        method_class=ScanpyLeidenMethod,
    ),
    MethodInfo(
        name="scanpy_louvain",
        title="scanpy (Louvain)",
        version=1,
        citation=(
            "Wolf, Angerer & Theis 2018, Genome Biology 19:15, doi 10.1186/s13059-017-1382-0; "
            "Blondel et al. 2008, Journal of Statistical Mechanics P10008, "
            "doi 10.1088/1742-5468/2008/10/P10008"
        ),
        summary="PCA, neighbour graph and Louvain communities; resolution 1, or searched for K.",
        needs_k=False,
        stochastic=True,
        kind="baseline",
        has_embedding=False,
        own_labels=True,
        own_recipe=RECIPE,
        config_class=ScanpyLouvainConfig,
        method_class=ScanpyLouvainMethod,
    ),
)
