"""The graph convolution of graph-sc, its loss and its training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves, EpochMean, describe_embedding
from scinfovae.methods._dense import chain
from scinfovae.methods._minibatches import minibatches
from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.methods._graph_sc_graph import Edges, GeneCellGraph
    from scinfovae.methods.graph_sc import GraphSCConfig

    Report = Callable[[str, int, int], None]

_ROWS = 2048


class CellEncoder(nn.Module):
    """A graph convolution onto the cells (ReLU), then dense layers.

    Parameters
    ----------
    n_features
        What describes a gene or a cell.
    config
        The choices.
    generator
        Draws the first weights.
    """

    def __init__(self, n_features: int, config: GraphSCConfig, generator: torch.Generator) -> None:
        super().__init__()
        (self.convolution,) = chain((n_features, config.hidden_dim), generator, "glorot")
        self.dense = chain((config.hidden_dim, *config.dense), generator, "torch")

    def forward(
        self, edges: Edges, gene_features: Tensor, cell_features: Tensor, cells_of_gene: Tensor
    ) -> Tensor:
        """Embed cells.

        Parameters
        ----------
        edges
            Into these cells.
        gene_features, cell_features
            Of all genes and of these cells, arrays of shape (n_genes, n_features) and
            (n_cells, n_features).
        cells_of_gene
            Edges out of each gene, by whose square root its messages are divided, array of shape
            (n_genes,).

        Returns
        -------
        Array of shape (n_cells, n_dimensions).
        """
        messages = gene_features / cells_of_gene.clamp_min(1).sqrt().unsqueeze(1)
        # a cell sends itself its own features; nothing is sent to other cells
        received = edges.weights @ messages + cell_features
        hidden = torch.relu(self.convolution(received / (edges.degree + 1).sqrt()))
        for layer in self.dense:
            hidden = layer(hidden)
        return hidden


def pair_loss(embedding: Tensor) -> Tensor:
    """Cross-entropy of telling from inner products which cells are connected.

    No edge joins two cells, so each is connected with itself alone, and weighs as much as all
    pairs that it is in.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions), at least two cells.

    Returns
    -------
    One number: the mean over pairs, times n^2 / (2 (n^2 - n)).
    """
    n_cells = len(embedding)
    logits = embedding @ embedding.T
    loss = nn.functional.binary_cross_entropy_with_logits(
        logits,
        torch.eye(n_cells, device=logits.device),
        pos_weight=torch.tensor(n_cells - 1.0, device=logits.device),
    )
    return loss * n_cells / (2 * (n_cells - 1))


def train(
    graph: GeneCellGraph, config: GraphSCConfig, seed: int, graph_seconds: float, report: Report
) -> MethodResult:
    """Train the encoder of one seed.

    Parameters
    ----------
    graph
        Genes and cells, on the device.
    config
        The choices.
    seed
        The seed of the run.
    graph_seconds
        What the graph took, a part for each seed.
    report
        Called with a stage, the epochs done, and all of them.

    Returns
    -------
    Embedding and curves.

    Raises
    ------
    DivergedError
        If the loss leaves the finite numbers.
    """
    chance, curves = Chance("graph_sc", seed, graph.counts.device), Curves()
    curves.seconds["graph"] = graph_seconds
    encoder = CellEncoder(graph.gene_features.shape[1], config, chance.generator("init"))
    optimizer = torch.optim.Adam(encoder.parameters(), config.learning_rate, fused=True)
    with curves.timed("fit"):
        for epoch in range(config.epochs):
            mean = EpochMean()
            for cells in minibatches(chance, len(graph.counts), config.batch_size):
                edges = graph.edges_to(cells)
                embedding = encoder(
                    edges,
                    chance.dropped(graph.gene_features, config.dropout),
                    chance.dropped(graph.cell_features[cells], config.dropout),
                    (edges.weights > 0).sum(0),
                )
                loss = pair_loss(chance.dropped(embedding, config.decoder_dropout))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                mean.add(loss, len(cells))
            curves.add("fit", pairs=mean.value())
            report("fit", epoch + 1, config.epochs)
    with curves.timed("embed"):
        final = embed(encoder, graph, config.batch_size)
    return MethodResult(
        stages={"final": final.cpu().numpy()},
        history=curves.history,
        diagnostics={"final": _describe(final)},
        seconds=curves.seconds,
    )


@torch.no_grad()
def embed(encoder: CellEncoder, graph: GeneCellGraph, batch_size: int) -> Tensor:
    """Embed all cells, each as if in a minibatch of which the others are like all cells.

    Parameters
    ----------
    encoder
        The trained encoder.
    graph
        Genes and cells.
    batch_size
        Cells in a minibatch of the training.

    Returns
    -------
    Array of shape (n_cells, n_dimensions).
    """
    n_cells = len(graph.counts)
    others = (min(batch_size, n_cells) - 1) / max(n_cells - 1, 1)
    # of the edges out of a gene, one is into the cell itself
    expected = 1 + others * (graph.cells_of_gene - 1)
    parts = torch.arange(n_cells, device=graph.counts.device).split(_ROWS)
    return torch.cat(
        [
            encoder(
                graph.edges_to(cells), graph.gene_features, graph.cell_features[cells], expected
            )
            for cells in parts
        ]
    )


def _describe(embedding: Tensor) -> dict[str, float | bool]:
    """Describe an embedding in units of the root mean square of its values."""
    scale = float(embedding.square().mean().sqrt())
    return {**describe_embedding(embedding / max(scale, 1e-30)), "scale": scale}
