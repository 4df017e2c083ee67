"""From the decoder's last matrix product to the parameters of the counts, and to their likelihood.

The outputs hold, side by side for all genes, log mu before the size factor, theta before its
softplus and, for the zero-inflated distributions, logit pi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn.functional import softplus

from scinfovae.model.negative_binomial import nll_terms
from scinfovae.model.products import product

if TYPE_CHECKING:
    from torch import Tensor

LOG_MEAN_BOUND = 15.0  # exp(15) = 3.3e6 counts, beyond the largest seen in full-length protocols
DISPERSION_BOUNDS = (1e-6, 1e4)


class Parameters(NamedTuple):
    """log mu, theta and logit pi (None without zero inflation), each of shape (..., n_genes)."""

    log_mean: Tensor
    dispersion: Tensor
    dropout_logit: Tensor | None


def read_heads(outputs: Tensor, log_size_factors: Tensor, n_heads: int) -> Parameters:
    """Turn outputs into parameters, for all uses but the likelihood.

    Parameters
    ----------
    outputs
        Array of shape (..., n_heads x n_genes).
    log_size_factors
        log s_i, array of shape (..., 1).
    n_heads
        3, or 2 without zero inflation.
    """
    log_mean, dispersion, *logit = outputs.chunk(n_heads, dim=-1)
    return Parameters(
        log_mean.clamp(-LOG_MEAN_BOUND, LOG_MEAN_BOUND) + log_size_factors,
        softplus(dispersion).clamp(*DISPERSION_BOUNDS),
        logit[0] if logit else None,
    )


def layer_nll(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    counts: Tensor,
    log_size_factors: Tensor,
    log_factorials: Tensor,
) -> Tensor:
    """Apply the last layer and give the negative log-likelihood of each cell.

    NB or ZINB by the width of the layer. The same as summing
    `scinfovae.model.likelihood.zinb_nll` of `read_heads` over genes; the outputs of the layer, by
    far its largest array, are never kept: the gradient takes their place.

    Parameters
    ----------
    hidden
        Array of shape (n_seeds, n_cells, n_hidden).
    weight, bias
        Arrays of shape (n_seeds, n_hidden, k n_genes) and (n_seeds, 1, k n_genes), k = 2 or 3.
    counts
        Array of shape (n_seeds, n_cells, n_genes).
    log_size_factors
        Array of shape (n_seeds, n_cells, 1).
    log_factorials
        Sum of log Gamma(x + 1) over genes, array of shape (n_seeds, n_cells).

    Returns
    -------
    Array of shape (n_seeds, n_cells), nats.
    """
    return _LayerNLL.apply(hidden, weight, bias, counts, log_size_factors) + log_factorials


class _LayerNLL(torch.autograd.Function):
    """Value and closed-form gradient, by a compiled loop on a CPU and by tensor operations else."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        counts: Tensor,
        log_size_factors: Tensor,
    ) -> Tensor:
        outputs = product(hidden, weight)
        compiled = outputs.device.type == "cpu" and outputs.dtype == torch.float32
        evaluate = _by_compiled_loop if compiled else _by_tensor_operations
        value = evaluate(outputs, bias, counts, log_size_factors)
        ctx.save_for_backward(hidden, weight, outputs)
        return value

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, slopes = ctx.saved_tensors
        upstream = outputs[0].unsqueeze(-1)
        return (
            product(slopes, weight.transpose(1, 2)).mul_(upstream),
            product((hidden * upstream).transpose(1, 2), slopes),
            torch.bmm(upstream.transpose(1, 2), slopes),
            None,
            None,
        )


def _by_compiled_loop(
    outputs: Tensor, bias: Tensor, counts: Tensor, log_size_factors: Tensor
) -> Tensor:
    """Sum over genes for each cell, and overwrite the outputs with the slope in them."""
    from scinfovae.model.cpu_kernel import nll_of_rows

    value = torch.empty(outputs.shape[:-1])
    by_seed = (outputs, bias.squeeze(1), counts, log_size_factors.squeeze(-1), value)
    for arrays in zip(*by_seed, strict=True):
        nll_of_rows(*(array.contiguous().numpy() for array in arrays))
    return value


def _by_tensor_operations(
    outputs: Tensor, bias: Tensor, counts: Tensor, log_size_factors: Tensor
) -> Tensor:
    """Sum over genes for each cell, and overwrite the outputs with the slope in them."""
    outputs.add_(bias)
    raw_mean, raw_dispersion, *logit = outputs.split(counts.shape[-1], dim=-1)
    log_mean = raw_mean.clamp(-LOG_MEAN_BOUND, LOG_MEAN_BOUND)
    mean_is_free = torch.eq(raw_mean, log_mean)
    log_mean.add_(log_size_factors)
    free = softplus(raw_dispersion)
    dispersion = free.clamp(*DISPERSION_BOUNDS)
    terms = nll_terms(counts, log_mean, dispersion, *logit)
    torch.mul(terms.log_mean, mean_is_free, out=raw_mean)
    raw_dispersion.sigmoid_().mul_(free == dispersion).mul_(terms.dispersion)
    if terms.dropout_logit is not None:
        logit[0].copy_(terms.dropout_logit)
    return terms.value.sum(-1)
