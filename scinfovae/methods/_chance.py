"""The random numbers of one run of a method: one generator for each purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from torch import Tensor


class Chance:
    """Draws of one seed, none of them from the generator that all of torch shares.

    Parameters
    ----------
    method
        Name of the method, so that two methods share no stream.
    seed
        The seed of the run.
    device
        Where the numbers are drawn.
    """

    def __init__(self, method: str, seed: int, device: torch.device) -> None:
        self._method, self._seed, self._device = method, seed, device
        self._generators: dict[str, torch.Generator] = {}

    def generator(self, purpose: str) -> torch.Generator:
        """Give the generator of one purpose, e.g. ``"init"``."""
        if purpose not in self._generators:
            number = derive_seed(self._seed, f"{self._method}/{purpose}")
            self._generators[purpose] = torch.Generator(self._device).manual_seed(number)
        return self._generators[purpose]

    def noisy(self, values: Tensor, amount: float) -> Tensor:
        """Add Gaussian noise of a standard deviation."""
        if not amount:
            return values
        noise = torch.empty_like(values).normal_(0.0, amount, generator=self.generator("noise"))
        return noise.add_(values)

    def dropped(self, values: Tensor, rate: float) -> Tensor:
        """Set a share of the values to 0 and scale the others up, as dropout does."""
        if not rate:
            return values
        kept = torch.empty_like(values).bernoulli_(1 - rate, generator=self.generator("dropout"))
        return values * kept.mul_(1 / (1 - rate))

    def shuffled(self, n_cells: int) -> Tensor:
        """Give the cells in a random order."""
        return torch.randperm(n_cells, generator=self.generator("order"), device=self._device)

    def batches(self, n_cells: int, size: int) -> list[Tensor]:
        """Shuffle all cells into minibatches, the last one smaller where it does not fit."""
        return list(self.shuffled(n_cells).split(size))
