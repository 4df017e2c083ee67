"""The training of DESC: pairs of layers, all layers, Louvain, self-training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves, EpochMean
from scinfovae.methods._desc_network import StackedAutoencoder, pretrain_layers
from scinfovae.methods._louvain import louvain, neighbour_network
from scinfovae.methods._patience import Settled
from scinfovae.methods._resolution import Found, search_resolution
from scinfovae.methods._two_stages import two_stage_result
from scinfovae.model.self_training import clustering_kl, soft_assignment, target_distribution
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from torch import Tensor

    from scinfovae.methods.base import MethodResult
    from scinfovae.methods.desc import DESCConfig

    Report = Callable[[str, int, int], None]

MOMENTUM = 0.9


def train(
    scaled: Tensor, config: DESCConfig, n_clusters: int, seed: int, report: Report
) -> MethodResult:
    """Train the model of one seed.

    Parameters
    ----------
    scaled
        All cells on the device, array of shape (n_cells, n_genes).
    config
        The choices.
    n_clusters
        K, of use only where the resolution is searched.
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
    chance = Chance("desc", seed, scaled.device)
    widths = (scaled.shape[1], *config.hidden, config.latent_dim)
    network = StackedAutoencoder(widths, chance.generator("init"))
    curves = Curves()
    with curves.timed("pretrain"):
        pretrain_layers(network, scaled, config, chance, curves, report)
        pretrain(network, scaled, config, chance, curves, report)
        pretrained = network.embed(scaled)
    with curves.timed("louvain"):
        found = communities(pretrained.cpu().numpy(), config, n_clusters, seed)
    with curves.timed("fine_tune"):
        groups = torch.from_numpy(found.labels).to(scaled.device)
        centres = torch.nn.Parameter(means_of(pretrained, groups))
        labels = fine_tune(network, centres, groups, scaled, config, chance, curves, report)
        final = network.embed(scaled)
    told = {"louvain_clusters": found.n_communities, "resolution": found.resolution}
    return two_stage_result(pretrained, final, labels, curves, **told)


def communities(embedding: np.ndarray, config: DESCConfig, n_clusters: int, seed: int) -> Found:
    """Find Louvain communities at the resolution of the config, or at the one that gives K."""
    start = derive_seed(seed, "desc/louvain") % 2**31  # a C int
    network = neighbour_network(embedding, config.n_neighbors, start)

    def detect(resolution: float) -> np.ndarray:
        return louvain(network, resolution, start)

    if config.search_resolution:
        return search_resolution(detect, n_clusters)
    return Found(detect(config.resolution), config.resolution, 1)


def means_of(embedding: Tensor, groups: Tensor) -> Tensor:
    """Average the cells of each group, array of shape (n_groups, latent_dim)."""
    members = torch.nn.functional.one_hot(groups).to(embedding.dtype)
    return (members.T @ embedding) / members.sum(0).unsqueeze(1)


def pretrain(
    network: StackedAutoencoder,
    scaled: Tensor,
    config: DESCConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> None:
    """Minimise the squared error of all layers together, the learning rate falling by tens."""
    optimizer = None
    for epoch in range(config.pretrain_epochs):
        if epoch % 50 == 0:
            rate = 10.0 ** -(epoch // 50)
            optimizer = torch.optim.SGD(network.parameters(), rate, MOMENTUM, fused=True)
        assert optimizer is not None
        mean = EpochMean()
        for cells in chance.batches(len(scaled), config.batch_size):
            values = scaled[cells]
            loss = torch.nn.functional.mse_loss(network(values), values)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            mean.add(loss, len(cells))
        curves.add("pretrain", squared_error=mean.value())
        report("pretrain", epoch + 1, config.pretrain_epochs)


def fine_tune(
    network: StackedAutoencoder,
    centres: torch.nn.Parameter,
    groups: Tensor,
    scaled: Tensor,
    config: DESCConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> Tensor:
    """Minimise KL(P || Q) over the encoder and the centres until the clusters settle.

    Returns
    -------
    Clusters at the end, array of shape (n_cells,).
    """
    weights = [*network.encoder.parameters(), centres]
    optimizer = torch.optim.SGD(weights, config.learning_rate, MOMENTUM, fused=True)

    @torch.no_grad()
    def assign() -> Tensor:
        latent = network.embed(scaled).unsqueeze(0)
        return soft_assignment(latent, centres.unsqueeze(0), config.t_dof)

    settled = Settled(groups, config.tolerance)
    for update in range(config.max_updates):
        q = assign()
        if settled.look(q.argmax(-1)[0]) and update:
            break
        target = target_distribution(q)[0]
        for _ in range(config.epochs_per_update):
            mean = EpochMean()
            for cells in chance.batches(len(scaled), config.batch_size):
                latent = network.encode(scaled[cells]).unsqueeze(0)
                own = soft_assignment(latent, centres.unsqueeze(0), config.t_dof)
                loss = clustering_kl(target[cells].unsqueeze(0), own)[0]
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                mean.add(loss, len(cells))
            curves.add("fine_tune", clustering=mean.value(), label_change=settled.change)
        report("fine_tune", update + 1, config.max_updates)
    return assign().argmax(-1)[0]
