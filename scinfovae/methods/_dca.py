"""The training of DCA, and the components of the values it denoised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from scinfovae.data.preprocessing import pca_space
from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves, EpochMean, describe_embedding
from scinfovae.methods._dca_network import DCANetwork
from scinfovae.methods._minibatches import minibatches
from scinfovae.methods._patience import Patience
from scinfovae.methods.base import MethodResult
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.dca import DCAConfig
    from scinfovae.model.cells import TrainingData

    Report = Callable[[str, int, int], None]

_ROWS = 2048


def train(
    prepared: Prepared, data: TrainingData, config: DCAConfig, seed: int, report: Report
) -> MethodResult:
    """Denoise with the model of one seed.

    Parameters
    ----------
    prepared
        The cells.
    data
        The same on the device.
    config
        The choices.
    seed
        The seed of the run.
    report
        Called with a stage, the epochs done, and all of them.

    Returns
    -------
    Embedding and curves.

    Raises
    ------
    DivergedError
        If a loss leaves the finite numbers.
    """
    chance = Chance("dca", seed, data.scaled.device)
    n_heads = 3 if config.likelihood == "zinb" else 2
    network = DCANetwork(data.scaled.shape[1], config.hidden, n_heads, chance.generator("init"))
    curves = Curves()
    with curves.timed("fit"):
        minimise(network, data, config, chance, curves, report)
    network.eval()
    with curves.timed("embed"):
        if config.embed == "bottleneck":
            embedding = network.bottleneck(data).cpu().numpy()
        else:
            values = logged(network.denoised(data), prepared)
            start = derive_seed(seed, "dca/pca")
            denoised = replace(prepared, scaled=values)
            embedding = pca_space(denoised, config.n_components, start)
    told = describe_embedding(torch.as_tensor(embedding))
    told["epochs"] = len(curves.history["fit.reconstruction"])
    return MethodResult(
        stages={"final": embedding},
        history=curves.history,
        diagnostics={"final": told},
        seconds=curves.seconds,
    )


def logged(means: Tensor, prepared: Prepared) -> np.ndarray:
    """Normalise denoised means to the median total and take log(1 + x).

    Parameters
    ----------
    means
        Decoded means without the size factors, array of shape (n_cells, n_genes).
    prepared
        Has the size factors, by which the totals of the denoised counts differ.

    Returns
    -------
    Array of shape (n_cells, n_genes).
    """
    totals = means.sum(1, keepdim=True, dtype=torch.float64)
    denoised_totals = totals[:, 0].numpy() * prepared.size_factors
    share = means / totals.to(means.dtype)
    return share.mul_(float(np.median(denoised_totals))).log1p_().numpy()


def minimise(
    network: DCANetwork,
    data: TrainingData,
    config: DCAConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> None:
    """Minimise the loss until that of held-out cells rises, and keep the last weights."""
    trained = [weights for weights in network.parameters() if weights.requires_grad]
    optimizer = torch.optim.RMSprop(trained, lr=config.learning_rate, alpha=0.9, eps=1e-7)
    order = chance.shuffled(len(data.scaled))
    n_held_out = max(1, round(config.held_out_fraction * len(order)))
    held_out, others = order[:n_held_out], order[n_held_out:]
    reduce, stop = Patience(config.reduce_patience, 1e-4), Patience(config.stop_patience)
    for epoch in range(config.epochs):
        network.train()
        mean = EpochMean()
        for part in minibatches(chance, len(others), config.batch_size):
            batch = data.batch(others[part])
            loss = network.mean_nll(batch, config.ridge)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_value_(trained, config.clip_gradient)
            optimizer.step()
            mean.add(loss, len(part))
        unseen = held_out_loss(network, data, held_out, config)
        curves.add("fit", reconstruction=mean.value(), held_out=unseen)
        report("fit", epoch + 1, config.epochs)
        if reduce.ends(unseen):
            for group in optimizer.param_groups:
                group["lr"] /= 10
        if stop.ends(unseen):
            break


@torch.no_grad()
def held_out_loss(
    network: DCANetwork, data: TrainingData, cells: Tensor, config: DCAConfig
) -> float:
    """Loss of held-out cells, with the running moments of batch normalisation."""
    network.eval()
    mean = EpochMean()
    for part in cells.split(_ROWS):
        batch = data.batch(part)
        mean.add(network.mean_nll(batch, config.ridge), len(part))
    return mean.value()
