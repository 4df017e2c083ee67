"""The graph autoencoder of scGNN: two graph convolutions and inner products of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.methods._chance import Chance
    from scinfovae.methods._curves import Curves
    from scinfovae.methods._scgnn_graph import CellGraph
    from scinfovae.methods.scgnn import GraphAutoencoderConfig

_PAIRS = 2**22  # logits held at a time


class _AllPairs(torch.autograd.Function):
    """Sum of log(1 + exp(z_i z_j)) over all pairs, in blocks: no n x n matrix is ever kept."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor) -> Tensor:
        total = torch.zeros((), dtype=torch.float64, device=latent.device)
        slopes = torch.empty_like(latent)
        size = max(1, _PAIRS // len(latent))
        for start in range(0, len(latent), size):
            logits = latent[start : start + size] @ latent.T
            total += nn.functional.softplus(logits).sum(dtype=torch.float64)
            torch.mm(logits.sigmoid_(), latent, out=slopes[start : start + size])
        ctx.save_for_backward(slopes)
        return total.to(latent.dtype)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> Tensor:
        (slopes,) = ctx.saved_tensors
        return 2 * outer[0] * slopes


def pair_loss(latent: Tensor, ends: Tensor, n_edges: int) -> Tensor:
    """Cross-entropy of all pairs of cells, those of the graph weighted as much as the others.

    Parameters
    ----------
    latent
        Array of shape (n_cells, latent_dim); the logit of a pair is the inner product.
    ends
        Pairs that are connected, both ways, and each cell with itself, array of shape (2, n_ones).
    n_edges
        How many of them join two cells, both ways.

    Returns
    -------
    One number, the mean over pairs, times n^2 / (2 (n^2 - n_edges)).
    """
    n_pairs = len(latent) ** 2
    weight = (n_pairs - n_edges) / max(n_edges, 1)
    logits = (latent[ends[0]] * latent[ends[1]]).sum(1)
    softplus = nn.functional.softplus
    # a connected pair costs weight * softplus(-logit) instead of the softplus(logit) of all pairs
    instead = (weight * softplus(-logits) - softplus(logits)).sum()
    return (_AllPairs.apply(latent) + instead) / (2 * (n_pairs - n_edges))


def kl_to_prior(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """Give KL(q(z|x) || N(0, I)), the mean over cells, nats."""
    squares = 1 + 2 * log_deviation - mean.square() - (2 * log_deviation).exp()
    return -0.5 * squares.sum(1).mean()


def normalized_adjacency(n_cells: int, edges: np.ndarray, device: torch.device) -> Tensor:
    """Build D^-1/2 (A + I) D^-1/2.

    Parameters
    ----------
    n_cells
        How many cells.
    edges
        Undirected edges, each once, array of shape (n_edges, 2).
    device
        Where it is wanted.

    Returns
    -------
    Sparse array of shape (n_cells, n_cells).
    """
    ends = _both_ways(n_cells, edges)
    degree = np.bincount(ends[0], minlength=n_cells).astype(np.float64)
    weights = (degree[ends[0]] * degree[ends[1]]) ** -0.5
    shape = (n_cells, n_cells)
    # checks switched off by name, because leaving it open is a warning
    made = torch.sparse_coo_tensor(
        torch.from_numpy(ends), torch.from_numpy(weights).float(), shape, check_invariants=False
    )
    return made.to(device).coalesce()


def _both_ways(n_cells: int, edges: np.ndarray) -> np.ndarray:
    itself = np.arange(n_cells)
    return np.concatenate([edges.T, edges.T[::-1], np.stack([itself, itself])], axis=1)


class GraphEncoder(nn.Module):
    """Two graph convolutions without biases, the second one for mean and log deviation."""

    def __init__(self, n_in: int, hidden: int, latent: int, generator: torch.Generator) -> None:
        super().__init__()
        self.hidden = _glorot(n_in, hidden, generator)
        self.mean = _glorot(hidden, latent, generator)
        self.log_deviation = _glorot(hidden, latent, generator)

    def forward(self, features: Tensor, adjacency: Tensor) -> tuple[Tensor, Tensor]:
        """Give mean and log deviation, arrays of shape (n_cells, latent_dim)."""
        hidden = torch.relu(adjacency @ (features @ self.hidden))
        return adjacency @ (hidden @ self.mean), adjacency @ (hidden @ self.log_deviation)


def _glorot(n_in: int, n_out: int, generator: torch.Generator) -> nn.Parameter:
    weight = torch.empty(n_in, n_out, device=generator.device)
    return nn.Parameter(nn.init.xavier_uniform_(weight, generator=generator))


def embed_graph(
    embedding: Tensor,
    graph: CellGraph,
    config: GraphAutoencoderConfig,
    chance: Chance,
    curves: Curves,
    report: Callable[[str, int, int], None],
) -> Tensor:
    """Embed the cell graph, each cell told by which of its features lie above their mean.

    A tenth and a twentieth of the edges are left out, which the authors keep for tests.

    Parameters
    ----------
    embedding
        Features, array of shape (n_cells, n_features).
    graph
        The cell graph; all its edges, also the pruned ones, as in the authors' code.
    config
        The choices.
    chance
        Random numbers of the run.
    curves
        Losses are noted here.
    report
        Called with a stage, the epochs done, and all of them.

    Returns
    -------
    Array of shape (n_cells, latent_dim).
    """
    features = (embedding > embedding.mean(0)).to(embedding.dtype)
    n_cells, n_edges = len(features), len(graph.all_edges)
    order = chance.shuffled(n_edges).cpu().numpy()
    edges = graph.all_edges[order[n_edges // 20 + n_edges // 10 :]]
    adjacency = normalized_adjacency(n_cells, edges, features.device)
    ends = torch.from_numpy(_both_ways(n_cells, edges)).to(features.device)
    start = chance.generator("graph")
    network = GraphEncoder(features.shape[1], config.hidden_dim, config.latent_dim, start)
    optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, fused=True)
    for epoch in range(config.epochs):
        mean, log_deviation = network(features, adjacency)
        noise = torch.empty_like(mean).normal_(generator=chance.generator("noise"))
        latent = mean + log_deviation.exp() * noise
        loss = pair_loss(latent, ends, 2 * len(edges))
        loss = loss + kl_to_prior(mean, log_deviation) / n_cells
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        curves.add("graph", pairs=float(loss.detach()))
        report("graph", epoch + 1, config.epochs)
    with torch.no_grad():
        return network(features, adjacency)[0]
