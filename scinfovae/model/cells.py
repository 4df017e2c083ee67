"""The cells a stack is trained on, as tensors on its device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from scinfovae.model.objective import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_ROWS = 2048


@dataclass(frozen=True)
class TrainingData:
    """All cells of a dataset on the device.

    Attributes
    ----------
    scaled, counts
        Model input and reconstruction target, arrays of shape (n_cells, n_genes).
    log_size_factors
        Array of shape (n_cells, 1).
    """

    scaled: Tensor
    counts: Tensor
    log_size_factors: Tensor

    @classmethod
    def from_arrays(
        cls,
        scaled: np.ndarray,
        counts: np.ndarray,
        size_factors: np.ndarray,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> TrainingData:
        """Take NumPy arrays to a device; `size_factors` has shape (n_cells,).

        Arrays that lie on the device already, in the right precision, are shared, not copied.
        """
        factors = torch.as_tensor(size_factors, dtype=torch.float64).log().unsqueeze(1)
        return cls(
            torch.as_tensor(scaled).to(device, dtype),
            torch.as_tensor(counts).to(device, dtype),
            factors.to(device, dtype),
        )

    @cached_property
    def log_factorials(self) -> Tensor:
        """Sum over genes of log Gamma(x + 1), the constant of the counts; shape (n_cells, 1)."""
        parts = [torch.lgamma(part.double() + 1).sum(1) for part in self.counts.split(_ROWS)]
        return torch.cat(parts).unsqueeze(1).to(self.counts.dtype)

    def batch(self, cells: Tensor) -> Batch:
        """Pick cells, positions of shape (n_seeds, n)."""
        picked = cells.flatten()
        scaled, counts, log_size_factors, log_factorials = (
            tensor.index_select(0, picked).view(*cells.shape, -1) for tensor in self._columns()
        )
        return Batch(scaled, counts, log_size_factors, log_factorials.squeeze(-1))

    def batches(self, width: int, cells: Tensor | None = None) -> Iterator[Batch]:
        """Split all cells, the same for every seed of a stack, or given positions, in order.

        Parameters
        ----------
        width
            Number of seeds.
        cells
            Positions of shape (n_seeds, n), or None for all cells, which are not copied.
        """
        if cells is not None:
            yield from (self.batch(part) for part in cells.split(_ROWS, dim=1))
            return
        for part in zip(*(tensor.split(_ROWS) for tensor in self._columns()), strict=True):
            scaled, counts, log_size_factors, log_factorials = (
                tensor.expand(width, -1, -1) for tensor in part
            )
            yield Batch(scaled, counts, log_size_factors, log_factorials.squeeze(-1))

    def _columns(self) -> tuple[Tensor, ...]:
        return self.scaled, self.counts, self.log_size_factors, self.log_factorials
