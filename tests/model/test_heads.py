"""The likelihood fused with the last layer, compiled and not, against its parts under autograd."""

from __future__ import annotations

import pytest
import torch

from scinfovae.model.heads import layer_nll, read_heads
from scinfovae.model.likelihood import nb_nll, zinb_nll

SEEDS, CELLS, HIDDEN, GENES = 2, 9, 6, 37


def arguments(n_heads, share_of_zeros, spread=1.0, largest=200):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    counts = torch.randint(1, largest, (SEEDS, CELLS, GENES), generator=generator).double()
    counts[torch.rand(counts.shape, generator=generator) < share_of_zeros] = 0
    return (
        draw(SEEDS, CELLS, HIDDEN),
        draw(SEEDS, HIDDEN, n_heads * GENES) * spread,
        draw(SEEDS, 1, n_heads * GENES),
        counts,
        draw(SEEDS, CELLS, 1) * 0.3,
    )


def fused(hidden, weight, bias, counts, factors):
    return layer_nll(hidden, weight, bias, counts, factors, torch.lgamma(counts + 1).sum(-1))


def plain(hidden, weight, bias, counts, factors):
    outputs = torch.baddbmm(bias, hidden, weight)
    n_heads = outputs.shape[-1] // GENES
    parameters = read_heads(outputs, factors, n_heads)
    nll = zinb_nll if n_heads == 3 else nb_nll
    return nll(counts, *parameters[:n_heads]).sum(-1)


def evaluate(function, arrays, dtype):
    leaves = [x.to(dtype, copy=True).requires_grad_() for x in arrays[:3]]
    value = function(*leaves, *(x.to(dtype) for x in arrays[3:]))
    upstream = torch.linspace(0.5, 2, value.numel(), dtype=dtype).view(value.shape)
    (value * upstream).sum().backward()
    return [value.detach().double(), *(leaf.grad.double() for leaf in leaves)]


@pytest.mark.parametrize("n_heads", [2, 3])
@pytest.mark.parametrize("share_of_zeros", [0.0, 0.5, 0.92, 1.0])
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float64, 1e-10), (torch.float32, 2e-4)],  # float32 on a CPU is the compiled loop
)
def test_value_and_gradient_equal_the_plain_form(n_heads, share_of_zeros, dtype, tolerance):
    arrays = arguments(n_heads, share_of_zeros)
    expected = evaluate(plain, arrays, torch.float64)
    for ours, theirs in zip(evaluate(fused, arrays, dtype), expected, strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("n_heads", [2, 3])
def test_outputs_far_beyond_the_clamps_pass_no_gradient(n_heads):
    # log mu beyond 15, theta beyond 1e4 and below 1e-6, logits of a hundred
    arrays = arguments(n_heads, 0.5, spread=40.0, largest=5)
    expected = evaluate(plain, arrays, torch.float64)
    compiled = evaluate(fused, arrays, torch.float32)
    for ours, theirs in zip(compiled, expected, strict=True):
        assert ours.isfinite().all()
        torch.testing.assert_close(ours, theirs, rtol=5e-4, atol=5e-4 * theirs.abs().max().item())


def test_nan_stays_with_its_cell():
    hidden, *rest = (x.float() for x in arguments(3, 0.5))
    hidden[0, 3] = float("nan")
    value = fused(hidden, *rest)
    assert value[0, 3].isnan()
    assert value.isnan().sum() == 1


def test_counts_shared_by_all_seeds_are_not_copied_and_not_changed():
    hidden, weight, bias, counts, factors = (x.float() for x in arguments(3, 0.5))
    one = counts[:1].clone()
    shared = one.expand(SEEDS, -1, -1)
    both = fused(hidden, weight, bias, shared, factors)
    alone = fused(hidden, weight, bias, shared.contiguous(), factors)
    assert torch.equal(both, alone)
    assert torch.equal(one, counts[:1])
