"""D(q(z) || p(z)), three ways to hold the aggregated posterior to the prior (Zhao et al. 2019).

All functions take samples of shape (n_seeds, n, latent_dim) and return one value per seed.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

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
        Samples of shape (n_seeds, n, latent_dim), equal n. The gradient flows to `a`; `b` is
        taken for fixed.
    kernel
        ``"rbf"``: exp(-|a - b|^2 / latent_dim); with C = 2 latent_dim ``"imq"``, the inverse
        multiquadratic C / (C + |a - b|^2), and ``"mq"``, the multiquadric -sqrt(1 + |a - b|^2 / C).
        The pull of the first two on far points vanishes, that of the last does not.
    estimator
        ``"v"``: V-statistic, biased and never negative; ``"u"``: unbiased.

    Returns
    -------
    Array of shape (n_seeds,).

    References
    ----------
    Gretton et al., A kernel two-sample test, JMLR 2012, Eq. 3 and 5. The multiquadric is
    conditionally positive definite (Micchelli, Constructive Approximation 1986), which suffices for
    two samples of equal mass; with it the statistic is a smooth energy distance (Sejdinovic et al.,
    Annals of Statistics 2013).
    """
    return _MMD.apply(a, b, kernel, estimator)


class _MMD(torch.autograd.Function):
    """Value, with the gradient from one more matrix product.

    The slope of the statistic in a_i is sum_j w_j k'(|a_i - y_j|^2) 4 (a_i - y_j) over the points
    y_j of both samples, w_j their weight in it, negative for the points of `b`.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, kernel: Kernel, estimator: Estimator) -> Tensor:
        n = a.shape[1]
        n_within = n * n if estimator == "v" else n * (n - 1)
        both = torch.cat([a, b], dim=1)
        values, slopes, scale = _kernel_matrix(both, kernel)
        weight = a.new_full((2 * n, 1), scale * 4 / n_within)
        weight[n:] = scale * -4 / (n * n)
        weighted = torch.cat([both * weight, weight.expand(len(a), -1, -1)], -1)
        pull = torch.bmm(slopes[:, :n], weighted)
        ctx.gradient = a * pull[..., -1:] - pull[..., :-1]

        halves = values.sum(1).view(-1, 2, n).sum(-1)  # over each sample: within + across
        across = values[:, :n, n:].sum(dim=(1, 2))
        within = halves.sum(1) - 2 * across
        if estimator == "u":
            within = within - 2 * n * (-1 if kernel == "mq" else 1)  # without the diagonals
        return within / n_within - across * (2 / (n * n))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        (upstream,) = outputs
        return ctx.gradient * upstream.view(-1, 1, 1), None, None, None


def _kernel_matrix(points: Tensor, kernel: Kernel) -> tuple[Tensor, Tensor, float]:
    """Kernel of all pairs; and its derivative in their squared distance, a matrix and a factor."""
    dim = points.shape[-1]
    if kernel == "rbf":
        values = _scaled_distances(points, points, -1 / dim).exp_()
        return values, values, -1 / dim
    if kernel == "mq":
        slopes = _scaled_distances(points, points, 1 / (2 * dim)).add_(1).clamp_(min=1).rsqrt_()
        return -slopes.reciprocal(), slopes, -1 / (4 * dim)
    values = _scaled_distances(points, points, 1 / (2 * dim)).add_(1).reciprocal_()
    return values, values**2, -1 / (2 * dim)


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances, array of shape (n_seeds, n_a, n_b)."""
    return _scaled_distances(a, b, 1.0).clamp_(min=0)


def _scaled_distances(a: Tensor, b: Tensor, scale: float) -> Tensor:
    """Squared distances times a factor by one matrix product; rounding can change their sign."""
    lengths_a = (a * a).sum(-1, keepdim=True)
    lengths_b = lengths_a if b is a else (b * b).sum(-1, keepdim=True)
    left = torch.cat([a * -2, lengths_a, torch.ones_like(lengths_a)], -1)
    right = torch.cat([b, torch.ones_like(lengths_b), lengths_b], -1)
    return torch.bmm(left * scale, right.transpose(1, 2))


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
