"""From a decoder's last hidden layer to the distribution of the counts, and to their likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from scinfovae.methods._dense import Init, dense
from scinfovae.model.heads import layer_nll, read_heads

if TYPE_CHECKING:
    from scinfovae.model.objective import Batch


class CountHeads(nn.Module):
    """Dense layers side by side for log mu, theta and, zero-inflated, logit pi.

    Parameters
    ----------
    n_in
        Width of the last hidden layer.
    n_genes
        Width of each head.
    generator, init
        Draw the first weights; see `scinfovae.methods._dense.dense`.
    n_heads
        3 for the ZINB, 2 for the NB.
    """

    def __init__(
        self, n_in: int, n_genes: int, generator: torch.Generator, init: Init, n_heads: int = 3
    ) -> None:
        super().__init__()
        self.n_genes, self.n_heads = n_genes, n_heads
        self.layer = dense(n_in, n_genes, generator, init, heads=n_heads)

    def mean_nll(self, hidden: Tensor, batch: Batch, ridge: float = 0.0) -> Tensor:
        """Give the negative log-likelihood of the counts, mean over cells and genes.

        Parameters
        ----------
        hidden
            Array of shape (n_cells, n_in).
        batch
            The cells.
        ridge
            Weight of the mean of pi^2, which is added.

        Returns
        -------
        One number, nats per count.
        """
        weight, bias = self.layer.weight, self.layer.bias
        nll = layer_nll(
            hidden.unsqueeze(0),
            weight.T.unsqueeze(0),
            bias.expand(1, 1, -1),
            batch.counts.unsqueeze(0),
            batch.log_size_factors.unsqueeze(0),
            batch.log_factorials.unsqueeze(0),
        )
        loss = nll.mean() / self.n_genes
        if ridge and self.n_heads == 3:
            first = 2 * self.n_genes
            dropout = torch.sigmoid(linear(hidden, weight[first:], bias[first:]))
            loss = loss + ridge * dropout.square().mean()
        return loss

    def means(self, hidden: Tensor) -> Tensor:
        """Give mu without the size factors, array of shape (n_cells, n_genes)."""
        no_factors = hidden.new_zeros(len(hidden), 1)
        return read_heads(self.layer(hidden), no_factors, self.n_heads).log_mean.exp()
