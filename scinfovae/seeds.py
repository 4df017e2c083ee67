"""Independent seeds for the separate sources of chance in one run."""

from __future__ import annotations

import hashlib

from scinfovae.errors import UsageError


def derive_seed(seed: int, axis: str) -> int:
    """Derive the seed of one source of chance from the seed of a run.

    Two runs share nothing, and within a run the initial weights, the order of the cells, the
    noise and the clusterers do not share a stream either: changing one leaves the others alone.

    Parameters
    ----------
    seed
        The seed of the run, not negative.
    axis
        What the derived seed is for, e.g. ``"init"`` or ``"clusterer/kmeans"``.

    Returns
    -------
    An integer in [0, 2**32).

    Raises
    ------
    UsageError
        If `seed` is negative.
    """
    if seed < 0:
        raise UsageError(f"seed={seed} is negative; seeds are integers from 0 on.")
    digest = hashlib.sha256(f"{axis}/{seed}".encode()).digest()
    return int.from_bytes(digest[:4], "little")
