"""What is asked for when a dataset is asked for, and the registry entry it means."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.data.registry import DatasetSpec, Layout, check_field, get_dataset
from scinfovae.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.data.figure4_cells import Figure4Config
    from scinfovae.data.simulate import SimulationConfig

# What may be replaced in an entry of the registry, to point it at another copy of a dataset.
_OVERRIDABLE = (
    "urls",
    "git_blob_sha1",
    "sha256",
    "size_bytes",
    "n_cells",
    "n_genes",
    "n_classes",
    "class_sizes",
)


@dataclass(frozen=True)
class DatasetRequest:
    """What is asked for.

    Attributes
    ----------
    name
        Id of a registered dataset, ``"simulated"``, ``"figure4"`` or ``"custom"``.
    cache_dir
        Folder for downloaded files.
    path, layout, layer, labels_path
        For ``custom``: the file, its layout (None: told from the file), the layer of an .h5ad file
        that holds the counts (None: ``X``) and a table of labels.
    label_key
        Names of the reference labelings; None takes what the registry or the layout says.
    n_clusters
        Number of clusters K; None takes the number of reference classes.
    simulation
        For ``simulated``: its configuration; None takes the default one.
    points
        For ``figure4``: its configuration; None takes the default one.
    overrides
        Values that replace the expected ones of a registered dataset: addresses, hashes, sizes.
    mirror
        Folder that holds dataset files, used instead of the network.
    offline
        Never touch the network.
    fraction
        Share of the cells to keep, drawn at random whatever their labels; 1 keeps all.
    fraction_seed
        Seed of that draw; it is no seed of a run, so all runs on one share see the same cells.
    """

    name: str
    cache_dir: Path = field(default_factory=lambda: default_cache_dir())
    path: Path | None = None
    layout: Layout | None = None
    layer: str | None = None
    label_key: tuple[str, ...] | None = None
    labels_path: Path | None = None
    n_clusters: int | None = None
    simulation: SimulationConfig | None = None
    points: Figure4Config | None = None
    overrides: Mapping[str, Any] | None = None
    mirror: Path | None = None
    offline: bool = False
    fraction: float = 1.0
    fraction_seed: int = 0


def default_cache_dir() -> Path:
    """Return the folder of the user for downloaded datasets.

    Returns
    -------
    A folder that need not exist yet.
    """
    import platformdirs

    return Path(platformdirs.user_cache_dir("scinfovae")) / "datasets"


def resolve_spec(request: DatasetRequest) -> DatasetSpec:
    """Return the registry entry of a request with its overrides applied.

    Parameters
    ----------
    request
        A request for a registered dataset.

    Returns
    -------
    The entry.

    Raises
    ------
    UsageError
        If the dataset is unknown or an override is.
    """
    spec = get_dataset(request.name)
    changes: dict[str, Any] = {}
    for key, value in (request.overrides or {}).items():
        if key not in _OVERRIDABLE:
            raise UsageError(
                f"dataset.{key} cannot be replaced.{did_you_mean(key, _OVERRIDABLE)} "
                f"Replaceable are {', '.join(_OVERRIDABLE)}."
            )
        if value is None:
            continue
        given = list(value) if isinstance(value, list | tuple) else value
        check_field(key, given, f"dataset.{key}")
        changes[key] = tuple(given) if isinstance(given, list) else given
    if "class_sizes" in changes:
        changes["class_sizes"] = tuple(sorted(changes["class_sizes"], reverse=True))
    if "git_blob_sha1" in changes:  # other bytes: what else was known of the old ones is void
        changes = {"sha256": None, "size_bytes": None, **changes}
    found = dataclasses.replace(spec, **changes)
    if len(found.class_sizes) != found.n_classes:
        raise UsageError(
            f"dataset '{spec.name}': dataset.n_classes={found.n_classes} contradicts "
            f"dataset.class_sizes with {len(found.class_sizes)} classes; replace both."
        )
    return found


def custom_path(request: DatasetRequest) -> Path:
    """Return the file of a custom dataset.

    Parameters
    ----------
    request
        A request for ``custom``.

    Returns
    -------
    A file that exists.

    Raises
    ------
    UsageError, DataError
        If none is named, or it does not exist.
    """
    if request.path is None:
        raise UsageError("dataset=custom needs a file of counts: give dataset.path=FILE.")
    if not request.path.is_file():
        raise DataError(f"there is no file '{request.path}'; check dataset.path=FILE.")
    return request.path
