"""The training of scDeepCluster: pretrain, choose centres, draw the cells to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from scinfovae.clustering import kmeans_centres
from scinfovae.methods._chance import Chance
from scinfovae.methods._count_autoencoder import CountAutoencoder
from scinfovae.methods._curves import Curves, EpochMean
from scinfovae.methods._patience import Patience, Settled
from scinfovae.methods._two_stages import two_stage_result
from scinfovae.model.self_training import clustering_kl, soft_assignment, target_distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from scinfovae.methods.base import MethodResult
    from scinfovae.methods.scdeepcluster import ScDeepClusterConfig
    from scinfovae.model.cells import TrainingData

    Report = Callable[[str, int, int], None]


def train(
    data: TrainingData, config: ScDeepClusterConfig, n_clusters: int, seed: int, report: Report
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
    chance = Chance("scdeepcluster", seed, data.scaled.device)
    network = CountAutoencoder(
        data.scaled.shape[1], config.hidden, config.latent_dim, chance.generator("init"), "torch"
    )
    curves = Curves()
    with curves.timed("pretrain"):
        pretrain(network, data, config, chance, curves, report)
        pretrained = network.embed(data)
    with curves.timed("fine_tune"):
        found = kmeans_centres(pretrained.cpu().numpy(), n_clusters, seed, config.centre_starts)
        centres = torch.nn.Parameter(torch.from_numpy(found).to(pretrained))
        q = fine_tune(network, centres, data, config, chance, curves, report)
        final = network.embed(data)
    return two_stage_result(pretrained, final, q.argmax(-1), curves)


def reconstruction(
    network: CountAutoencoder,
    data: TrainingData,
    cells: Tensor,
    config: ScDeepClusterConfig,
    chance: Chance,
) -> Tensor:
    """Loss of counts decoded from noisy cells, mean over cells and genes."""
    batch = data.batch(cells)
    add_noise = None
    if config.hidden_noise:
        add_noise = partial(chance.noisy, amount=config.hidden_noise)
    latent = network.encode(chance.noisy(batch.scaled, config.input_noise), add_noise)
    return network.mean_nll(latent, batch)


def pretrain(
    network: CountAutoencoder,
    data: TrainingData,
    config: ScDeepClusterConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> None:
    """Minimise the reconstruction term over shuffled minibatches."""
    optimizer = torch.optim.Adam(
        network.parameters(), lr=config.pretrain_learning_rate, amsgrad=True, fused=True
    )
    patience = Patience(config.pretrain_patience)
    for epoch in range(config.pretrain_epochs):
        mean = EpochMean()
        for cells in chance.batches(len(data.scaled), config.batch_size):
            loss = reconstruction(network, data, cells, config, chance)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            mean.add(loss, len(cells))
        curves.add("pretrain", reconstruction=mean.value())
        report("pretrain", epoch + 1, config.pretrain_epochs)
        if patience.ends(mean.value()):
            break


def fine_tune(
    network: CountAutoencoder,
    centres: torch.nn.Parameter,
    data: TrainingData,
    config: ScDeepClusterConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> Tensor:
    """Minimise reconstruction + gamma KL(P || Q) until the clusters settle.

    Minibatches are taken in the order of the cells, Q from the embedding without noise.

    Returns
    -------
    Q at the end, array of shape (n_cells, n_clusters).
    """
    optimizer = torch.optim.Adadelta(
        [*network.parameters(), centres], lr=config.learning_rate, rho=0.95
    )
    order = torch.arange(len(data.scaled), device=data.scaled.device)

    @torch.no_grad()
    def assign() -> Tensor:
        return soft_assignment(network.embed(data).unsqueeze(0), centres.unsqueeze(0), config.t_dof)

    q = assign()
    settled = Settled(q.argmax(-1), config.tolerance)
    for epoch in range(config.max_epochs):
        if epoch % config.update_interval == 0:
            if epoch:
                q = assign()
                if settled.look(q.argmax(-1)):
                    break
            target = target_distribution(q)
        rebuilt, clustered = EpochMean(), EpochMean()
        for cells in order.split(config.batch_size):
            loss = reconstruction(network, data, cells, config, chance)
            rebuilt.add(loss, len(cells))
            latent = network.encode(data.scaled[cells])
            own = soft_assignment(latent.unsqueeze(0), centres.unsqueeze(0), config.t_dof)
            divergence = clustering_kl(target[:, cells], own)[0]
            clustered.add(divergence, len(cells))
            optimizer.zero_grad()
            (loss + config.gamma * divergence).backward()
            optimizer.step()
        curves.add(
            "fine_tune",
            reconstruction=rebuilt.value(),
            clustering=clustered.value(),
            label_change=settled.change,
        )
        report("fine_tune", epoch + 1, config.max_epochs)
    return assign()[0]
