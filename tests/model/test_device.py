"""Where a model is trained."""

from __future__ import annotations

import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.model.device import resolve_device, tf32_products


def test_names_of_devices():
    there = torch.cuda.is_available()
    assert resolve_device("cpu").type == "cpu"
    assert resolve_device("auto").type == ("cuda" if there else "cpu")
    with pytest.raises(UsageError, match="device='gpu' is unknown"):
        resolve_device("gpu")
    if not there:
        with pytest.raises(UsageError, match="device=cuda: no CUDA device"):
            resolve_device("cuda")


def test_tf32_is_allowed_inside_and_as_before_outside():
    before = torch.backends.cuda.matmul.allow_tf32
    with tf32_products(not before):
        assert torch.backends.cuda.matmul.allow_tf32 is not before
    assert torch.backends.cuda.matmul.allow_tf32 is before
