"""Which device to train on, and how its arithmetic is set."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def resolve_device(name: str = "auto") -> torch.device:
    """Turn a device name into a device.

    Parameters
    ----------
    name
        ``"auto"`` (a GPU when there is one), ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.

    Raises
    ------
    UsageError
        If the name is unknown or a GPU is asked for and there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name != "cpu" and name.partition(":")[0] != "cuda":
        raise UsageError(f"device={name!r} is unknown; choose auto, cpu or cuda.")
    if name != "cpu" and not torch.cuda.is_available():
        raise UsageError(f"device={name}: no CUDA device is available here; use device=cpu.")
    return torch.device(name)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Take numbers below 1e-38 for 0 on the CPU while the context is open.

    The running means of Adam halve every seven steps where a unit has died, and a CPU needs a
    hundred times longer for numbers this small: after some hundred epochs a training was measured
    to be a quarter slower, with losses equal to the last digit.
    """
    before = sys.float_info.min / 2 == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


@contextmanager
def tf32_products(allowed: bool) -> Iterator[None]:
    """Let a GPU do float32 matrix products in TF32, or not, while the context is open."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
