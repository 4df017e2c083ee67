"""Embeddings on the way through a training, for whoever wants to look at them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.model.stack import Stack

PER_STAGE = 20
MOST_CELLS = 50_000


class Snapshots:
    """Embeddings of all cells at about twenty epochs of every stage.

    The last epoch of the schedule is among them; where a training is stopped early, the epoch at
    which it stops need not be.

    Parameters
    ----------
    stack
        The models; of more than 50 000 cells nothing is kept.
    wanted
        Whether anything is kept at all.
    """

    def __init__(self, stack: Stack, *, wanted: bool) -> None:
        self._stack = stack
        self._wanted = wanted and stack.data.scaled.shape[0] <= MOST_CELLS
        self._taken: dict[str, dict[int, dict[int, Tensor]]] = {}

    def take(self, stage: str, epoch: int, n_epochs: int) -> None:
        """Keep the embeddings of the seeds that still train, if it is time.

        Parameters
        ----------
        stage
            Name of the stage.
        epoch, n_epochs
            Epochs of it that are done, and all.
        """
        stack = self._stack
        if not self._wanted:
            return
        if epoch % max(1, n_epochs // PER_STAGE) and epoch != n_epochs:
            return
        with stack.average.in_place():
            mean = stack.embed()[0].float().cpu()
        self._taken.setdefault(stage, {})[epoch] = {row: mean[row] for row in stack.running()}

    def of(self, row: int) -> dict[str, dict[int, Tensor]]:
        """Give those of one seed.

        Parameters
        ----------
        row
            Its place in the stack.

        Returns
        -------
        By stage and epochs done, float32 arrays of shape (n_cells, latent_dim).
        """
        return {
            stage: {epoch: rows[row] for epoch, rows in taken.items() if row in rows}
            for stage, taken in self._taken.items()
        }
