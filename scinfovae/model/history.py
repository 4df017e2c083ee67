"""The curves of a training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor


class History:
    """What was recorded of every epoch, one value per seed.

    Numbers, not tensors: thousands of small tensors between the large ones of the steps would keep
    the memory of those from being given back.
    """

    def __init__(self) -> None:
        self._stages: list[str] = []
        self._values: list[dict[str, Sequence[float]]] = []
        self._idle: list[frozenset[int]] = []

    def __len__(self) -> int:
        return len(self._values)

    def add_epoch(
        self, stage: str, values: Mapping[str, Sequence[float]], idle: Iterable[int]
    ) -> None:
        """Begin the record of an epoch.

        Parameters
        ----------
        stage
            Name of the stage.
        values
            One number a seed, by name.
        idle
            Seeds that had stopped; their values mean nothing.
        """
        self._stages.append(stage)
        self._values.append(dict(values))
        self._idle.append(frozenset(idle))

    def note(self, name: str, values: Tensor) -> None:
        """Add an array of shape (n_seeds,) to the last epoch."""
        self._values[-1][name] = values.tolist()

    def columns(self, row: int) -> dict[str, list[float | str]]:
        """Give the curves of one seed, equally long, NaN where nothing was recorded."""
        columns: dict[str, list[float | str]] = {"stage": list(self._stages)}
        for name in dict.fromkeys(name for epoch in self._values for name in epoch):
            columns[name] = [
                math.nan if row in idle or name not in epoch else float(epoch[name][row])
                for epoch, idle in zip(self._values, self._idle, strict=True)
            ]
        return columns
