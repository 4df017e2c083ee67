"""Matrix products of the layers, by the fastest library that PyTorch brings for them.

On a CPU PyTorch hands float32 products to the BLAS library it was built with, which for its x86
builds is Intel's. That library keeps its widest vector instructions for Intel's own processors: on
an AMD EPYC with AVX-512 it was measured at 60 to 110 GFLOP/s on one thread where oneDNN, which
PyTorch brings as well, reached 250, both in float32 throughout. PyTorch has no public call that
sends a plain product to oneDNN, so this module takes the operator that its own compiler emits for
linear layers, and does without where there is none.
"""

from __future__ import annotations

import contextlib
import functools
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

if TYPE_CHECKING:
    from torch import Tensor

Library = Literal["onednn", "blas"]


@functools.cache
def library_of_products() -> Library:
    """Name what computes float32 products on this CPU; a part of what decides the last digits."""
    built_in = torch.backends.mkldnn.is_available()
    there = hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return "onednn" if _is_amd() and built_in and there else "blas"


def _is_amd() -> bool:
    told = platform.processor()
    with contextlib.suppress(OSError):
        told += Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    return "AuthenticAMD" in told


def product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply matrices, one pair a seed, without a gradient.

    Parameters
    ----------
    a, b
        Arrays of shape (n_seeds, m, k) and (n_seeds, k, n).

    Returns
    -------
    Array of shape (n_seeds, m, n).
    """
    if not _by_onednn(a, b):
        return torch.bmm(a, b)
    found = [_product_of_two(*pair) for pair in zip(a, b, strict=True)]
    return found[0].unsqueeze(0) if len(found) == 1 else torch.stack(found)


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Apply a linear layer, one a seed.

    Parameters
    ----------
    x
        Array of shape (n_seeds, n_cells, n_in).
    weight, bias
        Arrays of shape (n_seeds, n_in, n_out) and (n_seeds, 1, n_out).

    Returns
    -------
    Array of shape (n_seeds, n_cells, n_out), which may be written into.
    """
    if not _by_onednn(x, weight):
        return torch.bmm(x, weight).add_(bias)
    return _Affine.apply(x, weight, bias)


def _by_onednn(a: Tensor, b: Tensor) -> bool:
    on_cpu = a.device.type == "cpu" and a.dtype == b.dtype == torch.float32
    return on_cpu and bool(a.numel() and b.numel()) and library_of_products() == "onednn"


def _product_of_two(a: Tensor, b: Tensor) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(a, b.t(), None, "none", [], "")


class _Affine(torch.autograd.Function):
    """Value and gradient by three products, of which those that nobody asks for are left out."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        values = x.new_empty(*x.shape[:2], weight.shape[-1])
        for one, *layer, out in zip(x, weight, bias, values, strict=True):
            torch.add(_product_of_two(one, layer[0]), layer[1], out=out)
        return values

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        (upstream,) = outputs
        x, weight = ctx.saved_tensors
        to_x, to_weight, to_bias = ctx.needs_input_grad
        return (
            product(upstream, weight.transpose(1, 2)) if to_x else None,
            product(x.transpose(1, 2), upstream) if to_weight else None,
            upstream.sum(1, keepdim=True) if to_bias else None,
        )
