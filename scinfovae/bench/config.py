"""The configuration of a run: what can be said, and how the shipped files and words make it up."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scinfovae.data.registry import GROUPS, group_members, load_registry
from scinfovae.errors import UsageError, did_you_mean
from scinfovae.methods import METHODS
from scinfovae.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class ResultsConfig:
    """Where records are kept, and whether trained models are kept with them."""

    dir: Path = Path("results")
    keep_model: bool = True


@dataclass(frozen=True)
class DataConfig:
    """Where dataset files come from; `cache_dir` None is the cache folder of the user."""

    cache_dir: Path | None = None
    mirror: Path | None = None
    offline: bool = False


@dataclass(frozen=True)
class ExecutorConfig:
    """Who does the runs."""

    name: Literal["inline"] = "inline"


@dataclass(frozen=True)
class Settings:
    """Everything that says how and where a run is done, and nothing of what it is.

    Attributes
    ----------
    results, data, executor
        Folders and the executor.
    device
        ``"auto"`` is CUDA where there is a GPU.
    stack_width
        How many seeds are trained at once; ``"auto"`` is 1 on a CPU and 5 on CUDA.
    threads
        Threads of one process.
    figures
        Draw the embedding.
    """

    results: ResultsConfig = field(default_factory=ResultsConfig)
    data: DataConfig = field(default_factory=DataConfig)
    executor: ExecutorConfig = field(default_factory=ExecutorConfig)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    stack_width: Literal["auto"] | int = "auto"
    threads: int = 1
    figures: bool = True

    def __post_init__(self) -> None:
        """Refuse counts below one."""
        for key in ("stack_width", "threads"):
            value = getattr(self, key)
            if value != "auto" and value < 1:
                raise UsageError(f"{key}={value} must be at least 1.")


def choices() -> Mapping[str, tuple[str, ...]]:
    """List the names that each config group offers; cheap enough for shell completion.

    Returns
    -------
    Names by group.
    """
    root = resource_path("configs")
    groups = {
        folder.name: tuple(sorted(file.stem for file in folder.glob("*.yaml")))
        for folder in sorted(root.iterdir())
        if folder.is_dir()
    }
    groups["method"] = tuple(dict.fromkeys([*METHODS, *groups["method"]]))
    groups["dataset"] = (*load_registry(), "simulated", "custom")
    return groups


def dataset_sets() -> dict[str, tuple[str, ...]]:
    """List the names that stand for several datasets.

    Returns
    -------
    Dataset names by ``"dataset/<set>"``.
    """
    return {f"dataset/{name}": group_members(name) for name in GROUPS}


@functools.lru_cache(maxsize=256)
def compose_groups(chosen: tuple[tuple[str, str], ...]) -> str:
    """Compose the shipped files with Hydra for a choice of groups, without any value set.

    Parameters
    ----------
    chosen
        Pairs (group, name); the other groups keep their defaults.

    Returns
    -------
    The configuration as JSON, interpolations unresolved; groups by name under ``hydra_choices``.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from omegaconf import OmegaConf, open_dict

    from scinfovae.bench.dataset_config import dataset_node

    store, root = ConfigStore.instance(), resource_path("configs")
    for name in {"simulated", *(name for group, name in chosen if group == "dataset")}:
        store.store(group="dataset", name=name, node=dataset_node(name), provider="scinfovae")
    for name in METHODS:
        if not (root / "method" / f"{name}.yaml").exists():
            store.store(group="method", name=name, node={"name": name}, provider="scinfovae")
    overrides = [f"{group}={name}" for group, name in chosen]
    with initialize_config_dir(str(root), version_base="1.3"):
        config = compose("config", overrides=overrides, return_hydra_config=True)
    names = OmegaConf.to_container(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
        config["hydra_choices"] = names
    return json.dumps(OmegaConf.to_container(config))


def compose_point(point: Mapping[str, Any]) -> dict[str, Any]:
    """Compose the configuration of one point: files, then its preset, then its own values.

    Parameters
    ----------
    point
        Names of groups and values of dotted keys.

    Returns
    -------
    The resolved configuration as plain dicts.

    Raises
    ------
    UsageError
        If a key does not exist, or an interpolation cannot be resolved.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    offered = choices()
    groups = tuple((key, name) for key, name in point.items() if key in offered)
    tree: Any = json.loads(compose_groups(groups))
    method = tree["hydra_choices"]["method"]
    del tree["hydra_choices"]
    overrides = tree["preset"].pop("overrides")
    given = flatten("preprocessing", overrides.get("preprocessing") or {})
    # a preset that leaves the method as it is does not make its runs short
    tree["preset"]["short"] &= method in (overrides.get("method") or {})
    given |= flatten("method", (overrides.get("method") or {}).get(method) or {})
    known = [*flatten("", tree), *offered]
    for key, value in given.items():
        _set(tree, key, value, known)
    for key, value in point.items():
        if key.startswith("preset."):
            raise UsageError(
                f"'{key}' describes the preset and is not to be set; choose one with preset=NAME."
            )
        if key not in offered:
            _set(tree, key, value, known)
    if tree["method"].get("name") != method:
        raise UsageError("choose a method with method=NAME.")
    try:
        resolved: Any = OmegaConf.to_container(OmegaConf.create(tree), resolve=True)
    except OmegaConfBaseException as error:
        raise UsageError(f"a value cannot be resolved: {str(error).splitlines()[0]}") from None
    return dict(resolved)


def flatten(prefix: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    """Write a nested mapping with dotted keys.

    Parameters
    ----------
    prefix
        Put before every key; may be empty.
    tree
        The mapping.

    Returns
    -------
    Its leaves; an empty mapping is a leaf.
    """
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict) and value:
            leaves |= flatten(name, value)
        else:
            leaves[name] = value
    return leaves


def _set(tree: dict[str, Any], key: str, value: Any, known: Sequence[str]) -> None:
    """Set one dotted key; keys of a group's node are checked later, by its dataclass."""
    *path, last = key.split(".")
    is_open = bool(path) and path[0] in ("method", "preprocessing", "dataset", "clustering")
    node: Any = tree
    for part in path:
        if is_open and isinstance(node, dict) and node.get(part) is None:
            node[part] = {}
        node = node.get(part) if isinstance(node, dict) else None
    if not isinstance(node, dict) or (last not in node and not is_open):
        raise UsageError(f"there is no key '{key}'.{did_you_mean(key, known)}")
    node[last] = value
