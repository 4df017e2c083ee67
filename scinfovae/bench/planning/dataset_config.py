"""The config group ``dataset``: written out of the registry, read back as a request."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (read at run time from the dataclasses)
from typing import TYPE_CHECKING, Any, Literal

from scinfovae.bench.planning.typed import build, plain
from scinfovae.data.figure4_cells import Figure4Config
from scinfovae.data.fraction import check_fraction
from scinfovae.data.registry import Layout, get_dataset
from scinfovae.data.simulate import SimulationConfig
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.bench.planning.config import DataConfig
    from scinfovae.data.request import DatasetRequest

LabelKey = str | tuple[str, ...] | None
# made here, with their configuration under a key of their own
CONTINUOUS_DATASETS = ("figure4",)


@dataclass(frozen=True, kw_only=True)
class Share:
    """What every dataset can be asked for: a random share of its cells, and the draw's seed."""

    fraction: float = 1.0
    fraction_seed: int = 0


@dataclass(frozen=True)
class CustomNode(Share):
    """A file of the user; `n_clusters` None takes the number of classes of the first label key.

    `layer` None takes ``X`` of an .h5ad file.
    """

    name: Literal["custom"]
    path: Path | None = None
    layout: Layout | None = None
    layer: str | None = None
    label_key: LabelKey = None
    labels_path: Path | None = None
    n_clusters: int | None = None


@dataclass(frozen=True)
class SimulatedNode(Share):
    """Simulated counts."""

    name: Literal["simulated"]
    n_clusters: int | None = None
    simulation: SimulationConfig = dataclasses.field(default_factory=SimulationConfig)


@dataclass(frozen=True)
class Figure4Node(Share):
    """The drawn points of Fig. 4, continuous values."""

    name: Literal["figure4"]
    n_clusters: int | None = None
    points: Figure4Config = dataclasses.field(default_factory=Figure4Config)


@dataclass(frozen=True)
class Expected:
    """What a registered file must be; every value can be replaced, and the record says so."""

    urls: tuple[str, ...]
    git_blob_sha1: str
    sha256: str | None
    size_bytes: int | None
    n_cells: int
    n_genes: int
    n_classes: int
    class_sizes: tuple[int, ...]


@dataclass(frozen=True)
class RegisteredNode(Share, Expected):
    """A dataset of the registry."""

    name: str
    label_key: LabelKey
    n_clusters: int | None


def dataset_node(name: str) -> dict[str, Any]:
    """Write the config of one dataset.

    Parameters
    ----------
    name
        A registered dataset, ``"simulated"``, ``"figure4"`` or ``"custom"``.

    Returns
    -------
    Keys and values of the config group ``dataset``.
    """
    if name == "custom":
        return dict(plain(CustomNode("custom")))
    if name == "simulated":
        return dict(plain(SimulatedNode("simulated")))
    if name == "figure4":
        return dict(plain(Figure4Node("figure4")))
    spec = get_dataset(name)
    expected = {key.name: plain(getattr(spec, key.name)) for key in dataclasses.fields(Expected)}
    own = {"name": name, "label_key": spec.label_key, "n_clusters": None}
    return {**own, **plain(Share()), **expected}


def overridden(node: Mapping[str, Any]) -> dict[str, Any]:
    """Tell which expectations of a registered dataset were replaced.

    Parameters
    ----------
    node
        The resolved config group ``dataset``.

    Returns
    -------
    The replaced keys with their new values; empty for other datasets.
    """
    if node["name"] in ("custom", "simulated", "figure4"):
        return {}
    original = dataset_node(node["name"])
    keys = (field.name for field in dataclasses.fields(Expected))
    return {key: node[key] for key in keys if key in node and node[key] != original[key]}


def dataset_request(node: Mapping[str, Any], data: DataConfig) -> DatasetRequest:
    """Read the config group ``dataset``.

    Parameters
    ----------
    node
        Its resolved keys and values.
    data
        Where files come from.

    Returns
    -------
    What is asked of `scinfovae.data.dataset.load_dataset`.

    Raises
    ------
    UsageError
        If a key is unknown or of the wrong type, K is below 2, or the share out of range.
    """
    from scinfovae.data.request import DatasetRequest, default_cache_dir

    name = node.get("name")
    kinds: dict[Any, type] = {
        "custom": CustomNode,
        "simulated": SimulatedNode,
        "figure4": Figure4Node,
    }
    if name != "custom":
        _check_own_file_keys(node)
    chosen: Any = build(kinds.get(name, RegisteredNode), node, "dataset")
    if chosen.n_clusters is not None and chosen.n_clusters < 2:
        raise UsageError(f"dataset.n_clusters={chosen.n_clusters} must be at least 2.")
    check_fraction(chosen.fraction, chosen.fraction_seed)
    keys = getattr(chosen, "label_key", None)
    if isinstance(keys, tuple) and len(keys) > 1 and "max" in keys:
        raise UsageError(
            f"dataset.label_key={list(keys)}: 'max' is the name of the best score over several "
            "labelings; rename that column, or ask for it alone."
        )
    return DatasetRequest(
        name=chosen.name,
        cache_dir=data.cache_dir or default_cache_dir(),
        path=getattr(chosen, "path", None),
        layout=getattr(chosen, "layout", None),
        layer=getattr(chosen, "layer", None),
        label_key=(keys,) if isinstance(keys, str) else keys,
        labels_path=getattr(chosen, "labels_path", None),
        n_clusters=chosen.n_clusters,
        simulation=getattr(chosen, "simulation", None),
        points=getattr(chosen, "points", None),
        overrides=overridden(node) or None,
        mirror=data.mirror,
        offline=data.offline,
        fraction=chosen.fraction,
        fraction_seed=chosen.fraction_seed,
    )


def _check_own_file_keys(node: Mapping[str, Any]) -> None:
    for key in ("path", "layout", "layer", "labels_path"):
        if key in node:
            raise UsageError(
                f"dataset.{key} goes with a file of your own: say dataset=custom "
                f"dataset.{key}={node[key]}."
            )
