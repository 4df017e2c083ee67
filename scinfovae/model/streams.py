"""Random numbers of a stack: one stream per seed and purpose, so that seeds share nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Generator, Tensor

Purpose = Literal["init", "order", "noise", "posterior", "prior", "held_out", "diagnostics"]


class Streams:
    """Draws that give a seed of a stack the same numbers as the seed alone.

    Parameters
    ----------
    seeds
        The seeds of the runs in the stack.
    device
        Where the numbers are drawn.
    dtype
        Of real-valued draws.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device, dtype: torch.dtype) -> None:
        self._seeds = tuple(seeds)
        self._device = device
        self._dtype = dtype
        self._generators: dict[str, list[Generator]] = {}

    def generators(self, purpose: Purpose) -> list[Generator]:
        """Give one generator per seed."""
        if purpose not in self._generators:
            self._generators[purpose] = [
                torch.Generator(self._device).manual_seed(derive_seed(seed, f"model/{purpose}"))
                for seed in self._seeds
            ]
        return self._generators[purpose]

    def normal(self, purpose: Purpose, *shape: int) -> Tensor:
        """Draw standard normal numbers of shape (n_seeds, *shape)."""
        drawn = torch.empty(len(self._seeds), *shape, device=self._device, dtype=self._dtype)
        return self.fill(purpose, drawn)

    def fill(self, purpose: Purpose, buffer: Tensor) -> Tensor:
        """Write standard normal numbers over an array of shape (n_seeds, ...)."""
        for row, generator in zip(buffer, self.generators(purpose), strict=True):
            row.normal_(generator=generator)
        return buffer

    def permutation(self, purpose: Purpose, n: int) -> Tensor:
        """Draw one permutation of range(n) per seed, shape (n_seeds, n)."""
        return torch.stack(
            [torch.randperm(n, generator=g, device=self._device) for g in self.generators(purpose)]
        )
