"""Minibatches for networks that normalise over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.methods._chance import Chance


def minibatches(chance: Chance, n_cells: int, size: int) -> list[Tensor]:
    """Shuffle all cells into minibatches, none of a single cell.

    A single cell has no variance to normalise by; it joins the minibatch before it.

    Parameters
    ----------
    chance
        Draws the order.
    n_cells
        How many there are.
    size
        Of a minibatch; the last one is smaller where it does not fit.

    Returns
    -------
    Positions of the cells.
    """
    parts = chance.batches(n_cells, size)
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts
