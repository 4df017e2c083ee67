"""A moving average of the weights over the steps of a stage."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor


class WeightAverage:
    """Exponentially weighted mean of weights (Polyak averaging).

    Parameters
    ----------
    weights
        The arrays that training changes in place.
    decay
        What one step leaves of the earlier mean; 0 averages nothing. Early on it is less,
        t / (t + 3) at step t, so that a short training forgets where it began.
    """

    def __init__(self, weights: Sequence[Tensor], decay: float) -> None:
        self._weights, self._decay = list(weights), decay
        self._mean: list[Tensor] = []
        self._steps = 0

    @torch.no_grad()
    def add(self, n_steps: int) -> None:
        """Take in the present weights, reached ``n_steps`` after those before."""
        if not self._decay:
            return
        if not self._mean:
            self._mean = [weight.detach().clone() for weight in self._weights]
        left = 1.0
        for step in range(self._steps + 1, self._steps + n_steps + 1):
            left *= min(self._decay, step / (step + 3))
        self._steps += n_steps
        torch._foreach_lerp_(self._mean, self._weights, 1 - left)

    @torch.no_grad()
    def exchange(self) -> None:
        """Put the mean in the place of the weights, and the weights in that of the mean."""
        for weight, mean in zip(self._weights, self._mean, strict=False):
            held = weight.detach().clone()
            weight.copy_(mean)
            mean.copy_(held)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the mean stand in the place of the weights while the context is open."""
        self.exchange()
        try:
            yield
        finally:
            self.exchange()
