"""The scaled genes themselves: what clustering does without any reduction of dimensions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods.base import MethodInfo, MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class GenesConfig:
    """Nothing is to be chosen; which genes there are is said by the preprocessing."""


class GenesMethod:
    """Gives the input as the embedding; the same for every seed."""

    def __init__(self, config: GenesConfig) -> None:
        self.config = config

    def fit(
        self,
        prepared: Prepared,
        *,
        n_clusters: int,
        seeds: Sequence[int],
        device: str,
        progress: Callable[[str, int, int], None],
    ) -> list[MethodResult]:
        """Hand the scaled matrix on; see `Method.fit`."""
        start = time.perf_counter()
        progress("genes", 0, 1)
        embedding = prepared.scaled.copy()
        progress("genes", 1, 1)
        seconds = {"fit": time.perf_counter() - start}
        return [MethodResult(stages={"final": embedding}, seconds=seconds) for _ in seeds]


INFO = MethodInfo(
    name="genes",
    title="Genes",
    version=1,
    citation="no reduction of dimensions; the reference for memory in Pan, Long & Pan 2023",
    summary="The scaled genes without any reduction of dimensions, one dimension a gene.",
    needs_k=False,
    stochastic=False,
    kind="baseline",
    config_class=GenesConfig,
    method_class=GenesMethod,
)
