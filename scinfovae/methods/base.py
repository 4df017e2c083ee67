"""What a method is to the benchmark: prepared cells, K and seeds in, one result a seed out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from scinfovae.errors import ScInfoVAEError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from anndata import AnnData

    from scinfovae.data.preprocessing import Prepared

Kind = Literal["learned", "ablation", "baseline", "control"]
InputKind = Literal["common", "own"]
KINDS: tuple[Kind, ...] = ("learned", "ablation", "baseline", "control")


class NotApplicableError(ScInfoVAEError):
    """A method that cannot be used here by its nature, which is no failure of the run."""


class MissingPackageError(NotApplicableError):
    """A method whose package is not installed; it is tried again once it is."""


@dataclass(frozen=True)
class MethodInfo:
    """All that is known of a method without fitting it; see ``docs/methods.md``.

    Attributes
    ----------
    name, title
        Its id in commands and folders, and its name in tables.
    version
        Part of a run's identity: raised whenever a change of the code changes results.
    citation, summary
        Where it was published, and what it does in a sentence.
    needs_k
        Whether the number of clusters enters the result.
    stochastic
        Whether the seed changes the result.
    config_class
        The frozen dataclass of its choices; it refuses values without a meaning (`UsageError`).
    method_class
        Builds the `Method` from an instance of it. Its module imports heavy packages in ``fit``.
    kind
        Learned, an ablation of ScInfoVAE, a baseline, or a control that bounds the scores.
    has_embedding
        Whether it embeds the cells; one that does not gives labels only and has no clusterers.
    own_labels
        Whether it assigns clusters itself; they enter the tables as the clusterer ``own``.
    labels_from_reference
        The harness copies the reference labels into ``own`` when it scores: for the oracle, and
        never through the method, which sees no label.
    own_recipe
        How its authors prepare cells: what differs from the defaults of `PreprocessingConfig`,
        used with ``input=own``; None if it has no recipe of its own.
    packages, extra
        Names to import of packages it needs beyond those of the project, and the extra of the
        project that installs them.
    """

    name: str
    title: str
    version: int
    citation: str
    summary: str
    needs_k: bool
    stochastic: bool
    config_class: type
    method_class: Callable[[Any], Method]
    kind: Kind = "learned"
    has_embedding: bool = True
    own_labels: bool = False
    labels_from_reference: bool = False
    own_recipe: Mapping[str, Any] | None = None
    packages: tuple[str, ...] = ()
    extra: str = ""

    def __post_init__(self) -> None:
        """Refuse a name that cannot be a word of a command and a folder."""
        if not re.fullmatch("[a-z][a-z0-9_]*", self.name):
            raise UsageError(
                f"'{self.name}' cannot name a method: use small letters, digits and _, a letter "
                "first."
            )


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
        For each stage (``"pretrained"``, ``"final"``) an array of shape (n_cells, n_dimensions);
        empty for a method without an embedding.
    posterior_log_variance
        Array of shape (n_cells, n_dimensions), where the embedding is the mean of a posterior.
    own_labels
        Whole numbers of shape (n_cells,), clusters that the method itself assigns.
    members
        Where the own labels are the consensus of several partitions, these: arrays of shape
        (n_cells,). Scored, and not stored.
    history
        Curves of the training, one value an epoch, e.g. ``pretrain.reconstruction``; those of one
        stage are equally long.
    snapshots
        Embeddings on the way through the training, by its stage (``"pretrain"``) and the epochs
        of it that were done: arrays of shape (n_cells, n_dimensions). Scored, and not stored. Of
        several models together the stage is ``"members"``, and it is counted in percent.
    diagnostics
        For each stage numbers that tell whether the embedding is sound.
    seconds
        Wall-clock time by step, shared by the seeds of one stack.
    model
        The trained model, if it can be kept.
    embed
        Embeds new cells measured on the same genes: given an AnnData, it gives an array of shape
        (n_cells, n_dimensions) in the space of the final stage. None if the method cannot.
    """

    status: Literal["ok", "nan"] = "ok"
    message: str = ""
    stages: dict[str, np.ndarray] = field(default_factory=dict)
    posterior_log_variance: np.ndarray | None = None
    own_labels: np.ndarray | None = None
    members: Sequence[np.ndarray] = ()
    history: Mapping[str, Sequence[float | str]] = field(default_factory=dict)
    snapshots: Mapping[str, Mapping[int, np.ndarray]] = field(default_factory=dict)
    diagnostics: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    model: SavesModel | None = None
    embed: Callable[[AnnData], np.ndarray] | None = None


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
        """Embed, and perhaps cluster, the cells once for every seed.

        Parameters
        ----------
        prepared
            The preprocessed cells; not to be modified.
        n_clusters
            K.
        seeds
            The seeds to be trained together. A seed alone decides its result: the same seed in
            another company gives the same, up to rounding.
        device
            ``"cpu"`` or ``"cuda"``.
        progress
            Called with the name of a step, how much of it is done, and its whole.

        Returns
        -------
        One result a seed, in their order.

        Raises
        ------
        NotApplicableError
            If the method cannot take such data by its nature.
        NoCountsError
            If it needs counts, and the cells hold continuous values.
        UsageError
            If its choices cannot be meant for such data.
        """
        ...
