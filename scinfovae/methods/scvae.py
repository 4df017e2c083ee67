"""scVAE (Grønbech et al. 2020): autoencoder of raw counts with the clusters in its prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from scinfovae.errors import UsageError
from scinfovae.methods._checks import check_above_zero, check_at_least, check_widths
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared

SCVAELatent = Literal["gaussian_mixture", "gaussian"]
SCVAELikelihood = Literal["poisson", "nb", "zinb"]
EncoderInput = Literal["counts", "log1p"]


@dataclass(frozen=True)
class SCVAEConfig:
    """Choices of scVAE; the defaults are those of its authors' program, for the mixture.

    Attributes
    ----------
    latent
        Prior of z: ``"gaussian_mixture"`` with one component a cluster, whose probabilities
        assign the cells, or one ``"gaussian"``, after which K-means does.
    latent_dim
        Dimensions of the embedding.
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    likelihood
        Of the counts: ``"poisson"``, ``"nb"`` or ``"zinb"``.
    encoder_input
        What the encoder sees: the ``"counts"``, or ``"log1p"`` of them.
    normalise
        Normalise every hidden layer over the minibatch.
    warmup_epochs
        Epochs over which the weight of the KL terms rises linearly from 0.
    batch_size
        Cells in a minibatch.
    epochs
        Passes over the cells.
    learning_rate
        Of Adam.
    clip_gradient
        Every entry of the gradient is clipped at plus and minus this value.
    """

    latent: SCVAELatent = "gaussian_mixture"
    latent_dim: int = 2
    hidden: tuple[int, ...] = (100,)
    likelihood: SCVAELikelihood = "poisson"
    encoder_input: EncoderInput = "counts"
    normalise: bool = True
    warmup_epochs: int = 0
    batch_size: int = 100
    epochs: int = 200
    learning_rate: float = 1e-4
    clip_gradient: float = 1.0

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        for key, kind in (
            ("latent", SCVAELatent),
            ("likelihood", SCVAELikelihood),
            ("encoder_input", EncoderInput),
        ):
            value, allowed = getattr(self, key), get_args(kind)
            if value not in allowed:
                raise UsageError(f"{key}={value!r} is unknown; choose {' or '.join(allowed)}.")
        check_widths(self, "hidden")
        check_at_least(self, latent_dim=1, warmup_epochs=0, batch_size=2, epochs=0)
        check_above_zero(self, "learning_rate", "clip_gradient")


class SCVAEMethod:
    """Variational autoencoder of raw counts, without size factors."""

    def __init__(self, config: SCVAEConfig) -> None:
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
        """Train one model for each seed; see `Method.fit`."""
        import torch

        from scinfovae.methods._scvae import train

        counts = torch.as_tensor(prepared.counts).to(device, torch.float32)

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return train(counts, self.config, n_clusters, seed, report)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="scvae",
    title="scVAE",
    version=1,
    citation=(
        "Grønbech, Vording, Timshel, Sønderby, Pers & Winther 2020, Bioinformatics 36:4415, "
        "doi 10.1093/bioinformatics/btaa293"
    ),
    summary="Variational autoencoder of raw counts whose prior is a mixture of K Gaussians.",
    needs_k=True,
    stochastic=True,
    own_labels=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 1,
        "min_cell_counts": 1,
        "n_hvg": None,
        "clip": None,
    },
    config_class=SCVAEConfig,
    method_class=SCVAEMethod,
)
