"""The training of scziDesk: pretrain, choose centres, then three terms at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from scinfovae.clustering import kmeans_centres
from scinfovae.methods._chance import Chance
from scinfovae.methods._count_autoencoder import CountAutoencoder
from scinfovae.methods._curves import Curves, EpochMean
from scinfovae.methods._patience import Settled
from scinfovae.methods._two_stages import two_stage_result
from scinfovae.model.divergence import squared_distances
from scinfovae.model.self_training import clustering_kl, soft_assignment, target_distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from scinfovae.methods.base import MethodResult
    from scinfovae.methods.sczidesk import ScziDeskConfig
    from scinfovae.model.cells import TrainingData

    Report = Callable[[str, int, int], None]


def soft_kmeans(latent: Tensor, centres: Tensor) -> Tensor:
    """Distances to the centres weighted by soft clusters, mean over cells.

    The weights are the squares of softmax(-d^2), normalised over the centres again, which is
    softmax(-2 d^2); the gradient flows through them too.

    Parameters
    ----------
    latent
        Array of shape (n_cells, latent_dim).
    centres
        Array of shape (n_clusters, latent_dim).

    Returns
    -------
    One number.
    """
    distances = squared_distances(latent.unsqueeze(0), centres.unsqueeze(0))[0]
    return (torch.softmax(-2 * distances, dim=-1) * distances).sum(-1).mean()


def neighbour_divergence(latent: Tensor, t_dof: float) -> Tensor:
    """KL between sharpened and plain similarities of the cells of a minibatch, summed over cells.

    Each cell's Student similarities to all others add up to 1; sharpening squares them and
    normalises them again. The gradient flows through both.

    Parameters
    ----------
    latent
        Array of shape (n_cells, latent_dim).
    t_dof
        Degrees of freedom of the kernel.

    Returns
    -------
    One number, nats.
    """
    with_itself = soft_assignment(latent.unsqueeze(0), latent.unsqueeze(0), t_dof)
    others = with_itself * (1 - torch.eye(len(latent), device=latent.device, dtype=latent.dtype))
    similarity = others / others.sum(-1, keepdim=True)
    sharpened = target_distribution(similarity, "literal")
    return clustering_kl(sharpened, similarity)[0] * len(latent)


def filled_batches(n_cells: int, size: int, device: torch.device) -> list[Tensor]:
    """Split the cells in order; the last minibatch goes on with the first cells.

    Where the size divides the number of cells, the first minibatch comes once more.
    """
    positions = torch.arange((n_cells // size + 1) * size, device=device) % n_cells
    return list(positions.split(size))


def train(
    data: TrainingData, config: ScziDeskConfig, n_clusters: int, seed: int, report: Report
) -> MethodResult:
    """Train the model of one seed.

    Parameters
    ----------
    data
        All cells on the device.
    config
        The choices.
    n_clusters
        K.
    seed
        The seed of the run.
    report
        Called with a stage, the epochs done, and all of them.

    Returns
    -------
    Both embeddings, clusters, curves.

    Raises
    ------
    DivergedError
        If a loss leaves the finite numbers.
    """
    chance = Chance("sczidesk", seed, data.scaled.device)
    network = CountAutoencoder(
        data.scaled.shape[1], config.hidden, config.latent_dim, chance.generator("init"), "glorot"
    )
    # one Adam for both stages: its moments live on
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, fused=True)
    curves = Curves()
    with curves.timed("pretrain"):
        pretrain(network, optimizer, data, config, chance, curves, report)
        pretrained = network.embed(data)
    with curves.timed("fine_tune"):
        found = kmeans_centres(pretrained.cpu().numpy(), n_clusters, seed, config.centre_starts)
        centres = torch.nn.Parameter(torch.from_numpy(found).to(pretrained))
        optimizer.add_param_group({"params": centres})
        fine_tune(network, centres, optimizer, data, config, chance, curves, report)
        final = network.embed(data)
    labels = nearest(final, centres.detach())
    return two_stage_result(pretrained, final, labels, curves)


def nearest(latent: Tensor, centres: Tensor) -> Tensor:
    """Give the nearest centre of each cell, array of shape (n_cells,)."""
    return squared_distances(latent.unsqueeze(0), centres.unsqueeze(0))[0].argmin(-1)


def pretrain(
    network: CountAutoencoder,
    optimizer: torch.optim.Optimizer,
    data: TrainingData,
    config: ScziDeskConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> None:
    """Minimise the reconstruction term alone."""
    order = filled_batches(len(data.scaled), config.batch_size, data.scaled.device)
    for epoch in range(config.pretrain_epochs):
        mean = EpochMean()
        for cells in order:
            loss, _ = reconstruct(network, data, cells, config, chance)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            mean.add(loss, len(cells))
        curves.add("pretrain", reconstruction=mean.value())
        report("pretrain", epoch + 1, config.pretrain_epochs)


def reconstruct(
    network: CountAutoencoder,
    data: TrainingData,
    cells: Tensor,
    config: ScziDeskConfig,
    chance: Chance,
) -> tuple[Tensor, Tensor]:
    """Give the reconstruction term, mean over cells and genes, and the embedding it is from."""
    batch = data.batch(cells)

    def add_noise(values: Tensor) -> Tensor:
        return chance.noisy(values, config.noise)

    latent = network.encode(add_noise(batch.scaled), add_noise if config.noise else None)
    return network.mean_nll(latent, batch, config.ridge), latent


def fine_tune(
    network: CountAutoencoder,
    centres: torch.nn.Parameter,
    optimizer: torch.optim.Optimizer,
    data: TrainingData,
    config: ScziDeskConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> None:
    """Minimise all three terms until the clusters settle."""
    order = filled_batches(len(data.scaled), config.batch_size, data.scaled.device)
    settled = Settled(nearest(network.embed(data), centres.detach()), config.tolerance)
    for epoch in range(1, config.max_epochs + 1):
        report("fine_tune", epoch, config.max_epochs)
        if epoch % config.check_every == 0:
            if settled.look(nearest(network.embed(data), centres.detach())):
                break
            continue
        means = EpochMean(), EpochMean(), EpochMean()
        for cells in order:
            loss, latent = reconstruct(network, data, cells, config, chance)
            clustered = soft_kmeans(latent, centres)
            attracted = neighbour_divergence(latent, config.t_dof)
            total = loss + config.kmeans_weight * clustered
            total = total + config.self_training_weight * attracted
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            for mean, term in zip(means, (loss, clustered, attracted), strict=True):
                mean.add(term, len(cells))
        rebuilt, soft, self_training = (mean.value() for mean in means)
        curves.add(
            "fine_tune", reconstruction=rebuilt, soft_kmeans=soft, self_training=self_training
        )
