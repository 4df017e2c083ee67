"""The network of DCA: dense layers with batch normalisation, and the heads of the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.methods._count_heads import CountHeads
from scinfovae.methods._dense import chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.model.cells import TrainingData
    from scinfovae.model.objective import Batch

_ROWS = 2048


class DCANetwork(nn.Module):
    """Dense, normalised, ReLU, down to the bottleneck and up again.

    Parameters
    ----------
    n_genes
        Width of the input.
    hidden
        Widths of the hidden layers, the bottleneck in the middle.
    n_heads
        3 for the ZINB, 2 for the NB.
    generator
        Draws the first weights.
    """

    def __init__(
        self, n_genes: int, hidden: Sequence[int], n_heads: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.centre = len(hidden) // 2
        self.dense = chain((n_genes, *hidden), generator, "glorot")
        self.norms = nn.ModuleList(_batch_norm(width, generator.device) for width in hidden)
        self.heads = CountHeads(hidden[-1], n_genes, generator, "glorot", n_heads)

    def _up_to(self, scaled: Tensor, depth: int) -> Tensor:
        hidden = scaled
        for layer, norm in zip(self.dense[:depth], self.norms[:depth], strict=True):
            hidden = torch.relu(norm(layer(hidden)))
        return hidden

    def mean_nll(self, batch: Batch, ridge: float = 0.0) -> Tensor:
        """Give the loss of reconstructed counts; see `CountHeads.mean_nll`."""
        return self.heads.mean_nll(self._up_to(batch.scaled, len(self.dense)), batch, ridge)

    @torch.no_grad()
    def bottleneck(self, data: TrainingData) -> Tensor:
        """Give the pre-activations of the middle layer before they are normalised."""
        middle = self.dense[self.centre]
        parts = data.scaled.split(_ROWS)
        return torch.cat([middle(self._up_to(part, self.centre)) for part in parts])

    @torch.no_grad()
    def denoised(self, data: TrainingData) -> Tensor:
        """Give the means of all counts without the size factors, on the CPU."""
        depth = len(self.dense)
        parts = data.scaled.split(_ROWS)
        return torch.cat([self.heads.means(self._up_to(part, depth)).cpu() for part in parts])


def _batch_norm(width: int, device: torch.device) -> nn.BatchNorm1d:
    """Build Keras' batch normalisation with a shift and without a scale."""
    norm = nn.BatchNorm1d(width, eps=1e-3, momentum=0.01, device=device)
    norm.weight.requires_grad_(False)
    return norm
