"""D(q(z) || p(z)), three ways to hold the aggregated posterior to the prior (Zhao et al. 2019).

All functions take samples of shape (n_seeds, n, latent_dim) and return one value per seed.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from scinfovae.model.network import StackedLinear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.model.config import Estimator, Kernel


def mmd(a: Tensor, b: Tensor, kernel: Kernel = "rbf", estimator: Estimator = "v") -> Tensor:
    """Squared maximum mean discrepancy between two samples.

    Parameters
    ----------
    a, b
        Samples of shape (n_seeds, n, latent_dim), equal n.
    kernel
        ``"rbf"``: exp(-|a - b|^2 / latent_dim); ``"imq"``: C / (C + |a - b|^2), C = 2 latent_dim.
    estimator
        ``"v"``: V-statistic, biased and never negative; ``"u"``: unbiased.

    Returns
    -------
    Array of shape (n_seeds,).

    References
    ----------
    Gretton et al., A kernel two-sample test, JMLR 2012, Eq. 3 and 5.
    """
    within = _mean_kernel(a, a, kernel, estimator) + _mean_kernel(b, b, kernel, estimator)
    return within - 2 * _mean_kernel(a, b, kernel, "v")


def _mean_kernel(a: Tensor, b: Tensor, kernel: Kernel, estimator: Estimator) -> Tensor:
    squared = squared_distances(a, b)
    dim = a.shape[-1]
    if kernel == "rbf":
        values = torch.exp(-squared / dim)
    else:
        values = 2 * dim / (2 * dim + squared)
    if estimator == "v":
        return values.mean(dim=(1, 2))
    n = a.shape[1]
    off_diagonal = values.sum(dim=(1, 2)) - values.diagonal(dim1=1, dim2=2).sum(dim=1)
    return off_diagonal / (n * (n - 1))


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances, array of shape (n_seeds, n_a, n_b)."""
    lengths = (a**2).sum(-1, keepdim=True) + (b**2).sum(-1).unsqueeze(1)
    return torch.baddbmm(lengths, a, b.transpose(1, 2), alpha=-2).clamp(min=0)


def stein_direction(z: Tensor) -> Tensor:
    """Stein variational direction that moves a sample towards N(0, I).

    phi(z_i) = (1/n) sum_j [k(z_j, z_i) grad log p(z_j) + grad_{z_j} k(z_j, z_i)] with an RBF
    kernel of median bandwidth h = med^2 / log n.

    Parameters
    ----------
    z
        Sample of shape (n_seeds, n, latent_dim).

    Returns
    -------
    Array of the shape of `z`.

    References
    ----------
    Liu & Wang, Stein variational gradient descent, NIPS 2016, Eq. 8.
    """
    n = z.shape[1]
    squared = squared_distances(z, z)
    median = squared.flatten(1).median(dim=1).values
    bandwidth = (median / math.log(max(n, 2))).clamp(min=1e-12).view(-1, 1, 1)
    kernel = torch.exp(-squared / bandwidth)
    attraction = -torch.bmm(kernel, z)
    repulsion = (z * kernel.sum(-1, keepdim=True) - torch.bmm(kernel, z)) * (2 / bandwidth)
    return (attraction + repulsion) / n


def stein_loss(z: Tensor) -> Tensor:
    """Return -<stopgrad phi(z), z>, whose gradient moves z along `stein_direction`.

    Returns
    -------
    Array of shape (n_seeds,), the mean over the sample.
    """
    return -(stein_direction(z.detach()) * z).sum(-1).mean(-1)


class Discriminator(nn.Module):
    """Tells samples of the posterior from samples of the prior, for the Jensen-Shannon divergence.

    Parameters
    ----------
    latent_dim
        Width of the input.
    generators
        One generator per seed, for the initial weights.
    dtype
        Of all weights.
    """

    _WIDTH = 64

    def __init__(
        self, latent_dim: int, generators: Sequence[torch.Generator], dtype: torch.dtype
    ) -> None:
        super().__init__()
        sizes = (latent_dim, self._WIDTH, self._WIDTH, 1)
        pairs = pairwise(sizes)
        self.layers = nn.ModuleList(StackedLinear(a, b, generators, dtype) for a, b in pairs)

    def forward(self, z: Tensor) -> Tensor:
        """Give the logit of "drawn from the prior", shape (n_seeds, n)."""
        for layer in self.layers[:-1]:
            z = torch.nn.functional.leaky_relu(layer(z), 0.2)
        return self.layers[-1](z).squeeze(-1)

    def loss(self, z: Tensor, prior: Tensor) -> Tensor:
        """Binary cross-entropy, minimised by the discriminator; one value per seed."""
        return softplus(-self(prior)).mean(-1) + softplus(self(z)).mean(-1)

    def encoder_loss(self, z: Tensor) -> Tensor:
        """Return -E log d(z), the non-saturating term the encoder minimises; one value per seed.

        The minimax form E log(1 - d(z)) has the same fixed point, but its gradient vanishes as
        soon as the discriminator wins.
        """
        return softplus(-self(z)).mean(-1)


def jensen_shannon(discriminator_loss: Tensor) -> Tensor:
    """Lower bound on the Jensen-Shannon divergence in nats, log 2 minus half the cross-entropy."""
    return math.log(2) - discriminator_loss / 2
