"""Choices of the ablations: those of ScInfoVAE without the ones that define each of them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from scinfovae.methods._checks import check_at_least
from scinfovae.model.config import (
    Estimator,
    FineTuneConfig,
    Kernel,
    Likelihood,
    ModelConfig,
    PretrainConfig,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_GRID = 2.0**32


@dataclass(frozen=True)
class TrunkConfig:
    """Choices that all ablations share with ScInfoVAE; the defaults are its own.

    Attributes
    ----------
    latent_dim
        Dimensions of the embedding.
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    likelihood
        Reconstruction term; ``"zinb"``, ``"nb"``, ``"zinb_mse"`` on counts, ``"mse"`` and
        ``"gaussian"`` (unit variance) on the scaled input.
    mse_scale
        The constant c of ``"zinb_mse"``, squared error over 2c.
    gamma
        Weight of the self-training term.
    input_noise, hidden_noise
        Standard deviation of the Gaussian noise added to the scaled input and to the hidden
        pre-activations of the encoder while training.
    weight_decay
        Decoupled, as in AdamW.
    amsgrad
        Let Adam divide by the largest second moment so far.
    weight_average
        Decay, per step, of the moving average of the weights that a stage ends with; 0 is none.
    batch_size
        Largest minibatch.
    held_out_fraction
        Share of cells kept from the gradient, for the held-out likelihood.
    pretrain, fine_tune
        The two stages.
    """

    latent_dim: int = ModelConfig.latent_dim
    hidden: tuple[int, ...] = ModelConfig.hidden
    likelihood: Likelihood = ModelConfig.likelihood
    mse_scale: float = ModelConfig.mse_scale
    gamma: float = ModelConfig.gamma
    input_noise: float = ModelConfig.input_noise
    hidden_noise: float = ModelConfig.hidden_noise
    weight_decay: float = ModelConfig.weight_decay
    amsgrad: bool = ModelConfig.amsgrad
    weight_average: float = ModelConfig.weight_average
    batch_size: int = ModelConfig.batch_size
    held_out_fraction: float = ModelConfig.held_out_fraction
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    fine_tune: FineTuneConfig = field(default_factory=FineTuneConfig)

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        self.model()

    def _regulariser(self) -> Mapping[str, Any]:
        """Give the choices of `ModelConfig` that this ablation makes for good."""
        raise NotImplementedError

    def model(self) -> ModelConfig:
        """Give the whole of ScInfoVAE's choices, with those this ablation makes for good."""
        theirs = {item.name for item in fields(ModelConfig)}
        chosen = {item.name: getattr(self, item.name) for item in fields(self)}
        free = {name: value for name, value in chosen.items() if name in theirs}
        return ModelConfig(**{**free, **self._regulariser()})


@dataclass(frozen=True)
class AEConfig(TrunkConfig):
    """Choices of the autoencoder: z = m, and no regulariser."""

    def _regulariser(self) -> Mapping[str, Any]:
        return {"stochastic": False, "alpha": 1.0, "lambda_": 0.0}


@dataclass(frozen=True)
class VAEConfig(TrunkConfig):
    """Choices of the variational autoencoder.

    Attributes
    ----------
    initial_log_variance
        Where the log-variance of the posterior starts.
    """

    initial_log_variance: float = ModelConfig.initial_log_variance

    def _regulariser(self) -> Mapping[str, Any]:
        return {"alpha": 0.0, "lambda_": 1.0}


@dataclass(frozen=True)
class BetaVAEConfig(VAEConfig):
    """Choices of the beta-VAE.

    Attributes
    ----------
    beta
        Weight of KL(q(z|x) || p(z)); 1 is the VAE. Its authors use 4 where they compare methods.
    """

    beta: float = 4.0

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, beta=0)
        super().__post_init__()

    def _regulariser(self) -> Mapping[str, Any]:
        # alpha on a binary grid, so that the weight of D, alpha + lambda - 1, is exactly 0
        alpha = round((1 - self.beta) * _GRID) / _GRID
        return {"alpha": alpha, "lambda_": 1 - alpha}


@dataclass(frozen=True)
class InfoVAEMMDConfig(VAEConfig):
    """Choices of the InfoVAE with the maximum mean discrepancy and without KL.

    Attributes
    ----------
    lambda_
        Weight of D(q(z) || p(z)).
    mmd_kernel
        ``"rbf"`` exp(-d2 / latent_dim); with C = 2 latent_dim ``"imq"`` C / (C + d2), or ``"mq"``
        -sqrt(1 + d2 / C).
    mmd_estimator
        ``"v"`` keeps the diagonal (biased), ``"u"`` leaves it out.
    """

    lambda_: float = ModelConfig.lambda_
    mmd_kernel: Kernel = ModelConfig.mmd_kernel
    mmd_estimator: Estimator = ModelConfig.mmd_estimator

    def _regulariser(self) -> Mapping[str, Any]:
        return {"alpha": 1.0, "divergence": "mmd"}


@dataclass(frozen=True)
class InfoVAEJSConfig(VAEConfig):
    """Choices of the InfoVAE with the adversarial Jensen-Shannon divergence and without KL.

    Attributes
    ----------
    lambda_
        Weight of what the encoder minimises, -E log d(z) of the discriminator d; 1 as in
        adversarial autoencoders.
    """

    lambda_: float = 1.0

    def _regulariser(self) -> Mapping[str, Any]:
        return {"alpha": 1.0, "divergence": "js"}


@dataclass(frozen=True)
class InfoVAESteinConfig(VAEConfig):
    """Choices of the InfoVAE with the Stein variational gradient and without KL.

    Attributes
    ----------
    lambda_
        Weight of -<phi(z), z>, phi the Stein direction towards the prior. It is smoothed by its
        kernel: for 256 cells in 10 dimensions a weight of about 40 pulls a posterior beside the
        prior as KL(q(z) || p(z)) does with weight 1.
    """

    lambda_: float = 40.0

    def _regulariser(self) -> Mapping[str, Any]:
        return {"alpha": 1.0, "divergence": "stein"}
