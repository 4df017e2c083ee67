"""ScInfoVAE as a consensus of small models: the suite's own preset, not the paper's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.errors import UsageError
from scinfovae.methods._checks import check_at_least, check_fraction
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed
from scinfovae.model.config import FineTuneConfig, ModelConfig, PretrainConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class MemberConfig:
    """Choices of the models of one kind.

    Attributes
    ----------
    pretrain_steps, fine_tune_steps
        Optimiser steps in each stage, rounded up to whole epochs; the same for any number of cells.
    input_noise
        Standard deviation of the Gaussian noise added to the scaled input while training.
    lambda_
        Weight of the MMD.
    weight_average
        Decay, per step, of the moving average of the weights that a stage ends with; 0 is none.
    """

    pretrain_steps: int
    fine_tune_steps: int
    input_noise: float
    lambda_: float
    weight_average: float


@dataclass(frozen=True)
class ConsensusConfig:
    """Choices of the consensus; where the paper states a value, this may depart from it.

    The divergence of every model is the MMD with the RBF kernel, with which these were chosen.

    Attributes
    ----------
    members
        Models of each of the two kinds. No run shares a model with one of another seed.
    decoded
        The models that place a cell by the direction of the expression they decode.
    self_trained
        The models that place a cell by its direction in their latent space, after self-training.
    n_components
        Principal components of the decoded expression, and of the embedding.
    starts
        Starts of every K-means, of which the best is kept.
    latent_dim
        Dimensions of z.
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    likelihood
        ``"zinb"`` or ``"nb"``.
    gamma
        Weight of the self-training term.
    learning_rate, fine_tune_learning_rate
        Of Adam in the two stages.
    warmup_share
        Share of the first epochs over which the weight of the MMD rises linearly from 0.
    batch_size
        Largest minibatch.
    held_out_fraction
        Share of cells kept from the gradient, for the held-out likelihood.
    """

    members: int = 4
    decoded: MemberConfig = field(
        default_factory=lambda: MemberConfig(2000, 0, 2.5, 1.0, 0.0),
    )
    self_trained: MemberConfig = field(
        default_factory=lambda: MemberConfig(2000, 1500, 5.0, 10.0, 0.999),
    )
    n_components: int = 50
    starts: int = 5
    latent_dim: int = 10
    hidden: tuple[int, ...] = (128,)
    likelihood: str = "zinb"
    gamma: float = 100.0
    learning_rate: float = 1e-3
    fine_tune_learning_rate: float = 1e-4
    warmup_share: float = 0.25
    batch_size: int = 256
    held_out_fraction: float = 0.05

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, members=1, n_components=2, starts=1, batch_size=1)
        check_fraction(self, "warmup_share", "held_out_fraction")
        for name, kind in (("decoded", self.decoded), ("self_trained", self.self_trained)):
            try:
                check_at_least(kind, pretrain_steps=1, fine_tune_steps=0)
                self.model(kind, 1000)
            except UsageError as error:
                raise UsageError(f"{name}: {error}") from error

    def model(self, kind: MemberConfig, n_cells: int) -> ModelConfig:
        """Give the choices of one model, for so many cells."""
        trained = n_cells - round(self.held_out_fraction * n_cells)
        per_epoch = max(1, math.ceil(trained / self.batch_size))
        epochs = math.ceil(kind.pretrain_steps / per_epoch)
        return ModelConfig(
            latent_dim=self.latent_dim,
            hidden=self.hidden,
            likelihood=self.likelihood,  # type: ignore[arg-type]  # checked there
            alpha=1.0,
            lambda_=kind.lambda_,
            mmd_kernel="rbf",
            gamma=self.gamma,
            input_noise=kind.input_noise,
            weight_average=kind.weight_average,
            batch_size=self.batch_size,
            held_out_fraction=self.held_out_fraction,
            pretrain=PretrainConfig(
                epochs=epochs,
                learning_rate=self.learning_rate,
                warmup_epochs=round(self.warmup_share * epochs),
            ),
            fine_tune=FineTuneConfig(
                epochs=math.ceil(kind.fine_tune_steps / per_epoch),
                learning_rate=self.fine_tune_learning_rate,
                update_interval=1,
            ),
        )


class ConsensusMethod:
    """Small models of two kinds, two partitions of what each sees, and their vote."""

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
    version=2,
    citation=(
        "this project, after Pan, Long & Pan 2023, BioData Mining 16:17, "
        "doi 10.1186/s13040-023-00333-1, and Dudoit & Fridlyand 2003, Bioinformatics 19:1090"
    ),
    summary=(
        "Small ScInfoVAE models, some seen by the direction of the expression they decode and "
        "some, self-trained with more noise, by that of z; K-means and Ward partitions of all vote."
    ),
    needs_k=True,
    stochastic=True,
    own_labels=True,
    config_class=ConsensusConfig,
    method_class=ConsensusMethod,
)
