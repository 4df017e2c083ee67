"""Dense layers whose first weights come from a generator of their own."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

from scinfovae.model.products import affine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

Init = Literal["glorot", "torch"]


class Dense(nn.Linear):
    """A linear layer whose products go the way of `scinfovae.model.products`."""

    def forward(self, x: Tensor) -> Tensor:
        """Map an array of shape (..., n_in) to (..., n_out)."""
        rows = x.reshape(1, -1, self.in_features)
        values = affine(rows, self.weight.t().unsqueeze(0), self.bias.view(1, 1, -1))
        return values.view(*x.shape[:-1], self.out_features)


def dense(n_in: int, n_out: int, generator: torch.Generator, init: Init, heads: int = 1) -> Dense:
    """Build a dense layer.

    Parameters
    ----------
    n_in, n_out
        Widths.
    generator
        Draws the weights; the layer lies on its device.
    init
        ``"glorot"``: Keras' default, uniform in ±sqrt(6 / (n_in + n_out)), biases 0;
        ``"torch"``: PyTorch's, weights and biases uniform in ±1/sqrt(n_in).
    heads
        So many layers side by side in one matrix product, each started as if alone.

    Returns
    -------
    A layer of width ``heads * n_out``.
    """
    layer = nn.utils.skip_init(Dense, n_in, heads * n_out, device=generator.device)
    glorot = init == "glorot"
    bound = math.sqrt(6 / (n_in + n_out)) if glorot else 1 / math.sqrt(n_in)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        if glorot:
            layer.bias.zero_()
        else:
            layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


def chain(widths: Sequence[int], generator: torch.Generator, init: Init) -> nn.ModuleList:
    """Build the dense layers between neighbouring widths; see `dense`."""
    return nn.ModuleList(dense(a, b, generator, init) for a, b in pairwise(widths))
