"""The cells a stack is trained on, as tensors on its device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from scinfovae.model.objective import Batch

if TYPE_CHECKING:
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
        """Copy NumPy arrays to a device; `size_factors` has shape (n_cells,)."""
        factors = torch.as_tensor(size_factors, dtype=torch.float64).log().unsqueeze(1)
        return cls(
            torch.as_tensor(scaled).to(device, dtype),
            torch.as_tensor(counts).to(device, dtype),
            factors.to(device, dtype),
        )

    def batch(self, cells: Tensor) -> Batch:
        """Pick cells, positions of shape (n_seeds, n)."""
        return Batch(self.scaled[cells], self.counts[cells], self.log_size_factors[cells])

    def batches(self, width: int, cells: Tensor | None = None) -> list[Batch]:
        """Split all cells, the same for every seed of a stack, or given positions, in order.

        Parameters
        ----------
        width
            Number of seeds.
        cells
            Positions of shape (n_seeds, n), or None for all cells.
        """
        if cells is not None:
            return [self.batch(part) for part in cells.split(_ROWS, dim=1)]
        parts = zip(
            self.scaled.split(_ROWS),
            self.counts.split(_ROWS),
            self.log_size_factors.split(_ROWS),
            strict=True,
        )
        return [Batch(*(tensor.expand(width, -1, -1) for tensor in part)) for part in parts]
