"""Products of the layers, against the same in float64."""

from __future__ import annotations

import pytest
import torch

from scinfovae.model import products
from scinfovae.model.products import affine, library_of_products, product

# float32 rounds each of up to 500 terms of size 1
CLOSE = {"rtol": 1e-5, "atol": 1e-4}


@pytest.fixture(params=["onednn", "blas"])
def library(request, monkeypatch):
    if request.param == "onednn" and not torch.backends.mkldnn.is_available():
        pytest.skip("this build of torch has no oneDNN")
    monkeypatch.setattr(products, "library_of_products", lambda: request.param)


def draw(*shape, dtype=torch.float32):
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator, dtype=dtype)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("n_seeds", [1, 3])
@pytest.mark.parametrize(("m", "k", "n"), [(7, 500, 11), (1, 1, 1), (64, 10, 256), (0, 5, 4)])
def test_products_are_those_of_float64(n_seeds, m, k, n):
    a, b = draw(n_seeds, m, k), draw(n_seeds, k, n)
    for left, right in ((a, b), (a, b.transpose(1, 2).contiguous().transpose(1, 2))):
        found = product(left, right)
        assert found.shape == (n_seeds, m, n)
        torch.testing.assert_close(found.double(), left.double() @ right.double(), **CLOSE)
    found = product(b.transpose(1, 2), a.transpose(1, 2))
    torch.testing.assert_close(found.double(), (a.double() @ b.double()).transpose(1, 2), **CLOSE)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("n_seeds", [1, 3])
def test_a_layer_and_its_gradients_are_those_of_float64(n_seeds):
    inputs = draw(n_seeds, 50, 30), draw(n_seeds, 30, 20), draw(n_seeds, 1, 20)
    upstream = draw(n_seeds, 50, 20)
    grads, values = [], []
    for dtype in (torch.float32, torch.float64):
        own = [value.to(dtype).requires_grad_() for value in inputs]
        x, weight, bias = own
        out = affine(x, weight, bias) if dtype == torch.float32 else x @ weight + bias
        values.append(out.detach().double())
        grads.append(torch.autograd.grad((torch.relu(out) * upstream.to(dtype)).sum(), own))
    torch.testing.assert_close(*values, **CLOSE)
    for found, expected in zip(*grads, strict=True):
        torch.testing.assert_close(found.double(), expected, **CLOSE)


@pytest.mark.usefixtures("library")
def test_a_layer_can_be_written_into_and_leaves_unasked_gradients_out():
    x, weight = draw(2, 8, 5), draw(2, 5, 4).requires_grad_()
    out = torch.relu_(affine(x, weight, draw(2, 1, 4)))
    out.sum().backward()
    expected = x.transpose(1, 2) @ (out > 0).float()
    torch.testing.assert_close(weight.grad, expected)
    assert x.grad is None


def test_float64_stays_float64():
    a, b = draw(2, 30, 40, dtype=torch.float64), draw(2, 40, 5, dtype=torch.float64)
    torch.testing.assert_close(product(a, b), a @ b, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    ("told", "library"),
    [("AMD64 Family 25 Model 1, AuthenticAMD", "onednn"), ("GenuineIntel", "blas"), ("", "blas")],
)
def test_only_amd_processors_need_another_library(told, library, monkeypatch):
    monkeypatch.setattr(products.platform, "processor", lambda: told)
    monkeypatch.setattr(products.Path, "read_text", lambda *_, **__: "")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert library_of_products.__wrapped__() == library
