"""Methods trained on counts, scaled values and size factors, one model for each seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.methods.each_seed import each_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.base import MethodResult
    from scinfovae.model.cells import TrainingData


class CountMethod:
    """Puts the cells on the device once and asks the subclass for one model a seed."""

    def __init__(self, config: Any) -> None:
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
        """Train one model for each seed; see `Method.fit`."""
        from scinfovae.model.cells import TrainingData

        data = TrainingData.from_arrays(
            prepared.scaled, prepared.counts, prepared.size_factors, device
        )

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return self.train(prepared, data, n_clusters, seed, report)

        return each_seed(seeds, progress, fit_one)

    def train(
        self,
        prepared: Prepared,
        data: TrainingData,
        n_clusters: int,
        seed: int,
        report: Callable[[str, int, int], None],
    ) -> MethodResult:
        """Train the model of one seed on `data`, the cells of `prepared` on the device."""
        raise NotImplementedError
