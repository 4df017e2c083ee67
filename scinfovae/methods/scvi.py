"""scVI (Lopez et al. 2018) by its maintained package, with the package's own defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scinfovae.methods._checks import check_at_least, check_fraction
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class ScVIConfig:
    """Choices of scVI; the defaults are those of scvi-tools.

    Attributes
    ----------
    latent_dim
        Dimensions of the embedding.
    hidden
        Width of the hidden layers of encoder and decoder.
    n_layers
        Hidden layers of each.
    dropout
        Dropout of the encoder.
    likelihood
        Of the counts: ``"zinb"``, ``"nb"`` or ``"poisson"``.
    max_epochs
        Passes over the cells; null takes the package's rule, min(400, 400 * 20000 / cells).
    batch_size
        Cells in a step.
    learning_rate
        Of Adam (eps .01).
    weight_decay
        Of Adam.
    kl_warmup_epochs
        Epochs over which the weight of KL(q(z|x) || p(z)) rises from 0 to 1.
    """

    latent_dim: int = 10
    hidden: int = 128
    n_layers: int = 1
    dropout: float = 0.1
    likelihood: Literal["zinb", "nb", "poisson"] = "zinb"
    max_epochs: int | None = None
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 1e-6
    kl_warmup_epochs: int = 400

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, latent_dim=1, hidden=1, n_layers=1, batch_size=3)
        check_at_least(self, or_null=True, max_epochs=1)
        check_at_least(self, learning_rate=0, weight_decay=0, kl_warmup_epochs=0)
        check_fraction(self, "dropout")


class ScVIMethod:
    """Trains ``scvi.model.SCVI`` on the raw counts of the chosen genes."""

    def __init__(self, config: ScVIConfig) -> None:
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
        """Train one model after the other; see `Method.fit`."""
        from scinfovae.methods._scvi_training import train_scvi

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return train_scvi(prepared.counts, self.config, seed, device, report)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="scvi",
    title="scVI",
    version=1,
    citation=(
        "Lopez et al. 2018, Nature Methods 15:1053, doi 10.1038/s41592-018-0229-2; "
        "Gayoso et al. 2022, Nature Biotechnology 40:163, doi 10.1038/s41587-021-01206-w"
    ),
    summary="Variational autoencoder of the counts with a ZINB likelihood, by scvi-tools.",
    needs_k=False,
    stochastic=True,
    # genes with 3 counts, 2000 genes by seurat_v3: the package's tutorial
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 3,
        "hvg_flavor": "seurat_v3",
        "n_hvg": 2000,
    },
    packages=("scvi", "lightning"),
    extra="scvi",
    config_class=ScVIConfig,
    method_class=ScVIMethod,
)
