"""Every choice of the model that a user can make, with its default."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from scinfovae.errors import UsageError

Likelihood = Literal["zinb", "nb", "mse", "zinb_mse", "gaussian"]
Divergence = Literal["mmd", "js", "stein"]
Kernel = Literal["rbf", "imq", "mq"]
Estimator = Literal["v", "u"]
Target = Literal["paper", "literal"]
Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True)
class PretrainConfig:
    """First stage: the objective without the clustering term.

    Attributes
    ----------
    epochs
        Passes over the cells.
    learning_rate
        Of Adam.
    schedule
        ``"constant"``, or ``"cosine"``: the learning rate falls to 0 by the end of the stage.
    warmup_epochs
        Epochs over which the weights of KL and D rise linearly from 0. Without it the decoder of
        a noisy dataset can learn to ignore z before the encoder has found anything to say.
    patience
        Stop a seed when its held-out likelihood has not improved for this many epochs and go
        back to its best weights; 0 never stops (the paper has no early stop).
    """

    epochs: int = 600
    learning_rate: float = 1e-3
    schedule: Schedule = "constant"
    warmup_epochs: int = 200
    patience: int = 0


@dataclass(frozen=True)
class FineTuneConfig:
    """Second stage: the same objective with the self-training term (Eq. 9 to 12).

    Attributes
    ----------
    epochs
        Passes over the cells.
    learning_rate
        Of Adam, for weights and cluster centres.
    schedule
        ``"constant"``, or ``"cosine"``: the learning rate falls to 0 by the end of the stage.
    update_interval
        Epochs between two refreshes of the target distribution P.
    t_dof
        Degrees of freedom of the Student kernel (the paper calls it alpha).
    target
        ``"paper"``: cluster frequencies summed over cells; ``"literal"``: Eq. 10 as printed,
        summed over clusters, which is 1.
    kl_term
        Keep the (1 - alpha) KL term of Eq. 3 in this stage; Eq. 12 drops it.
    centre_starts
        K-means starts for the initial centres.
    stop_label_change
        Stop a seed when less than this share of cells changes cluster between two refreshes of P;
        0 never stops.
    """

    epochs: int = 500
    learning_rate: float = 1e-4
    schedule: Schedule = "constant"
    update_interval: int = 20
    t_dof: float = 1.0
    target: Target = "paper"
    kl_term: bool = True
    centre_starts: int = 20
    stop_label_change: float = 0.0


@dataclass(frozen=True)
class ModelConfig:
    """Network, objective and schedule.

    Attributes
    ----------
    latent_dim
        Dimensions of the embedding.
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    stochastic
        Draw z from the posterior; false makes the encoder deterministic, z = m.
    initial_log_variance
        Where the log-variance of the posterior starts. From 0 the first samples of z are noise,
        which the decoder learns to ignore before the encoder can say anything.
    likelihood
        Reconstruction term; ``"zinb"``, ``"nb"``, ``"zinb_mse"`` on counts, ``"mse"`` and
        ``"gaussian"`` (unit variance) on the scaled input.
    mse_scale
        The constant c of Eq. 8 in ``"zinb_mse"``, squared error over 2c.
    alpha, lambda_
        The objective carries (1 - alpha) KL + (alpha + lambda_ - 1) D (Eq. 3).
    gamma
        Weight of the self-training term.
    divergence
        D between aggregated posterior and prior.
    mmd_kernel
        ``"rbf"`` exp(-d2 / latent_dim); with C = 2 latent_dim ``"imq"`` C / (C + d2), or ``"mq"``
        -sqrt(1 + d2 / C), whose pull on far cells does not vanish.
    mmd_estimator
        ``"v"`` keeps the diagonal (biased), ``"u"`` leaves it out.
    input_noise, hidden_noise
        Standard deviation of the Gaussian noise added to the scaled input and to the hidden
        pre-activations of the encoder while training.
    weight_decay
        Each step takes this times the learning rate of every weight and bias away, beside Adam's
        own move (decoupled, as in AdamW); cluster centres are left alone.
    amsgrad
        Let Adam divide by the largest second moment so far.
    weight_average
        Decay, per step, of a moving average of the weights that takes their place at the end of a
        stage; renewed once an epoch. 0 keeps the last weights.
    batch_size
        Largest minibatch; the cells of an epoch are split into batches of equal size (± 1).
    held_out_fraction
        Share of cells kept from the gradient, for the held-out likelihood.
    pretrain, fine_tune
        The two stages.
    """

    latent_dim: int = 10
    hidden: tuple[int, ...] = (500, 256, 256)
    stochastic: bool = True
    initial_log_variance: float = -4.0
    likelihood: Likelihood = "zinb"
    mse_scale: float = 1.0
    alpha: float = 1.0
    lambda_: float = 10.0
    gamma: float = 100.0
    divergence: Divergence = "mmd"
    mmd_kernel: Kernel = "mq"
    mmd_estimator: Estimator = "v"
    input_noise: float = 5.0
    hidden_noise: float = 0.0
    weight_decay: float = 0.0
    amsgrad: bool = False
    weight_average: float = 0.999
    batch_size: int = 256
    held_out_fraction: float = 0.05
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    fine_tune: FineTuneConfig = field(default_factory=FineTuneConfig)

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        _check_choices(self)
        _check_ranges(self)
        if not self.stochastic and self.alpha != 1:
            raise UsageError(
                f"alpha={self.alpha} with stochastic=false: a deterministic encoder has no KL "
                "term; set alpha=1 (and lambda_=0 for a plain autoencoder)."
            )

    @property
    def kl_weight(self) -> float:
        """Weight of KL(q(z|x) || p(z)) in the objective."""
        return 1 - self.alpha

    @property
    def divergence_weight(self) -> float:
        """Weight of D(q(z) || p(z)) in the objective."""
        return self.alpha + self.lambda_ - 1


_CHOICES = {
    "likelihood": Likelihood,
    "divergence": Divergence,
    "mmd_kernel": Kernel,
    "mmd_estimator": Estimator,
}


def _check_choices(config: ModelConfig) -> None:
    named = [(key, getattr(config, key), get_args(kind)) for key, kind in _CHOICES.items()]
    named.append(("fine_tune.target", config.fine_tune.target, get_args(Target)))
    for stage in ("pretrain", "fine_tune"):
        named.append((f"{stage}.schedule", getattr(config, stage).schedule, get_args(Schedule)))
    for key, value, allowed in named:
        if value not in allowed:
            raise UsageError(f"{key}={value!r} is unknown; choose one of {', '.join(allowed)}.")


def _check_ranges(config: ModelConfig) -> None:
    smallest: dict[str, float] = {"latent_dim": 1, "batch_size": 2}
    for part, prefix in (
        (config, ""),
        (config.pretrain, "pretrain."),
        (config.fine_tune, "fine_tune."),
    ):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            name = prefix + item.name
            low = smallest.get(name, 0)
            if not math.isfinite(value):
                raise UsageError(f"{name}={value} must be a finite number.")
            if item.type == "int" and value != int(value):
                raise UsageError(f"{name}={value} must be a whole number.")
            if name in {"alpha", "lambda_", "initial_log_variance"}:
                continue
            if value < low:
                raise UsageError(f"{name}={value} must be at least {low}.")
    if not config.hidden or min(config.hidden) < 1:
        raise UsageError(f"hidden={list(config.hidden)} must name at least one positive width.")
    if config.weight_average >= 1:
        raise UsageError(f"weight_average={config.weight_average} must be below 1.")
    if config.held_out_fraction > 0.5:
        raise UsageError(f"held_out_fraction={config.held_out_fraction} must be at most 0.5.")
    for name in ("t_dof", "update_interval", "centre_starts"):
        if getattr(config.fine_tune, name) <= 0:
            raise UsageError(f"fine_tune.{name} must be above 0.")
    if config.mse_scale <= 0:
        raise UsageError(f"mse_scale={config.mse_scale} must be above 0.")
    if config.divergence_weight < 0 or config.kl_weight < 0:
        raise UsageError(
            f"alpha={config.alpha}, lambda_={config.lambda_} give a negative weight "
            f"(1-alpha={config.kl_weight}, alpha+lambda_-1={config.divergence_weight})."
        )
