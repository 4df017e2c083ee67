"""The autoencoder of counts that scDeepCluster and scziDesk train."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.methods._count_heads import CountHeads
from scinfovae.methods._dense import Init, chain, dense

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.model.cells import TrainingData
    from scinfovae.model.objective import Batch

_ROWS = 2048


class CountAutoencoder(nn.Module):
    """Dense encoder, linear embedding, mirrored decoder, heads of the ZINB.

    Parameters
    ----------
    n_genes
        Width of the input.
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    latent_dim
        Dimensions of the embedding.
    generator
        Draws the first weights.
    init
        How; see `scinfovae.methods._dense.dense`.
    """

    def __init__(
        self,
        n_genes: int,
        hidden: Sequence[int],
        latent_dim: int,
        generator: torch.Generator,
        init: Init,
    ) -> None:
        super().__init__()
        self.encoder = chain((n_genes, *hidden), generator, init)
        self.embedding = dense(hidden[-1], latent_dim, generator, init)
        self.decoder = chain((latent_dim, *reversed(hidden)), generator, init)
        self.heads = CountHeads(hidden[0], n_genes, generator, init)

    def encode(self, scaled: Tensor, add_noise: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Embed cells.

        Parameters
        ----------
        scaled
            Array of shape (n_cells, n_genes).
        add_noise
            Applied to each hidden pre-activation, or None.

        Returns
        -------
        Array of shape (n_cells, latent_dim).
        """
        hidden = scaled
        for layer in self.encoder:
            hidden = layer(hidden)
            hidden = torch.relu(hidden if add_noise is None else add_noise(hidden))
        return self.embedding(hidden)

    def mean_nll(self, latent: Tensor, batch: Batch, ridge: float = 0.0) -> Tensor:
        """Give the loss of counts decoded from embeddings; see `CountHeads.mean_nll`."""
        hidden = latent
        for layer in self.decoder:
            hidden = torch.relu(layer(hidden))
        return self.heads.mean_nll(hidden, batch, ridge)

    @torch.no_grad()
    def embed(self, data: TrainingData) -> Tensor:
        """Embed all cells without noise, array of shape (n_cells, latent_dim)."""
        return torch.cat([self.encode(part) for part in data.scaled.split(_ROWS)])
