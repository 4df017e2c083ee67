"""Controls: what chance and what knowledge of the truth would score; they bound every metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods._checks import check_at_least
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class NoChoices:
    """A control with nothing to choose."""


@dataclass(frozen=True)
class RandomEmbeddingConfig:
    """Choices of the random embedding.

    Attributes
    ----------
    n_dimensions
        Dimensions of the embedding.
    """

    n_dimensions: int = 10

    def __post_init__(self) -> None:
        """Refuse an embedding without dimensions."""
        check_at_least(self, n_dimensions=1)


class _Control:
    """Asks the subclass for one result a seed."""

    def __init__(self, config: object) -> None:
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
        """Look at no count; see `Method.fit`."""
        n_cells = len(prepared.cell_index)
        results = [self.result(n_cells, n_clusters, seed) for seed in seeds]
        progress("control", 1, 1)
        return results

    def result(self, n_cells: int, n_clusters: int, seed: int) -> MethodResult:
        """Give the outcome of one seed."""
        raise NotImplementedError


class RandomLabelsMethod(_Control):
    """Each cell one of K clusters by chance, all as likely."""

    def result(self, n_cells: int, n_clusters: int, seed: int) -> MethodResult:
        """Draw the labels."""
        labels = _generator(seed, "random_labels").integers(0, n_clusters, n_cells)
        return MethodResult(own_labels=labels, seconds={"fit": 0.0})


class RandomEmbeddingMethod(_Control):
    """Standard normal points; its clusters are those of a clusterer on noise."""

    def __init__(self, config: RandomEmbeddingConfig) -> None:
        super().__init__(config)
        self.n_dimensions = config.n_dimensions

    def result(self, n_cells: int, n_clusters: int, seed: int) -> MethodResult:
        """Draw the points."""
        points = _generator(seed, "random_embedding").normal(size=(n_cells, self.n_dimensions))
        return MethodResult(stages={"final": points}, seconds={"fit": 0.0})


class OracleLabelsMethod(_Control):
    """Gives nothing: the harness copies the reference labels when it scores."""

    def result(self, n_cells: int, n_clusters: int, seed: int) -> MethodResult:
        """Give an empty result; a method sees no label, not even this one."""
        return MethodResult(seconds={"fit": 0.0})


def _generator(seed: int, axis: str) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(derive_seed(seed, axis))


INFO = (
    MethodInfo(
        name="random_labels",
        title="Random labels",
        version=1,
        citation="none; a control",
        summary="K clusters by chance: the bottom of the scale.",
        needs_k=True,
        stochastic=True,
        kind="control",
        has_embedding=False,
        own_labels=True,
        config_class=NoChoices,
        method_class=RandomLabelsMethod,
    ),
    MethodInfo(
        name="random_embedding",
        title="Random embedding",
        version=1,
        citation="none; a control",
        summary="Standard normal points: what clusterers find in noise.",
        needs_k=False,
        stochastic=True,
        kind="control",
        config_class=RandomEmbeddingConfig,
        method_class=RandomEmbeddingMethod,
    ),
    MethodInfo(
        name="oracle_labels",
        title="Reference labels",
        version=1,
        citation="none; a control",
        summary="The reference labels themselves, copied by the harness: the top of the scale.",
        needs_k=False,
        stochastic=False,
        kind="control",
        has_embedding=False,
        own_labels=True,
        labels_from_reference=True,
        config_class=NoChoices,
        method_class=OracleLabelsMethod,
    ),
)
