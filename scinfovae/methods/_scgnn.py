"""The training of scGNN: features, then clusters, features and cell graph in turns."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves, describe_embedding
from scinfovae.methods._scgnn_graph import CellGraph, cell_graph, find_clusters
from scinfovae.methods._scgnn_graph_autoencoder import embed_graph
from scinfovae.methods._scgnn_network import FeatureAutoencoder, run_epoch
from scinfovae.methods.base import MethodResult
from scinfovae.metrics import adjusted_rand_index
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from scinfovae.methods.scgnn import ScGNNConfig

    Report = Callable[[str, int, int], None]


def train(values: Tensor, config: ScGNNConfig, seed: int, report: Report) -> MethodResult:
    """Train the model of one seed.

    Parameters
    ----------
    values
        Logged counts on the device, array of shape (n_cells, n_genes).
    config
        The choices.
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
    chance, curves = Chance("scgnn", seed, values.device), Curves()
    widths = (values.shape[1], *config.hidden, config.latent_dim)
    network = FeatureAutoencoder(widths, chance.generator("init"))
    optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, fused=True)

    def connect() -> tuple[CellGraph, Tensor]:
        with curves.timed("graph"):
            features = network.embed(values)
            start = derive_seed(seed, "scgnn/neighbours") % 2**31
            graph = cell_graph(features.cpu().numpy(), config.n_neighbors, start)
            if config.embedding == "feature":
                return graph, features
            latent = embed_graph(features, graph, config.graph, chance, curves, report)
            both = config.embedding == "both"
            return graph, torch.cat([features, latent], dim=1) if both else latent

    with curves.timed("pretrain"):
        for epoch in range(config.pretrain_epochs):
            curves.add("pretrain", loss=run_epoch(network, optimizer, values, config))
            report("pretrain", epoch + 1, config.pretrain_epochs)
    graph, embedding = connect()
    pretrained, shown = embedding, values
    labels, told = np.zeros(len(values), dtype=np.int64), {}
    for iteration in range(config.em_iterations):
        last = labels
        with curves.timed("clusters"):
            labels, n_communities = find_clusters(embedding.cpu().numpy(), graph, config, seed)
            agreement = adjusted_rand_index(last, labels)
        with curves.timed("em"):
            if config.cluster_epochs:
                shown = by_cluster(network, shown, labels, config, curves)
            for _ in range(config.em_epochs):
                curves.add("em", loss=run_epoch(network, optimizer, shown, config))
        graph, embedding = connect()
        told = {"louvain_communities": n_communities, "agreement": agreement}
        report("em", iteration + 1, config.em_iterations)
        if agreement > config.agreement:
            break
    told |= {"clusters": len(np.unique(labels)), "iterations": iteration + 1}
    return MethodResult(
        stages={"pretrained": pretrained.cpu().numpy(), "final": embedding.cpu().numpy()},
        own_labels=labels,
        history=curves.history,
        diagnostics={
            "pretrained": describe_embedding(pretrained),
            "final": describe_embedding(embedding) | told | graph_told(graph),
        },
        seconds=curves.seconds,
    )


def by_cluster(
    network: FeatureAutoencoder,
    values: Tensor,
    labels: np.ndarray,
    config: ScGNNConfig,
    curves: Curves,
) -> Tensor:
    """Reconstruct the cells once more, each cluster by an autoencoder of its own.

    Parameters
    ----------
    network
        The feature autoencoder; those of the clusters start as it is, and leave it as it is.
    values
        What it has learned from, array of shape (n_cells, n_genes).
    labels
        The clusters, shape (n_cells,).
    config
        The choices.
    curves
        The losses are noted here, as the stage ``cluster``.

    Returns
    -------
    Array of the shape of `values`.
    """
    rebuilt = network.reconstruct(values)
    result = torch.empty_like(rebuilt)
    for group in np.unique(labels):
        cells = torch.from_numpy(np.flatnonzero(labels == group)).to(values.device)
        own = copy.deepcopy(network)
        optimizer = torch.optim.Adam(own.parameters(), config.learning_rate, fused=True)
        for _ in range(config.cluster_epochs):
            curves.add("cluster", loss=run_epoch(own, optimizer, rebuilt[cells], config))
        result[cells] = own.reconstruct(rebuilt[cells])
    return result


def graph_told(graph: CellGraph) -> dict[str, Any]:
    """Count the edges of the cell graph, and those pruned."""
    n_edges = len(graph.all_edges)
    return {"edges": n_edges, "pruned_edges": n_edges - len(graph.kept_edges)}
