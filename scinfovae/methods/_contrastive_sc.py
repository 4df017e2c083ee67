"""The encoder of contrastive-sc, its loss and its training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves, EpochMean, describe_embedding
from scinfovae.methods._dense import chain
from scinfovae.methods._minibatches import minibatches
from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.methods.contrastive_sc import ContrastiveSCConfig

    Report = Callable[[str, int, int], None]

_ROWS = 4096
_LOWEST_RATE = 1e-3  # of the first, at the end of the cosine


class Encoder(nn.Module):
    """Dense layers, normalised over the minibatch but for the last, onto the unit sphere.

    Parameters
    ----------
    widths
        Of the input, the hidden layers and the embedding.
    generator
        Draws the first weights.
    """

    def __init__(self, widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.dense = chain(widths, generator, "glorot")
        self.norms = nn.ModuleList(
            nn.BatchNorm1d(width, device=generator.device) for width in widths[1:-1]
        )

    def forward(self, values: Tensor) -> Tensor:
        """Embed cells, rows of length 1, array of shape (n_cells, latent_dim)."""
        hidden = values
        for layer, norm in zip(self.dense[:-1], self.norms, strict=True):
            hidden = torch.relu(norm(layer(hidden)))
        return nn.functional.normalize(self.dense[-1](hidden), dim=1)


def contrastive_loss(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """NT-Xent: cross-entropy of finding the other view of a cell among all other views.

    Parameters
    ----------
    first, second
        Two views of the same cells, rows of length 1, arrays of shape (n_cells, latent_dim).
    temperature
        Similarities are divided by it.

    Returns
    -------
    One number, the mean over both views of all cells, nats.

    References
    ----------
    Chen et al., A simple framework for contrastive learning of visual representations, ICML 2020,
    Eq. 1.
    """
    views = torch.cat([first, second])
    n_cells = len(first)
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    similarities = (views @ views.T / temperature).masked_fill(itself, -math.inf)
    other = torch.arange(len(views), device=views.device).roll(n_cells)
    return nn.functional.cross_entropy(similarities, other)


def learning_rate(config: ContrastiveSCConfig, epoch: int) -> float:
    """Give the rate of an epoch, counted from 0, on the cosine."""
    lowest = config.learning_rate * _LOWEST_RATE
    fallen = (1 + math.cos(math.pi * min(epoch / config.schedule_epochs, 1))) / 2
    return lowest + (config.learning_rate - lowest) * fallen


def train(scaled: Tensor, config: ContrastiveSCConfig, seed: int, report: Report) -> MethodResult:
    """Train the encoder of one seed.

    Parameters
    ----------
    scaled
        Array of shape (n_cells, n_genes) on the device.
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
        If the loss leaves the finite numbers.
    """
    chance = Chance("contrastive_sc", seed, scaled.device)
    widths = (scaled.shape[1], *config.hidden, config.latent_dim)
    encoder = Encoder(widths, chance.generator("init"))
    optimizer = torch.optim.Adam(encoder.parameters(), config.learning_rate, fused=True)
    curves = Curves()
    with curves.timed("fit"):
        encoder.train()
        for epoch in range(config.epochs):
            optimizer.param_groups[0]["lr"] = learning_rate(config, epoch)
            mean = EpochMean()
            for cells in minibatches(chance, len(scaled), config.batch_size):
                values = scaled[cells]
                # one after the other, for each view is normalised by its own moments
                first, second = (encoder(chance.dropped(values, config.dropout)) for _ in range(2))
                loss = contrastive_loss(first, second, config.temperature)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                mean.add(loss, len(cells))
            curves.add("fit", contrast=mean.value())
            report("fit", epoch + 1, config.epochs)
    encoder.eval()
    with curves.timed("embed"), torch.no_grad():
        embedding = torch.cat([encoder(part) for part in scaled.split(_ROWS)])
    return MethodResult(
        stages={"final": embedding.cpu().numpy()},
        history=curves.history,
        diagnostics={"final": _describe(embedding)},
        seconds=curves.seconds,
    )


def _describe(embedding: Tensor) -> dict[str, float | bool]:
    """Describe an embedding on the unit sphere, where a dimension cannot vary by much."""
    told = describe_embedding(embedding * embedding.shape[1] ** 0.5)
    return {**told, "spread": float(embedding.var(0).sum())}
