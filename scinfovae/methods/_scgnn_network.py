"""The feature autoencoder of scGNN, its loss and its passes over the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.methods._curves import EpochMean
from scinfovae.methods._dense import chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.methods.scgnn import ScGNNConfig

_ROWS = 4096


class FeatureAutoencoder(nn.Module):
    """Dense encoder and mirrored decoder, ReLU after every layer, embedding and output included.

    Parameters
    ----------
    widths
        Of the input, the encoder's hidden layers and the embedding.
    generator
        Draws the first weights.
    """

    def __init__(self, widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = chain(widths, generator, "torch")
        self.decoder = chain(widths[::-1], generator, "torch")

    def encode(self, values: Tensor) -> Tensor:
        """Embed cells of shape (n_cells, n_genes), array of shape (n_cells, latent_dim)."""
        return _through(self.encoder, values)

    def forward(self, values: Tensor) -> Tensor:
        """Reconstruct cells, array of shape (n_cells, n_genes)."""
        return _through(self.decoder, self.encode(values))

    @torch.no_grad()
    def embed(self, values: Tensor) -> Tensor:
        """Embed all cells, some at a time."""
        return torch.cat([self.encode(part) for part in values.split(_ROWS)])

    @torch.no_grad()
    def reconstruct(self, values: Tensor) -> Tensor:
        """Reconstruct all cells, some at a time."""
        return torch.cat([self(part) for part in values.split(_ROWS)])


def _through(layers: nn.ModuleList, values: Tensor) -> Tensor:
    for layer in layers:
        values = torch.relu(layer(values))
    return values


def loss_of(network: FeatureAutoencoder, values: Tensor, config: ScGNNConfig) -> Tensor:
    """Give the loss of a minibatch.

    Parameters
    ----------
    network
        The autoencoder.
    values
        Logged counts, array of shape (n_cells, n_genes).
    config
        The choices.

    Returns
    -------
    One number: weighted squared error, summed over cells and genes, and penalties of the weights.
    """
    loss = config.reconstruction_weight * (network(values) - values).square().sum()
    weights = list(network.parameters())
    if config.l1:
        loss = loss + config.l1 * torch.stack([w.abs().sum() for w in weights]).sum()
    if config.l2:
        loss = loss + config.l2 * torch.stack([w.square().sum() for w in weights]).sum()
    return loss


def run_epoch(
    network: FeatureAutoencoder,
    optimizer: torch.optim.Optimizer,
    values: Tensor,
    config: ScGNNConfig,
) -> float:
    """Take a step for each minibatch of cells in their order.

    Returns
    -------
    The loss by cell.
    """
    mean = EpochMean()
    for part in values.split(config.batch_size):
        loss = loss_of(network, part, config)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean.add(loss / len(part), len(part))
    return mean.value()
