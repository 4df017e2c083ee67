"""The optimiser of a stage: Adam, with decoupled weight decay and a learning-rate schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from scinfovae.model.config import FineTuneConfig, ModelConfig, PretrainConfig


def adam(
    weights: Sequence[Tensor],
    centres: Sequence[Tensor],
    config: ModelConfig,
    learning_rate: float,
    capturable: bool,
) -> torch.optim.AdamW:
    """Make the optimiser of a stage; without weight decay it is Adam.

    Parameters
    ----------
    weights
        Of the network; these decay.
    centres
        Of the clusters, or none; these do not, for the origin is no better place than another.
    config
        Weight decay and AMSGrad.
    learning_rate
        At the beginning of the stage.
    capturable
        Keep the state on the device, so that a step can be recorded.
    """
    groups: list[dict[str, Any]] = [{"params": list(weights)}]
    if centres:
        groups.append({"params": list(centres), "weight_decay": 0.0})
    # on a GPU a recorded step reads the learning rate where it lies
    rate = torch.tensor(learning_rate, device=weights[0].device) if capturable else learning_rate
    return torch.optim.AdamW(
        groups,
        lr=rate,
        weight_decay=config.weight_decay,
        amsgrad=config.amsgrad,
        fused=True,
        capturable=capturable,
    )


def set_learning_rate(
    optimizer: torch.optim.Optimizer, schedule: PretrainConfig | FineTuneConfig, epoch: int
) -> None:
    """Set the learning rate of an epoch, counted from 0.

    With the schedule ``"cosine"`` it is (1 + cos(pi epoch / epochs)) / 2 times the first one
    (Loshchilov & Hutter 2017, Eq. 5, without restarts).
    """
    if schedule.schedule == "constant":
        return
    rate = schedule.learning_rate * (1 + math.cos(math.pi * epoch / schedule.epochs)) / 2
    for group in optimizer.param_groups:
        if torch.is_tensor(group["lr"]):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
