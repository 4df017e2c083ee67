"""The autoencoder of DESC, and how its layers are trained one pair after the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.methods._curves import EpochMean
from scinfovae.methods._dense import chain
from scinfovae.methods._patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.methods._chance import Chance
    from scinfovae.methods._curves import Curves
    from scinfovae.methods.desc import DESCConfig

_ROWS = 2048
_RATES = (0.1, 0.01, 0.001)


class StackedAutoencoder(nn.Module):
    """Dense encoder and mirrored decoder; tanh on embedding and output, ReLU elsewhere.

    Parameters
    ----------
    widths
        Of the input, the encoder's hidden layers and the embedding.
    generator
        Draws the first weights.
    """

    def __init__(self, widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = chain(widths, generator, "glorot")
        self.decoder = chain(widths[::-1], generator, "glorot")

    def encode(self, scaled: Tensor) -> Tensor:
        """Embed cells of shape (n_cells, n_genes), array of shape (n_cells, latent_dim)."""
        return _through(self.encoder, scaled)

    def forward(self, scaled: Tensor) -> Tensor:
        """Reconstruct cells, array of shape (n_cells, n_genes)."""
        return _through(self.decoder, self.encode(scaled))

    @torch.no_grad()
    def embed(self, scaled: Tensor) -> Tensor:
        """Embed all cells, some at a time."""
        return torch.cat([self.encode(part) for part in scaled.split(_ROWS)])

    def pair(self, depth: int) -> tuple[nn.Module, nn.Module, Callable, Callable]:
        """Give an encoding layer, the decoding layer that undoes it, and their activations."""
        last, first = depth + 1 == len(self.encoder), depth == 0
        return (
            self.encoder[depth],
            self.decoder[len(self.decoder) - 1 - depth],
            torch.tanh if last else torch.relu,
            torch.tanh if first else torch.relu,
        )


def _through(layers: nn.ModuleList, values: Tensor) -> Tensor:
    for layer in layers[:-1]:
        values = torch.relu(layer(values))
    return torch.tanh(layers[-1](values))


def pretrain_layers(
    network: StackedAutoencoder,
    scaled: Tensor,
    config: DESCConfig,
    chance: Chance,
    curves: Curves,
    report: Callable[[str, int, int], None],
) -> None:
    """Train each pair of layers as a denoising autoencoder of the values below it.

    Parameters
    ----------
    network
        Trained in place.
    scaled
        All cells, array of shape (n_cells, n_genes).
    config
        The choices.
    chance
        Random numbers of the run.
    curves
        Losses are noted here, pairs one after the other, as the stage ``layers``.
    report
        Called with the stage, the pairs done, and all of them.
    """
    values = scaled
    n_epochs = math.ceil(config.pretrain_epochs // 2 / len(_RATES))
    for depth in range(len(network.encoder)):
        encoder, decoder, activate, output = network.pair(depth)
        weights = [*encoder.parameters(), *decoder.parameters()]
        for rate in _RATES:
            optimizer = torch.optim.SGD(weights, rate, momentum=0.9, fused=True)
            patience = Patience(config.pretrain_patience, 1e-4)
            for _ in range(n_epochs):
                mean = EpochMean()
                for cells in chance.batches(len(values), config.batch_size):
                    below = values[cells]
                    hidden = activate(encoder(chance.dropped(below, config.dropout)))
                    rebuilt = output(decoder(chance.dropped(hidden, config.dropout)))
                    loss = nn.functional.mse_loss(rebuilt, below)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    mean.add(loss, len(cells))
                curves.add("layers", squared_error=mean.value())
                if patience.ends(mean.value()):
                    break
        with torch.no_grad():
            values = torch.cat([activate(encoder(part)) for part in values.split(_ROWS)])
        report("layers", depth + 1, len(network.encoder))
