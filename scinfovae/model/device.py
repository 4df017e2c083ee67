"""Which device to train on."""

from __future__ import annotations

import torch

from scinfovae.errors import UsageError


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
