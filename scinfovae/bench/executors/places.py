"""Where workers compute: cores and GPUs of this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scinfovae.bench.planning.executors import ProcessesConfig, SlurmConfig
from scinfovae.bench.running.stacks import chosen_device
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from scinfovae.bench.planning.config import Settings


def device_of(settings: Settings) -> str:
    """Tell where the runs of a sweep will compute; their stacks depend on it.

    Parameters
    ----------
    settings
        Of the sweep.

    Returns
    -------
    ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    UsageError
        If GPUs are asked for and refused at the same time, or named where there are none.
    """
    executor, word = settings.executor, ""
    if isinstance(executor, ProcessesConfig) and executor.gpus == "none":
        word = "executor.gpus=none"
    elif isinstance(executor, SlurmConfig) and executor.gpus == 0:
        word = "executor.gpus=0"
    if word:
        if settings.device == "cuda":
            raise UsageError(f"device=cuda contradicts {word}; give the runs GPUs, or device=cpu.")
        return "cpu"
    if isinstance(executor, SlurmConfig):
        # what the machine at hand has says nothing of the nodes
        return "cpu" if settings.device == "cpu" else "cuda"
    device = chosen_device(settings.device)
    if device == "cpu" and isinstance(executor, ProcessesConfig) and executor.gpus != "auto":
        raise UsageError(
            f"executor.gpus={list(executor.gpus)}: no GPU can be used here with device="
            f"{settings.device}; leave it out, or say executor.gpus=none."
        )
    return device


def gpus_of(config: ProcessesConfig, device: str) -> tuple[str, ...]:
    """List the GPUs to deal out, as CUDA_VISIBLE_DEVICES names them.

    Parameters
    ----------
    config
        Which of them may be used.
    device
        ``"cpu"`` or ``"cuda"``.

    Returns
    -------
    Their names. On a CPU an empty one: then no worker opens a context on a GPU.

    Raises
    ------
    UsageError
        If one is asked for that is not there.
    """
    if device != "cuda":
        return ("",)
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = torch.cuda.device_count()
    known = tuple(named.split(",")[:count] if named else (str(i) for i in range(count)))
    if isinstance(config.gpus, str):
        return known
    for number in config.gpus:
        if number >= len(known):
            raise UsageError(
                f"executor.gpus={list(config.gpus)}: there is no GPU {number}; {len(known)} are "
                "visible here, numbered from 0."
            )
    return tuple(known[number] for number in config.gpus)


def workers_of(config: ProcessesConfig, threads: int, gpus: tuple[str, ...]) -> int:
    """Tell how many processes shall work at once.

    Parameters
    ----------
    config
        Says it, or ``"auto"``.
    threads
        Threads of one of them.
    gpus
        What `gpus_of` gives.

    Returns
    -------
    At least 1; by itself one for each GPU, or one for every `threads` cores.
    """
    if config.workers != "auto":
        return config.workers
    return len(gpus) if gpus[0] else max(1, n_cores() // threads)


def n_cores() -> int:
    """Count the cores this process may use.

    Returns
    -------
    At least 1.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
