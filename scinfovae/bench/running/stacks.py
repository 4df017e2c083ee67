"""Which seeds of a run are trained together, and on what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.planning.config import Settings


def chosen_device(name: str) -> str:
    """Turn "auto" into "cpu" or "cuda"; torch is imported only where the answer needs it.

    Parameters
    ----------
    name
        ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Returns
    -------
    ``"cpu"`` or ``"cuda"``.
    """
    if name == "cpu":
        return name
    from scinfovae.model.device import resolve_device

    return resolve_device(name).type


def stacks_of(seeds: Sequence[int], settings: Settings, device: str) -> list[tuple[int, ...]]:
    """Divide seeds into stacks, the same ones whichever of them are finished already.

    Parameters
    ----------
    seeds
        All seeds that are asked for.
    settings
        Say how many are trained at once.
    device
        ``"cpu"`` or ``"cuda"``.

    Returns
    -------
    The stacks, in the order of the seeds; five seeds each on CUDA and one on a CPU unless
    ``stack_width`` says otherwise.
    """
    width = settings.stack_width
    if width == "auto":
        width = 5 if device == "cuda" else 1
    return [tuple(seeds[start : start + width]) for start in range(0, len(seeds), width)]
