"""One thread a process by default: on busy cores more threads wait more than they compute."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Hold every numerical library to a number of threads, and let go of it afterwards.

    Parameters
    ----------
    threads
        How many.
    """
    import threadpoolctl  # type: ignore[import-untyped]
    import torch

    # libraries loaded later read these
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    before = torch.get_num_threads()
    with threadpoolctl.threadpool_limits(limits=threads):
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
