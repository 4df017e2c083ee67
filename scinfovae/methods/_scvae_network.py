"""The networks of scVAE: encoders of the cluster and of z, prior, decoder, and their likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from scinfovae.methods._dense import chain, dense
from scinfovae.model.likelihood import nb_nll, zinb_nll

if TYPE_CHECKING:
    from scinfovae.methods.scvae import SCVAEConfig, SCVAELikelihood

N_HEADS: dict[SCVAELikelihood, int] = {"poisson": 1, "nb": 2, "zinb": 3}
_LOG_BOUND = 10.0  # of log lambda and log r
_LOG_SIGMA_BOUND = 3.0


class Gaussian(NamedTuple):
    """Means and variances, arrays of the same shape or shapes that broadcast."""

    mean: Tensor
    variance: Tensor

    def log_density(self, values: Tensor) -> Tensor:
        """Give log N(values), summed over the last axis, up to its constant."""
        squares = (values - self.mean) ** 2 / self.variance
        return -0.5 * (squares + self.variance.log()).sum(-1)


class SCVAENetwork(nn.Module):
    """All networks of one model.

    Parameters
    ----------
    n_genes
        Width of the input.
    n_components
        Of the prior; with a single Gaussian 1.
    config
        The choices.
    generator
        Draws the first weights.
    """

    def __init__(
        self, n_genes: int, n_components: int, config: SCVAEConfig, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.n_genes, self.likelihood = n_genes, config.likelihood
        self.mixture, self.normalise = config.latent == "gaussian_mixture", config.normalise
        hidden, latent_dim = config.hidden, config.latent_dim
        told = n_components if self.mixture else 0
        self.encoder = chain((n_genes + told, *hidden), generator, "glorot")
        self.posterior = dense(hidden[-1], latent_dim, generator, "glorot", heads=2)
        if self.mixture:
            self.classifier = chain((n_genes, *hidden), generator, "glorot")
            self.logits = dense(hidden[-1], n_components, generator, "glorot")
            self.prior = dense(n_components, latent_dim, generator, "glorot", heads=2)
        self.decoder = chain((latent_dim, *reversed(hidden)), generator, "glorot")
        heads = N_HEADS[config.likelihood]
        self.heads = dense(hidden[0], n_genes, generator, "glorot", heads=heads)

    def log_clusters(self, values: Tensor) -> Tensor:
        """Give log q(y|x), array of shape (n_cells, n_components); 0 for a single Gaussian."""
        if not self.mixture:
            return values.new_zeros(len(values), 1)
        return self.logits(self._through(self.classifier, values)).log_softmax(-1)

    def encode(self, values: Tensor, components: slice = slice(None)) -> Gaussian:
        """Give q(z|x, y) for some components y.

        Parameters
        ----------
        values
            Array of shape (n_cells, n_genes).
        components
            Which ones.

        Returns
        -------
        Arrays of shape (n_components, n_cells, latent_dim).
        """
        started = self.encoder[0]
        assert isinstance(started, nn.Linear)
        first = started.weight
        projected = linear(values, first[:, : self.n_genes]).unsqueeze(0)
        if self.mixture:
            projected = projected + first[:, self.n_genes :].T[components].unsqueeze(1)
        hidden = self._through(self.encoder, projected, started=True)
        mean, scale = self.posterior(hidden).chunk(2, dim=-1)
        if self.mixture:
            return Gaussian(mean, softplus(scale))
        bounded = scale.clamp(-_LOG_SIGMA_BOUND, _LOG_SIGMA_BOUND)
        return Gaussian(mean, (2 * bounded).exp())

    def components(self) -> Gaussian:
        """Give p(z|y), arrays of shape (n_components, 1, latent_dim); needs the mixture."""
        each = self.prior.weight.T + self.prior.bias
        mean, scale = each.unsqueeze(1).chunk(2, dim=-1)
        return Gaussian(mean, softplus(scale))

    def nll(self, latent: Tensor, counts: Tensor) -> Tensor:
        """Negative log-likelihood of counts given z, summed over genes.

        Parameters
        ----------
        latent
            Array of shape (n_components, n_cells, latent_dim).
        counts
            Array of shape (n_cells, n_genes).

        Returns
        -------
        Array of shape (n_components, n_cells), nats.
        """
        outputs = self.heads(self._through(self.decoder, latent))
        return count_nll(counts, outputs, self.likelihood).sum(-1)

    def _through(self, layers: nn.ModuleList, values: Tensor, started: bool = False) -> Tensor:
        """Pass through hidden layers; `started` if the first matrix product is done."""
        for layer in layers:
            assert isinstance(layer, nn.Linear)
            if not (started and layer is layers[0]):
                values = linear(values, layer.weight)
            if self.normalise:
                variance, mean = torch.var_mean(values, dim=-2, correction=0, keepdim=True)
                values = (values - mean) * (variance + 1e-3).rsqrt()
            values = torch.relu(values + layer.bias)
        return values


def count_nll(counts: Tensor, outputs: Tensor, likelihood: SCVAELikelihood) -> Tensor:
    """Negative log-likelihood of each count.

    Parameters
    ----------
    counts
        Array of shape (n_cells, n_genes).
    outputs
        Of the heads, side by side, array of shape (..., n_cells, n_heads n_genes): log lambda; or
        log r, logit p (r the number of failures, p the probability of a count); and the logit of
        the dropout probability.
    likelihood
        Which one the heads belong to.

    Returns
    -------
    Array of shape (..., n_cells, n_genes), nats.
    """
    first, *others = outputs.chunk(N_HEADS[likelihood], dim=-1)
    log_rate = first.clamp(-_LOG_BOUND, _LOG_BOUND)
    if likelihood == "poisson":
        return log_rate.exp() - counts * log_rate + torch.lgamma(counts + 1)
    log_mean, r = log_rate + others[0], log_rate.exp()  # the mean is r p / (1 - p)
    counts = counts.expand_as(log_mean)
    if likelihood == "nb":
        return nb_nll(counts, log_mean, r)
    return zinb_nll(counts, log_mean, r, others[1])
