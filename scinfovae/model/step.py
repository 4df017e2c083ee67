"""One optimiser step of a stack, on arrays that stay in place from step to step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from scinfovae.model import objective
from scinfovae.model.capture import capture
from scinfovae.model.divergence import jensen_shannon
from scinfovae.model.draws import Draws
from scinfovae.model.self_training import clustering_kl, soft_assignment

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from scinfovae.model.stack import Stack


class Step:
    """A step on batches of one size, in one stage.

    What changes between steps (cells, random numbers, weights of the regularisers, targets) is
    written into arrays first; `compute` reads them and nothing else. On a GPU it is recorded once
    and replayed.

    Parameters
    ----------
    stack
        The models, their optimisers and the cells.
    n_cells
        Batch size.
    share
        Of this batch in its epoch, for the mean of the losses.
    """

    def __init__(self, stack: Stack, n_cells: int, share: float) -> None:
        self._stack, self._share = stack, share
        data = stack.data
        shape = (stack.width, n_cells, data.scaled.shape[1])
        self._cells = torch.zeros(shape[:2], dtype=torch.long, device=data.scaled.device)
        self._draws = Draws(stack.config, shape, data.scaled)
        self._replay: Callable[[], None] | None = None

    def __call__(self, cells: Tensor) -> None:
        """Take a step on cells, positions of shape (n_seeds, n_cells)."""
        if self._stack.captures and self._replay is None:
            self._replay = capture(self.compute, self._stack.changed_by_a_step)
        self._cells.copy_(cells)
        self._draws.redraw(self._stack.streams)
        (self._replay or self.compute)()

    def compute(self) -> None:
        """Move the weights, and add the losses to the sums of the epoch."""
        stack, config = self._stack, self._stack.config
        batch = stack.data.batch(self._cells)
        mean, log_variance, clean = self._encode(batch.scaled)
        latent = mean
        if self._draws.posterior is not None:
            latent = mean + (log_variance / 2).exp() * self._draws.posterior
        decoded = stack.network.decode(latent, batch.log_size_factors)
        terms = {"reconstruction": objective.reconstruction_loss(config, batch, decoded).mean(-1)}
        total = terms["reconstruction"]
        if config.stochastic:
            with torch.set_grad_enabled(bool(config.kl_weight)):
                terms["kl"] = objective.kl_to_prior(mean, log_variance).mean(-1)
            total = total + stack.kl_weight * terms["kl"]
        if self._draws.prior is not None:
            divergence = self._divergence(latent, self._draws.prior, terms)
            total = total + stack.divergence_weight * divergence
        if stack.target is not None:
            q = soft_assignment(clean, stack.centres, config.fine_tune.t_dof)
            n_clusters = stack.target.shape[-1]
            p = stack.target.gather(1, self._cells.unsqueeze(-1).expand(-1, -1, n_clusters))
            terms["clustering"] = clustering_kl(p, q)
            total = total + config.gamma * terms["clustering"]
        for parameter in stack.moved:
            parameter.grad = None
        total.sum().backward()
        stack.optimizer.step()
        for name, value in {"total": total, **terms}.items():
            stack.add_to_sum(name, value.detach(), self._share)

    def _encode(self, scaled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode with noise, and where Q needs it without; mean, log-variance and clean mean.

        Both go through the network together: one matrix product for each layer and gradient.
        """
        network, n = self._stack.network, scaled.shape[1]
        noisy = self._noisy(scaled)
        if self._stack.target is None or (noisy is scaled and not self._draws.hidden):
            mean, log_variance = network.encode(noisy, self._hidden_noise(n))
            return mean, log_variance, mean
        mean, log_variance = network.encode(
            torch.cat([noisy, scaled], dim=1), self._hidden_noise(n)
        )
        return mean[:, :n], log_variance[:, :n], mean[:, n:]

    def _noisy(self, scaled: Tensor) -> Tensor:
        noise = self._draws.input
        if noise is None:
            return scaled
        return torch.add(scaled, noise, alpha=self._stack.config.input_noise, out=noise)

    def _hidden_noise(self, n: int) -> Callable[[Tensor], None] | None:
        """Give a function that adds noise to the first n cells, one hidden layer after another."""
        if not self._draws.hidden:
            return None
        noise, amount = iter(self._draws.hidden), self._stack.config.hidden_noise

        def add_noise(values: Tensor) -> None:
            values[:, :n].add_(next(noise), alpha=amount)

        return add_noise

    def _divergence(self, latent: Tensor, prior: Tensor, terms: dict[str, Tensor]) -> Tensor:
        discriminator = self._stack.discriminator
        if discriminator is None:
            terms["divergence"] = objective.divergence_loss(self._stack.config, latent, prior)
            return terms["divergence"]
        loss = discriminator.loss(latent.detach(), prior)
        self._stack.discriminator_optimizer.zero_grad()
        loss.sum().backward()
        self._stack.discriminator_optimizer.step()
        terms["divergence"] = jensen_shannon(loss)
        return discriminator.encoder_loss(latent)
