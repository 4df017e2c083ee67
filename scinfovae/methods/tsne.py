"""t-SNE of the principal components, the paper's comparison in Fig. 4 to 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.errors import UsageError
from scinfovae.methods._checks import check_at_least
from scinfovae.methods.base import MethodInfo, MethodResult, NotApplicableError
from scinfovae.methods.each_seed import each_seed
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class TSNEConfig:
    """Choices of t-SNE; those of scikit-learn unless said otherwise.

    Attributes
    ----------
    n_components
        Principal components from which t-SNE starts.
    perplexity
        How many neighbours count; at most a third of the cells.
    init
        ``"random"``, where the seed decides the layout, or ``"pca"``.
    max_iter
        Steps of the layout.
    """

    n_components: int = 50
    perplexity: float = 30.0
    init: str = "random"
    max_iter: int = 1000

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, n_components=1, max_iter=250)
        if not 1 < self.perplexity < float("inf"):
            raise UsageError(f"perplexity={self.perplexity} must be above 1.")
        if self.init not in ("random", "pca"):
            raise UsageError(f"init={self.init!r} is unknown; choose random or pca.")


class TSNEMethod:
    """Barnes-Hut t-SNE in two dimensions."""

    def __init__(self, config: TSNEConfig) -> None:
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
        """Lay the cells out once for each seed; see `Method.fit`.

        Raises
        ------
        NotApplicableError
            If there are fewer than 5 cells.
        """
        from sklearn.manifold import TSNE

        from scinfovae.data.preprocessing import pca_space

        config = self.config
        n_cells = len(prepared.cell_index)
        if n_cells < 5:
            raise NotApplicableError(f"t-SNE needs at least 5 cells, not {n_cells}.")
        perplexity = min(config.perplexity, (n_cells - 1) / 3)
        components = pca_space(prepared, config.n_components)

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            report("tsne", 0, 1)
            layout = TSNE(
                perplexity=perplexity,
                init=config.init,
                max_iter=config.max_iter,
                random_state=derive_seed(seed, "tsne"),
            )
            embedding = layout.fit_transform(components)
            report("tsne", 1, 1)
            told = {"kl_divergence": float(layout.kl_divergence_), "perplexity": perplexity}
            return MethodResult(stages={"final": embedding}, diagnostics={"final": told})

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="tsne",
    title="t-SNE",
    version=1,
    citation="van der Maaten & Hinton 2008, Journal of Machine Learning Research 9:2579",
    summary="t-SNE of the first 50 principal components, two dimensions.",
    needs_k=False,
    stochastic=True,
    kind="baseline",
    config_class=TSNEConfig,
    method_class=TSNEMethod,
)
