"""What a training step is measured against: its matrix products, a plain loop, and scVI.

Every contestant is a function that passes once over the cells when it is called.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from training_ours import N_CLUSTERS, N_GENES, prepared_stack

from scinfovae.model.cells import TrainingData
from scinfovae.model.stack import Weights
from scinfovae.model.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.model import ModelConfig
    from scinfovae.model.stack import Stack

    Contestant = Callable[[], object]


def matrix_products(config: ModelConfig, stage: str, n_steps: int) -> Contestant:
    """Do the matrix products of a step and nothing else, into arrays that are there already.

    Forward, the gradient of every weight, and of every input but the first. In fine-tuning the
    encoder sees each cell twice, with noise and without.
    """
    encoder = [*pairwise((N_GENES, *config.hidden)), (config.hidden[-1], 2 * config.latent_dim)]
    decoder = [*pairwise((config.latent_dim, *reversed(config.hidden)))]
    decoder.append((config.hidden[0], 3 * N_GENES))
    rows = config.batch_size
    layers = [(rows * (2 if stage == "fine_tune" else 1), *sizes) for sizes in encoder]
    layers += [(rows, *sizes) for sizes in decoder]
    inputs = [torch.randn(n, a) for n, a, _ in layers]
    weights = [torch.randn(a, b) for _, a, b in layers]
    outputs = [torch.randn(n, b) for n, _, b in layers]
    to_inputs, to_weights = ([torch.empty_like(x) for x in xs] for xs in (inputs, weights))

    def step() -> None:
        for x, weight, y in zip(inputs, weights, outputs, strict=True):
            torch.mm(x, weight, out=y)
        for i in reversed(range(len(layers))):
            torch.mm(inputs[i].t(), outputs[i], out=to_weights[i])
            if i:
                torch.mm(outputs[i], weights[i].t(), out=to_inputs[i])

    return lambda: [step() for _ in range(n_steps)]


class PlainModel(nn.Module):
    """The paper's network as published implementations of its kind are written."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        encoder, decoder = (N_GENES, *config.hidden), (config.latent_dim, *reversed(config.hidden))
        self.encoder, self.decoder = (
            nn.Sequential(*(m for a, b in pairwise(w) for m in (nn.Linear(a, b), nn.ReLU())))
            for w in (encoder, decoder)
        )
        self.z_mean, self.z_log_variance = (
            nn.Linear(config.hidden[-1], config.latent_dim) for _ in range(2)
        )
        self.mean, self.dispersion, self.dropout = (
            nn.Linear(config.hidden[0], N_GENES) for _ in range(3)
        )
        self.centres = nn.Parameter(torch.randn(N_CLUSTERS, config.latent_dim))

    def loss(
        self,
        x: Tensor,
        counts: Tensor,
        factors: Tensor,
        draws: Sequence[Tensor],
        target: Tensor | None,
    ) -> Tensor:
        """ZINB and MMD of a batch, with targets also self-training; draws: noise, z and prior."""
        noise, posterior, prior = draws
        hidden = self.encoder(x + self.config.input_noise * noise)
        z = self.z_mean(hidden) + torch.exp(self.z_log_variance(hidden) / 2) * posterior
        hidden, eps = self.decoder(z), 1e-10
        mean = torch.exp(self.mean(hidden).clamp(-15, 15)) * factors
        theta = nn.functional.softplus(self.dispersion(hidden)).clamp(1e-6, 1e4)
        pi = torch.sigmoid(self.dropout(hidden))
        nb = torch.lgamma(theta + eps) + torch.lgamma(counts + 1) - torch.lgamma(counts + theta)
        nb = nb + (theta + counts) * torch.log(1 + mean / (theta + eps))
        nb = nb + counts * (torch.log(theta + eps) - torch.log(mean + eps))
        of_zero = torch.pow(theta / (theta + mean + eps), theta)
        zero = -torch.log(pi + (1 - pi) * of_zero + eps)
        zinb = torch.where(counts < 0.5, zero, nb - torch.log(1 - pi + eps))

        def kernel(a: Tensor, b: Tensor) -> Tensor:
            squared = ((a.unsqueeze(1) - b.unsqueeze(0)) ** 2).sum(-1)
            return -torch.sqrt(1 + squared / (2 * a.shape[1])).mean()

        mmd = kernel(z, z) + kernel(prior, prior) - 2 * kernel(z, prior)
        loss = zinb.sum(1).mean() + self.config.divergence_weight * mmd
        if target is None:
            return loss
        clean = self.z_mean(self.encoder(x))
        q = 1 / (1 + ((clean.unsqueeze(1) - self.centres) ** 2).sum(2))
        q = q / q.sum(1, keepdim=True)
        return loss + self.config.gamma * (target * torch.log(target / q)).sum(1).mean()


