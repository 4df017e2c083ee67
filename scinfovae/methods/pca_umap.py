"""UMAP of the principal components, a picture that the field also clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.errors import UsageError
from scinfovae.methods._checks import check_at_least
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from anndata import AnnData

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class PCAUMAPConfig:
    """Choices of PCA followed by UMAP; UMAP's are umap-learn's defaults.

    Attributes
    ----------
    n_components
        Principal components from which UMAP starts.
    n_dimensions
        Dimensions of the embedding.
    n_neighbors
        Size of the neighbourhoods; fewer where there are fewer cells.
    min_dist
        How close points may lie in the embedding.
    n_epochs
        Epochs of the layout; null lets umap-learn choose by the number of cells.
    """

    n_components: int = 50
    n_dimensions: int = 2
    n_neighbors: int = 15
    min_dist: float = 0.1
    n_epochs: int | None = None

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, n_components=1, n_dimensions=1, n_neighbors=2)
        check_at_least(self, or_null=True, n_epochs=1)
        if not 0 <= self.min_dist <= 1:
            raise UsageError(f"min_dist={self.min_dist} must lie from 0 to 1.")


class PCAUMAPMethod:
    """UMAP of the leading principal components."""

    def __init__(self, config: PCAUMAPConfig) -> None:
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
        """Lay the cells out once for each seed; see `Method.fit`."""
        import warnings

        import numpy as np

        with warnings.catch_warnings():
            # it says that TensorFlow is absent, which nobody needs here
            warnings.simplefilter("ignore", ImportWarning)
            from umap import UMAP

        from scinfovae.data.preprocessing import pca_components

        config = self.config
        found = pca_components(prepared, config.n_components)
        components = found.scores

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            report("umap", 0, 1)
            layout = UMAP(
                n_components=config.n_dimensions,
                n_neighbors=min(config.n_neighbors, len(components) - 1),
                min_dist=config.min_dist,
                n_epochs=config.n_epochs,
                random_state=derive_seed(seed, "pca_umap"),
                n_jobs=1,  # the price of a seed
            )
            embedding = layout.fit_transform(components)
            report("umap", 1, 1)

            def embed(adata: AnnData) -> np.ndarray:
                placed = found.project(prepared.reference.transform(adata))
                return np.asarray(layout.transform(placed))

            return MethodResult(stages={"final": embedding}, embed=embed)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="pca_umap",
    title="PCA + UMAP",
    version=1,
    citation="McInnes, Healy & Melville 2018, arXiv 1802.03426",
    summary="UMAP of the first principal components, two dimensions.",
    needs_k=False,
    stochastic=True,
    kind="baseline",
    config_class=PCAUMAPConfig,
    method_class=PCAUMAPMethod,
)
