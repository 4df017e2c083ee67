"""First calls whose imports and compilation are no cost of a run, made before it is timed."""

from __future__ import annotations

import contextlib
import functools
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods import MethodInfo

_FEW_CELLS = 200
_done: set[str] = set()


def warm_up_method(info: MethodInfo, config: Any, prepared: Prepared, device: str) -> None:
    """Let a baseline see a few of the cells, once a process.

    A baseline takes seconds, of which its first call in a process spends most on importing and
    compiling; a training takes minutes, and is left alone.

    Parameters
    ----------
    info, config
        The method and its choices.
    prepared
        The cells.
    device
        ``"cpu"`` or ``"cuda"``.
    """
    from scinfovae.methods import create

    if info.kind != "baseline" or info.name in _done:
        return
    _done.add(info.name)
    with _unheard():
        create(info, config).fit(
            _few(prepared), n_clusters=2, seeds=[0], device=device, progress=lambda *_: None
        )


@functools.cache
def warm_up_clusterer(name: str) -> None:
    """Let a clusterer see two clusters.

    Parameters
    ----------
    name
        One of the suite's.
    """
    import numpy as np

    from scinfovae.clustering import cluster

    points = np.random.default_rng(0).normal(size=(60, 2))
    points[30:] += 10.0
    with _unheard():
        cluster(name, points, 2, 0, {})


def _few(prepared: Prepared) -> Prepared:
    """Take the first cells."""
    return replace(
        prepared,
        scaled=prepared.scaled[:_FEW_CELLS],
        size_factors=prepared.size_factors[:_FEW_CELLS],
        cell_index=prepared.cell_index[:_FEW_CELLS],
        counts=prepared.counts[:_FEW_CELLS] if prepared.has_counts else None,
    )


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Leave warnings and failures to the call that counts."""
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        yield
