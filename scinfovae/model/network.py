"""Encoder and decoder of ScInfoVAE, several independent copies at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scinfovae.model.heads import Parameters, read_heads
from scinfovae.model.products import affine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.model.config import Likelihood, ModelConfig

    AddNoise = Callable[[Tensor], None]

_LOG_VARIANCE_BOUND = 15.0
N_HEADS: dict[Likelihood, int] = {"zinb": 3, "zinb_mse": 3, "nb": 2, "mse": 1, "gaussian": 1}


class StackedLinear(nn.Module):
    """One linear layer per seed, applied as a batched matrix product.

    Parameters
    ----------
    n_in, n_out
        Widths.
    generators
        One random generator per seed; each draws its own initial weights, uniform in
        ±1/sqrt(n_in).
    dtype
        Of the weights.
    """

    def __init__(
        self, n_in: int, n_out: int, generators: Sequence[torch.Generator], dtype: torch.dtype
    ) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_in)

        def draw(*shape: int) -> nn.Parameter:
            rows = [
                torch.rand(shape, generator=g, dtype=dtype, device=g.device) for g in generators
            ]
            return nn.Parameter((2 * torch.stack(rows) - 1) * bound)

        self.weight = draw(n_in, n_out)
        self.bias = draw(1, n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map an array of shape (n_seeds, n_cells, n_in) to (n_seeds, n_cells, n_out)."""
        return affine(x, self.weight, self.bias)


@dataclass(frozen=True)
class Reconstruction:
    """What the decoder says of each cell and gene; the last layer is applied when asked for.

    Attributes
    ----------
    hidden
        Input of the last layer, array of shape (n_seeds, n_cells, n_hidden).
    heads
        The last layer; its outputs lie head by head, n_genes each.
    log_size_factors
        log s_i, array of shape (n_seeds, n_cells, 1).
    likelihood
        Which one the heads belong to.
    """

    hidden: Tensor
    heads: StackedLinear
    log_size_factors: Tensor
    likelihood: Likelihood

    def parameters(self) -> Parameters:
        """Give log mu, theta and logit pi of a count likelihood."""
        return read_heads(self.heads(self.hidden), self.log_size_factors, N_HEADS[self.likelihood])

    @property
    def mean(self) -> Tensor:
        """Log mu of a count likelihood, the mean itself for ``"mse"`` and ``"gaussian"``."""
        if N_HEADS[self.likelihood] == 1:
            return self.heads(self.hidden)
        return self.parameters().log_mean


class Network(nn.Module):
    """Encoder, posterior heads, decoder and likelihood heads of a stack of seeds.

    Parameters
    ----------
    n_genes
        Width of the input.
    config
        Widths, latent dimension and likelihood.
    generators
        One generator per seed, for the initial weights.
    dtype
        Of all weights.
    """

    def __init__(
        self,
        n_genes: int,
        config: ModelConfig,
        generators: Sequence[torch.Generator],
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.likelihood: Likelihood = config.likelihood
        self.latent_dim = config.latent_dim
        widths = (n_genes, *config.hidden)
        back = (config.latent_dim, *reversed(config.hidden))

        def chain(sizes: tuple[int, ...]) -> nn.ModuleList:
            pairs = pairwise(sizes)
            return nn.ModuleList(StackedLinear(a, b, generators, dtype) for a, b in pairs)

        self.encoder = chain(widths)
        self.posterior = StackedLinear(widths[-1], 2 * config.latent_dim, generators, dtype)
        with torch.no_grad():
            self.posterior.bias[..., config.latent_dim :] += config.initial_log_variance
        self.decoder = chain(back)
        heads = N_HEADS[config.likelihood] * n_genes
        self.heads = StackedLinear(back[-1], heads, generators, dtype)

    def encode(self, scaled: Tensor, add_noise: AddNoise | None = None) -> tuple[Tensor, Tensor]:
        """Give mean and log-variance of the posterior.

        Parameters
        ----------
        scaled
            Array of shape (n_seeds, n_cells, n_genes).
        add_noise
            Changes each hidden pre-activation in place, or None.

        Returns
        -------
        Two arrays of shape (n_seeds, n_cells, latent_dim).
        """
        hidden = scaled
        for layer in self.encoder:
            hidden = layer(hidden)
            if add_noise is not None:
                add_noise(hidden)
            hidden = torch.relu_(hidden)
        mean, log_variance = self.posterior(hidden).chunk(2, dim=-1)
        return mean, log_variance.clamp(-_LOG_VARIANCE_BOUND, _LOG_VARIANCE_BOUND)

    def decode(self, latent: Tensor, log_size_factors: Tensor) -> Reconstruction:
        """Say what the cells are expected to look like.

        Parameters
        ----------
        latent
            Array of shape (n_seeds, n_cells, latent_dim).
        log_size_factors
            log s_i, array of shape (n_seeds, n_cells, 1).
        """
        hidden = latent
        for layer in self.decoder:
            hidden = torch.relu_(layer(hidden))
        return Reconstruction(hidden, self.heads, log_size_factors, self.likelihood)
