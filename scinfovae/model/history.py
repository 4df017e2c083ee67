"""The curves of a training, kept on its device until somebody asks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor


class History:
    """What was recorded of every epoch, one value per seed."""

    def __init__(self) -> None:
        self._stages: list[str] = []
        self._values: list[dict[str, Tensor]] = []
        self._idle: list[frozenset[int]] = []

    def __len__(self) -> int:
        return len(self._values)

    def add_epoch(self, stage: str, values: Mapping[str, Tensor], idle: Iterable[int]) -> None:
        """Begin the record of an epoch.

        Parameters
        ----------
        stage
            Name of the stage.
        values
            Arrays of shape (n_seeds,).
        idle
            Seeds that had stopped; their values mean nothing.
        """
        self._stages.append(stage)
        self._values.append(dict(values))
        self._idle.append(frozenset(idle))

    def note(self, name: str, values: Tensor) -> None:
        """Add an array of shape (n_seeds,) to the last epoch."""
        self._values[-1][name] = values

    def columns(self, row: int) -> dict[str, list[float | str]]:
        """Give the curves of one seed, equally long, NaN where nothing was recorded."""
        columns: dict[str, list[float | str]] = {"stage": list(self._stages)}
        for name in dict.fromkeys(name for epoch in self._values for name in epoch):
            epochs = [k for k, epoch in enumerate(self._values) if name in epoch]
            values = torch.stack([self._values[k][name] for k in epochs])[:, row].tolist()
            recorded = dict(zip(epochs, values, strict=True))
            columns[name] = [
                math.nan if row in idle else float(recorded.get(k, math.nan))
                for k, idle in enumerate(self._idle)
            ]
        return columns
