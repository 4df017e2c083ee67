"""The training of scVAE, its lower bound, and the clusters it assigns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from scinfovae.clustering import cluster
from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves, EpochMean, describe_embedding
from scinfovae.methods._minibatches import minibatches
from scinfovae.methods._scvae_network import SCVAENetwork
from scinfovae.methods.base import MethodResult
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from torch import Tensor

    from scinfovae.methods.scvae import SCVAEConfig

    Report = Callable[[str, int, int], None]

_NO_SHARE = 1e-12


class Terms(NamedTuple):
    """Terms of the negative lower bound, means over cells in nats."""

    reconstruction: Tensor
    kl_latent: Tensor
    kl_clusters: Tensor

    def total(self, kl_weight: float) -> Tensor:
        """Add them up."""
        return self.reconstruction + kl_weight * (self.kl_latent + self.kl_clusters)


def lower_bound(network: SCVAENetwork, values: Tensor, counts: Tensor, noise: Tensor) -> Terms:
    """Give the terms of the bound, the cluster summed out, one draw of z for each cluster.

    Parameters
    ----------
    network
        The model.
    values, counts
        What the encoder sees and the counts, arrays of shape (n_cells, n_genes).
    noise
        Standard normal draws of shape (n_components, n_cells, latent_dim).

    Returns
    -------
    The negative terms.

    References
    ----------
    Grønbech et al. 2020, Methods, the Gaussian-mixture variational autoencoder.
    """
    log_clusters = network.log_clusters(values)
    clusters = log_clusters.exp()
    posterior = network.encode(values)
    latent = posterior.mean + posterior.variance.sqrt() * noise
    if network.mixture:
        components = network.components()
        kl = posterior.log_density(latent) - components.log_density(latent)
    else:
        mean, variance = posterior
        kl = 0.5 * (mean**2 + variance - 1 - variance.log()).sum(-1)
    # Where a cell surely is not in a cluster: 0, not 1e-40, for such numbers slow a CPU down.
    weights = clusters.where(clusters > _NO_SHARE, 0.0).T
    return Terms(
        (weights * network.nll(latent, counts)).sum(0).mean(),
        (weights * kl).sum(0).mean(),
        math.log(clusters.shape[1]) + (clusters * log_clusters).sum(1).mean(),
    )


def train(
    counts: Tensor, config: SCVAEConfig, n_clusters: int, seed: int, report: Report
) -> MethodResult:
    """Train the model of one seed.

    Parameters
    ----------
    counts
        Array of shape (n_cells, n_genes) on the device.
    config
        The choices.
    n_clusters
        Components of the mixture, or clusters of K-means.
    seed
        The seed of the run.
    report
        Called with a stage, the epochs done, and all of them.

    Returns
    -------
    Embedding, clusters and curves.

    Raises
    ------
    DivergedError
        If the loss leaves the finite numbers.
    """
    chance = Chance("scvae", seed, counts.device)
    n_components = n_clusters if config.latent == "gaussian_mixture" else 1
    network = SCVAENetwork(counts.shape[1], n_components, config, chance.generator("init"))
    values = counts.log1p() if config.encoder_input == "log1p" else counts
    curves = Curves()
    with curves.timed("fit"):
        minimise(network, values, counts, n_components, config, chance, curves, report)
    with curves.timed("embed"), torch.no_grad():
        log_clusters = network.log_clusters(values)
        embedding = embed(network, values, log_clusters)
    with curves.timed("assign"):
        if network.mixture:
            labels = log_clusters.argmax(1).cpu().numpy()
        else:
            labels = kmeans_labels(embedding, n_clusters, seed)
    told = describe_embedding(embedding) | {"clusters": len(set(labels.tolist()))}
    return MethodResult(
        stages={"final": embedding.cpu().numpy()},
        own_labels=labels,
        history=curves.history,
        diagnostics={"final": told},
        seconds=curves.seconds,
    )


def minimise(
    network: SCVAENetwork,
    values: Tensor,
    counts: Tensor,
    n_components: int,
    config: SCVAEConfig,
    chance: Chance,
    curves: Curves,
    report: Report,
) -> None:
    """Maximise the lower bound with Adam, for a fixed number of epochs."""
    weights = list(network.parameters())
    optimizer = torch.optim.Adam(weights, config.learning_rate, fused=True)
    for epoch in range(config.epochs):
        kl_weight = min(epoch / config.warmup_epochs, 1.0) if config.warmup_epochs else 1.0
        means = [EpochMean() for _ in Terms._fields]
        for cells in minibatches(chance, len(counts), config.batch_size):
            noise = torch.empty(n_components, len(cells), config.latent_dim, device=counts.device)
            noise.normal_(generator=chance.generator("noise"))
            terms = lower_bound(network, values[cells], counts[cells], noise)
            optimizer.zero_grad()
            terms.total(kl_weight).backward()
            torch.nn.utils.clip_grad_value_(weights, config.clip_gradient)
            optimizer.step()
            for mean, term in zip(means, terms, strict=True):
                mean.add(term, len(cells))
        losses = {name: mean.value() for name, mean in zip(Terms._fields, means, strict=True)}
        curves.add("fit", **losses)
        report("fit", epoch + 1, config.epochs)


def embed(network: SCVAENetwork, values: Tensor, log_clusters: Tensor) -> Tensor:
    """Average the means of q(z|x, y) over q(y|x), array of shape (n_cells, latent_dim).

    All cells go through at once, so that the hidden layers are normalised over all of them.
    """
    parts = (
        network.encode(values, slice(k, k + 1)).mean[0] * log_clusters[:, k : k + 1].exp()
        for k in range(log_clusters.shape[1])
    )
    return torch.stack(list(parts)).sum(0)


def kmeans_labels(embedding: Tensor, n_clusters: int, seed: int) -> np.ndarray:
    """Cluster an embedding by K-means, whole numbers of shape (n_cells,)."""
    start = derive_seed(seed, "scvae/kmeans")
    return cluster("kmeans", embedding.cpu().numpy(), n_clusters, start).labels
