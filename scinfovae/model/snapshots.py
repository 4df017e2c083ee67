"""Models on the way through a training, for whoever wants to look at them afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.model.stack import Stack

PER_STAGE = 20
MOST_CELLS = 50_000
MOST_WEIGHTS = 2_000_000

Kept = Literal["nothing", "embeddings", "models"]


@dataclass(frozen=True)
class Snapshot:
    """One model at one moment of its training.

    Attributes
    ----------
    mean
        Its embedding, float32 array of shape (n_cells, latent_dim).
    state
        Its weights by name; empty where only embeddings were wanted.
    """

    mean: Tensor
    state: dict[str, Tensor] = field(default_factory=dict)


class Snapshots:
    """What is kept at about twenty epochs of every stage.

    The last epoch of the schedule is among them; where a training is stopped early, the epoch at
    which it stops need not be.

    Parameters
    ----------
    stack
        The models; of more than 50 000 cells nothing is kept, of networks with more than two
        million weights no model.
    wanted
        Nothing, embeddings of all cells, or the models' weights with them.
    """

    def __init__(self, stack: Stack, wanted: Kept = "nothing") -> None:
        self._stack = stack
        n_weights = sum(weight[0].numel() for weight in stack.network.parameters())
        large = stack.data.scaled.shape[0] > MOST_CELLS
        large |= wanted == "models" and n_weights > MOST_WEIGHTS
        self._wanted: Kept = "nothing" if large else wanted
        self._taken: dict[str, dict[int, dict[int, Snapshot]]] = {}

    def take(self, stage: str, epoch: int, n_epochs: int) -> None:
        """Keep what is wanted of the seeds that still train, if it is time.

        Parameters
        ----------
        stage
            Name of the stage.
        epoch, n_epochs
            Epochs of it that are done, and all.
        """
        stack = self._stack
        if self._wanted == "nothing":
            return
        if epoch % -(-n_epochs // PER_STAGE) and epoch != n_epochs:
            return
        with stack.average.in_place():
            mean = stack.embed()[0].float().cpu()
            rows = stack.running()
            states = {row: stack.state(row) for row in rows if self._wanted == "models"}
        taken = {row: Snapshot(mean[row], states.get(row, {})) for row in rows}
        self._taken.setdefault(stage, {})[epoch] = taken

    def of(self, row: int) -> dict[str, dict[int, Snapshot]]:
        """Give those of one seed.

        Parameters
        ----------
        row
            Its place in the stack.

        Returns
        -------
        By stage and epochs done.
        """
        return {
            stage: {epoch: rows[row] for epoch, rows in taken.items() if row in rows}
            for stage, taken in self._taken.items()
        }
