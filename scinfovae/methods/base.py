"""What a method is to the benchmark: prepared cells, K and seeds in, one embedding a seed out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from scinfovae.data.preprocessing import Prepared


class NotApplicableError(ScInfoVAEError):
    """A method that cannot be used on these data by its nature, which is no failure of the run."""


@dataclass(frozen=True)
class MethodInfo:
    """What can be said of a method without importing its code.

    Attributes
    ----------
    name, title
        Its id in commands and folders, and its name in tables.
    version
        Part of a run's identity: raised whenever a change of the code changes results.
    citation, summary
        Where it was published, and what it does in a sentence.
    needs_k
        Whether the number of clusters enters the embedding.
    stochastic
        Whether the seed changes the embedding.
    method_class, config_class
        ``"module:name"`` of its `Method` and of the frozen dataclass of its choices.
    """

    name: str
    title: str
    version: int
    citation: str
    summary: str
    needs_k: bool
    stochastic: bool
    method_class: str
    config_class: str


class SavesModel(Protocol):
    """A trained model that can be kept with the record."""

    def save(self, path: Path) -> None:
        """Write the model to one file, without pickle."""


@dataclass(frozen=True)
class MethodResult:
    """The outcome of one seed.

    Attributes
    ----------
    status, message
        ``"nan"`` if the training left the finite numbers; the message says where.
    stages
        For each stage (``"pretrained"``, ``"final"``) an array of shape (n_cells, n_dimensions).
    posterior_log_variance
        Array of shape (n_cells, n_dimensions), where the embedding is the mean of a posterior.
    own_labels
        Array of shape (n_cells,), clusters that the method itself assigns.
    history
        Curves of the training: equally long columns, one value an epoch.
    diagnostics
        For each stage numbers that tell whether the embedding is sound.
    seconds
        Wall-clock time by step, shared by the seeds of one stack.
    model
        The trained model, if it can be kept.
    """

    status: Literal["ok", "nan"] = "ok"
    message: str = ""
    stages: dict[str, np.ndarray] = field(default_factory=dict)
    posterior_log_variance: np.ndarray | None = None
    own_labels: np.ndarray | None = None
    history: Mapping[str, Sequence[float | str]] = field(default_factory=dict)
    diagnostics: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    model: SavesModel | None = None


class Method(Protocol):
    """One method of the benchmark; it is built from its config and never sees a label."""

    def fit(
        self,
        prepared: Prepared,
        *,
        n_clusters: int,
        seeds: Sequence[int],
        device: str,
        progress: Callable[[str, int, int], None],
    ) -> list[MethodResult]:
        """Embed the cells once for every seed.

        Parameters
        ----------
        prepared
            The preprocessed cells.
        n_clusters
            K.
        seeds
            The seeds to be trained together.
        device
            ``"cpu"`` or ``"cuda"``.
        progress
            Called with the name of a step, how much of it is done, and its whole.

        Returns
        -------
        One result a seed, in their order.
        """
        ...
