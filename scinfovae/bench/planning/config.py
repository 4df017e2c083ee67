"""The configuration of a run: how and where it is done, and the names that can be chosen."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scinfovae.bench.planning.executors import ExecutorConfig, InlineConfig
from scinfovae.data.registry import GROUPS, group_members, load_registry
from scinfovae.errors import UsageError
from scinfovae.methods import METHODS
from scinfovae.methods.base import KINDS
from scinfovae.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    tf32
        Let a GPU shorten the factors of matrix products to 10 bits: faster, other digits.
    figures
        Draw the embedding.
    structure
        Score how much of the data's neighbourhoods embeddings keep; ``"auto"`` does so for
        ``figure4``. The time it takes grows with the square of the number of cells.
    plugins
        Modules to import that hold methods outside the package.
    """

    results: ResultsConfig = field(default_factory=ResultsConfig)
    data: DataConfig = field(default_factory=DataConfig)
    executor: ExecutorConfig = field(default_factory=InlineConfig)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    stack_width: Literal["auto"] | int = "auto"
    threads: int = 1
    tf32: bool = False
    figures: bool = True
    structure: Literal["auto"] | bool = "auto"
    plugins: tuple[str, ...] = ()

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
    groups = dict(_shipped_names())
    groups["method"] = tuple(dict.fromkeys([*METHODS, *groups["method"]]))
    groups["dataset"] = (*load_registry(), "simulated", "figure4", "custom")
    return groups


@functools.cache
def _shipped_names() -> Mapping[str, tuple[str, ...]]:
    """List the files of every config group; an experiment is a list of words and no group."""
    return {
        folder.name: tuple(sorted(file.stem for file in folder.glob("*.yaml")))
        for folder in sorted(resource_path("configs").iterdir())
        if folder.is_dir() and folder.name != "experiment"
    }


def dataset_sets() -> dict[str, tuple[str, ...]]:
    """List the names that stand for several datasets.

    Returns
    -------
    Dataset names by ``"dataset/<set>"``.
    """
    return {f"dataset/{name}": group_members(name) for name in GROUPS}


def method_sets() -> dict[str, tuple[str, ...]]:
    """List the names that stand for several methods.

    Returns
    -------
    Method names by ``"method/<set>"``.
    """
    kinds = {
        f"method/{kind}": tuple(name for name, info in METHODS.items() if info.kind == kind)
        for kind in KINDS
    }
    return {"method/all": tuple(METHODS), **{name: some for name, some in kinds.items() if some}}


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