def plain_loop(data: TrainingData, config: ModelConfig, stage: str) -> Contestant:
    """Train with a DataLoader, separate heads, lgamma of everything, and Adam as it comes."""
    model = PlainModel(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=getattr(config, stage).learning_rate)
    arrays = [data.scaled, data.counts, data.log_size_factors.exp()]
    if stage == "fine_tune":
        arrays.append((5 * torch.rand(len(data.scaled), N_CLUSTERS)).softmax(-1))
    loader = DataLoader(TensorDataset(*arrays), batch_size=config.batch_size, shuffle=True)

    def epoch() -> None:
        for x, counts, factors, *target in loader:
            draws = [torch.randn_like(x), *torch.randn(2, len(x), config.latent_dim)]
            loss = model.loss(x, counts, factors, draws, target[0] if target else None)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def difference_at_step_one(data: TrainingData, config: ModelConfig, stage: str) -> float:
    """Relative difference of the two losses for the same weights, cells and random numbers."""
    n = config.batch_size
    some = TrainingData(data.scaled[:n], data.counts[:n], data.log_size_factors[:n])
    stack, target = prepared_stack(some, config, stage)
    plain = PlainModel(config)
    _copy_weights(stack, plain)
    stack.run_epoch(Weights(config.kl_weight, config.divergence_weight), target)
    (ours,) = stack.history.columns(0)["total"]

    # the numbers that the stack has just used, drawn once more
    streams = Streams([0], stack.device, stack.dtype)
    order = stack.trained.gather(1, streams.permutation("order", n))[0]
    draws = [streams.normal("noise", n, N_GENES)[0]]
    draws += [streams.normal(p, n, config.latent_dim)[0] for p in ("posterior", "prior")]
    x, counts, factors = some.scaled[order], some.counts[order], some.log_size_factors[order].exp()
    theirs = plain.loss(x, counts, factors, draws, None if target is None else target[0, order])
    return abs(theirs.item() - float(ours)) / abs(float(ours))


@torch.no_grad()
def _copy_weights(stack: Stack, plain: PlainModel) -> None:
    network = stack.network
    pairs = [
        (target, layer.weight[0], layer.bias[0, 0])
        for ours, theirs in ((network.encoder, plain.encoder), (network.decoder, plain.decoder))
        for layer, target in zip(ours, theirs[::2], strict=True)
    ]
    for layer, targets in (
        (network.posterior, (plain.z_mean, plain.z_log_variance)),
        (network.heads, (plain.mean, plain.dispersion, plain.dropout)),
    ):
        k = len(targets)
        parts = layer.weight[0].chunk(k, 1), layer.bias[0, 0].chunk(k)
        pairs += zip(targets, *parts, strict=True)
    for target, weight, bias in pairs:
        target.weight.copy_(weight.T)
        target.bias.copy_(bias)
    if stack.centres.requires_grad:
        plain.centres.copy_(stack.centres[0])


def scvi_training(data: TrainingData, config: ModelConfig, epochs: int) -> Contestant | None:
    """Train SCVI by its own `train` for so many epochs; None where it is not installed."""
    try:
        from scvi.model import SCVI
    except ImportError:
        return None
    from anndata import AnnData

    adata = AnnData(data.counts.numpy())
    SCVI.setup_anndata(adata)
    model = SCVI(
        adata,
        n_hidden=config.hidden[0],
        n_layers=len(config.hidden),
        n_latent=config.latent_dim,
        gene_likelihood="zinb",
    )
    options = {"accelerator": "cpu", "devices": 1, "logger": False, "enable_checkpointing": False}
    options |= {"enable_progress_bar": False, "enable_model_summary": False}
    return lambda: model.train(epochs, train_size=1.0, batch_size=config.batch_size, **options)
