"""Stopping rules that wait for a loss to improve, and for labels to settle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Patience:
    """Waits for a loss to improve, as the callbacks of Keras do.

    Parameters
    ----------
    epochs
        How many epochs without improvement are borne; 0 bears any number.
    least
        An epoch improves if its loss is lower than the best by more than this.
    """

    def __init__(self, epochs: int, least: float = 0.0) -> None:
        self._epochs, self._least = epochs, least
        self._best, self._waited = math.inf, 0

    def ends(self, loss: float) -> bool:
        """Take the loss of an epoch, and say whether patience ends; it then starts anew."""
        if loss < self._best - self._least:
            self._best, self._waited = loss, 0
            return False
        self._waited += 1
        if not self._epochs or self._waited < self._epochs:
            return False
        self._waited = 0
        return True


class Settled:
    """Watches the share of cells that change cluster.

    Parameters
    ----------
    labels
        Clusters at the start, array of shape (n_cells,).
    tolerance
        A share below it counts as settled.

    Attributes
    ----------
    change
        Share of cells that changed at the last look; 0 before the first.
    """

    def __init__(self, labels: Tensor, tolerance: float) -> None:
        self._last, self._tolerance = labels, tolerance
        self.change = 0.0

    def look(self, labels: Tensor) -> bool:
        """Compare with the labels of the last look, and say whether they have settled."""
        self.change = float((labels != self._last).double().mean())
        self._last = labels
        return self.change < self._tolerance
