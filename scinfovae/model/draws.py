"""The random numbers of one optimiser step, kept in arrays that every step writes over.

They are drawn before the step and outside of it, so that a step recorded on a GPU can be replayed
on fresh numbers, and so that each seed of a stack consumes its own streams as it would alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.model.config import ModelConfig
    from scinfovae.model.streams import Streams


class Draws:
    """Standard normal numbers for the noise of the input and of the hidden layers, z and prior.

    Parameters
    ----------
    config
        Says which of them are needed; the others are None or missing.
    shape
        (n_seeds, n_cells, n_genes) of the batch.
    like
        Gives device and type.

    Attributes
    ----------
    input
        Array of shape (n_seeds, n_cells, n_genes), or None.
    hidden
        One array of shape (n_seeds, n_cells, width) for each hidden layer, or none.
    posterior, prior
        Arrays of shape (n_seeds, n_cells, latent_dim), or None.
    """

    def __init__(self, config: ModelConfig, shape: tuple[int, int, int], like: Tensor) -> None:
        *cells, n_genes = shape

        def zeros(width: int, needed: object = True) -> Tensor | None:
            return like.new_zeros(*cells, width) if needed else None

        self.input = zeros(n_genes, config.input_noise)
        hidden = [zeros(width, config.hidden_noise) for width in config.hidden]
        self.hidden = [buffer for buffer in hidden if buffer is not None]
        self.posterior = zeros(config.latent_dim, config.stochastic)
        self.prior = zeros(config.latent_dim, config.divergence_weight)

    def redraw(self, streams: Streams) -> None:
        """Write the next numbers of the streams."""
        if self.input is not None:
            streams.fill("noise", self.input)
        for buffer in self.hidden:
            streams.fill("noise", buffer)
        if self.posterior is not None:
            streams.fill("posterior", self.posterior)
        if self.prior is not None:
            streams.fill("prior", self.prior)
