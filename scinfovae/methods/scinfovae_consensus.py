"""ScInfoVAE as a consensus of small models: the suite's own preset, not the paper's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods._checks import check_at_least, check_fraction
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed
from scinfovae.model.config import FineTuneConfig, ModelConfig, PretrainConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class ConsensusConfig:
    """Choices of the consensus; where the paper states a value, this may depart from it.

    Attributes
    ----------
    members
        Models of a run. Those of seed s have the seeds s * members, s * members + 1, ..., so runs
        with different seeds share none.
    steps
        Optimiser steps of a model, rounded up to whole epochs; the same for any number of cells.
    n_components
        Principal components of the decoded expression that are clustered.
    starts
        K-means starts of a model's partition, of which the best is kept.
    latent_dim
        Dimensions of z.
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    likelihood
        ``"zinb"`` or ``"nb"``.
    alpha, lambda_
        The objective carries (1 - alpha) KL + (alpha + lambda_ - 1) D (Eq. 3), D the MMD.
    input_noise
        Standard deviation of the Gaussian noise added to the scaled input while training.
    learning_rate
        Of Adam.
    warmup_share
        Share of the epochs over which the weights of KL and D rise linearly from 0.
    batch_size
        Largest minibatch.
    held_out_fraction
        Share of cells kept from the gradient, for the held-out likelihood.
    """

    members: int = 5
    steps: int = 2000
    n_components: int = 50
    starts: int = 5
    latent_dim: int = 10
    hidden: tuple[int, ...] = (128,)
    likelihood: str = "zinb"
    alpha: float = 1.0
    lambda_: float = 1.0
    input_noise: float = 2.5
    learning_rate: float = 1e-3
    warmup_share: float = 0.25
    batch_size: int = 256
    held_out_fraction: float = 0.05

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, members=1, steps=1, n_components=2, starts=1)
        check_fraction(self, "warmup_share")
        self.model(1000)

    def model(self, n_cells: int) -> ModelConfig:
        """Give the choices of one model, for so many cells."""
        trained = n_cells - round(self.held_out_fraction * n_cells)
        epochs = -(-self.steps // max(1, -(-trained // self.batch_size)))
        return ModelConfig(
            latent_dim=self.latent_dim,
            hidden=self.hidden,
            likelihood=self.likelihood,  # type: ignore[arg-type]  # checked there
            alpha=self.alpha,
            lambda_=self.lambda_,
            input_noise=self.input_noise,
            batch_size=self.batch_size,
            held_out_fraction=self.held_out_fraction,
            pretrain=PretrainConfig(
                epochs=epochs,
                learning_rate=self.learning_rate,
                warmup_epochs=round(self.warmup_share * epochs),
            ),
            fine_tune=FineTuneConfig(epochs=0),
        )


class ConsensusMethod:
    """Small models, each clustered by the direction of what it decodes, and their vote."""

    def __init__(self, config: ConsensusConfig) -> None:
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
        """Train the models of one seed after those of another; see `Method.fit`."""
        from scinfovae.methods._consensus import fit_consensus

        return each_seed(
            seeds,
            progress,
            lambda seed, report: fit_consensus(
                prepared, self.config, n_clusters, seed, device, report
            ),
        )


INFO = MethodInfo(
    name="scinfovae_consensus",
    title="ScInfoVAE consensus",
    version=1,
    citation=(
        "this project, after Pan, Long & Pan 2023, BioData Mining 16:17, "
        "doi 10.1186/s13040-023-00333-1, and Dudoit & Fridlyand 2003, Bioinformatics 19:1090"
    ),
    summary=(
        "Several small ScInfoVAE models without fine-tuning, each clustered by the direction of "
        "the expression it decodes, and the vote of their partitions."
    ),
    needs_k=True,
    stochastic=True,
    own_labels=True,
    config_class=ConsensusConfig,
    method_class=ConsensusMethod,
)
