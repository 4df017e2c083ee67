"""Principal components of the scaled matrix, the baseline every other method has to beat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods._checks import check_at_least
from scinfovae.methods.base import MethodInfo, MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from anndata import AnnData

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class PCAConfig:
    """Choices of the PCA baseline.

    Attributes
    ----------
    n_components
        Dimensions of the embedding; fewer if cells or genes allow no more.
    """

    n_components: int = 50

    def __post_init__(self) -> None:
        """Refuse an embedding without dimensions."""
        check_at_least(self, n_components=1)


class PCAMethod:
    """PCA; the same embedding for every seed, so that only the clusterer varies."""

    def __init__(self, config: PCAConfig) -> None:
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
        """Project the cells on their leading principal components; see `Method.fit`."""
        from scinfovae.data.preprocessing import pca_components

        start = time.perf_counter()
        progress("pca", 0, 1)
        found = pca_components(prepared, self.config.n_components)
        progress("pca", 1, 1)
        seconds = {"fit": time.perf_counter() - start}

        def embed(adata: AnnData) -> np.ndarray:
            return found.project(prepared.reference.transform(adata))

        stages = {"final": found.scores}
        return [MethodResult(stages=stages, seconds=seconds, embed=embed) for _ in seeds]


INFO = MethodInfo(
    name="pca",
    title="PCA",
    version=1,
    citation="Pearson 1901, Philosophical Magazine 2:559, doi 10.1080/14786440109462720",
    summary="Principal components of the scaled matrix: the baseline to beat.",
    needs_k=False,
    stochastic=False,
    kind="baseline",
    config_class=PCAConfig,
    method_class=PCAMethod,
)
