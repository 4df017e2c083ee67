"""Curves of a training, its time, and what they and the embedding say of its soundness."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scinfovae.methods.each_seed import DivergedError
from scinfovae.model.diagnostics import active_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


class Curves:
    """Losses of every epoch, and the seconds of every stage.

    Attributes
    ----------
    history
        ``stage.name`` to one value an epoch.
    seconds
        Stage to wall-clock time.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float | str]] = defaultdict(list)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Time a stage; times of the same stage add up."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start

    def add(self, stage: str, **losses: float) -> None:
        """Note what an epoch ended with.

        Raises
        ------
        DivergedError
            If a loss is not finite.
        """
        for name, value in losses.items():
            curve = self.history[f"{stage}.{name}"]
            curve.append(value)
            if not math.isfinite(value):
                raise DivergedError(
                    f"the {name.replace('_', ' ')} became {value} in epoch {len(curve)} of the "
                    f"stage {stage}"
                )


class EpochMean:
    """Mean of a loss over the cells of an epoch, read from the device once."""

    def __init__(self) -> None:
        self._total: Tensor | float = 0.0
        self._cells = 0

    def add(self, loss: Tensor, n_cells: int) -> None:
        """Add the mean loss of a batch."""
        self._total = self._total + loss.detach().double() * n_cells
        self._cells += n_cells

    def value(self) -> float:
        """Give the mean over all cells so far."""
        return float(self._total) / max(self._cells, 1)


def describe_embedding(embedding: Tensor) -> dict[str, Any]:
    """Count the dimensions in use.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, latent_dim).

    Returns
    -------
    ``active_units``, those that vary over cells by more than .01, and ``collapsed``, whether at
    most one does.
    """
    active = int(active_units(embedding.unsqueeze(0))[0])
    return {"active_units": active, "collapsed": active <= 1}
