"""Put a configuration together: shipped files, the preset's own values, the words of a command."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, get_args

from scinfovae.bench.planning.config import choices, flatten
from scinfovae.bench.planning.dataset_config import CONTINUOUS_DATASETS, dataset_node
from scinfovae.bench.planning.typed import plain
from scinfovae.errors import UsageError, did_you_mean
from scinfovae.methods import METHODS, InputKind, own_recipe
from scinfovae.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@functools.lru_cache(maxsize=1)
def compose_defaults() -> str:
    """Compose the shipped files with Hydra: every group with its default, no value set.

    Returns
    -------
    The configuration as JSON, interpolations unresolved; groups by name under ``hydra_choices``.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from omegaconf import OmegaConf, open_dict

    store = ConfigStore.instance()
    store.store(
        group="dataset", name="simulated", node=dataset_node("simulated"), provider="scinfovae"
    )
    with initialize_config_dir(str(resource_path("configs")), version_base="1.3"):
        config = compose("config", return_hydra_config=True)
    names = OmegaConf.to_container(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
        config["hydra_choices"] = names
    return json.dumps(OmegaConf.to_container(config))


@functools.lru_cache(maxsize=1024)
def group_node(group: str, name: str) -> str:
    """Read what one name of a config group stands for.

    The files of a group hold plain keys and no defaults lists, so that reading one and composing
    it are the same, at a hundredth of the time: sweeps choose among hundreds of pairs.

    Parameters
    ----------
    group, name
        E.g. ``"preset"`` and ``"quick"``; the name is one that `choices` offers.

    Returns
    -------
    Its keys and values as JSON, interpolations unresolved.
    """
    from omegaconf import OmegaConf

    if group == "dataset":
        return json.dumps(dataset_node(name))
    file = resource_path("configs") / group / f"{name}.yaml"
    if group == "method" and not file.exists():
        return json.dumps({"name": name})
    return json.dumps(OmegaConf.to_container(OmegaConf.load(file)))


def compose_groups(chosen: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Compose the shipped files for a choice of groups, without any value set.

    Parameters
    ----------
    chosen
        Pairs (group, name); the other groups keep their defaults.

    Returns
    -------
    The configuration, interpolations unresolved; groups by name under ``hydra_choices``.
    """
    tree: dict[str, Any] = json.loads(compose_defaults())
    for group, name in chosen:
        tree[group] = json.loads(group_node(group, name))
        tree["hydra_choices"][group] = name
    return tree


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
    offered = choices()
    groups = tuple((key, name) for key, name in point.items() if key in offered)
    tree = compose_groups(groups)
    method = tree["hydra_choices"]["method"]
    del tree["hydra_choices"]
    overrides = tree["preset"].pop("overrides")
    tree["input"] = _input_kind(point.get("input", tree["input"]), method)
    recipe = overrides.get("preprocessing") or {}
    if tree["dataset"]["name"] in CONTINUOUS_DATASETS:
        from scinfovae.data.preprocessing import CONTINUOUS

        # all steps are for counts, those of the preset and of a method's authors too
        tree["input"], recipe = "common", plain(CONTINUOUS)
    elif tree["input"] == "own":
        # the authors' recipe replaces the suite's, and what a preset makes of that
        recipe = plain(own_recipe(METHODS[method]))
    given = flatten("preprocessing", recipe)
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
        if key not in offered and key != "input":
            _set(tree, key, value, known)
    if tree["method"].get("name") != method:
        raise UsageError("choose a method with method=NAME.")
    return _resolve(tree)


def _resolve(tree: dict[str, Any]) -> dict[str, Any]:
    """Resolve interpolations such as ``${seed}``, where there are any."""
    if not any(isinstance(v, str) and "${" in v for v in _leaves(tree)):
        return tree
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        resolved: Any = OmegaConf.to_container(OmegaConf.create(tree), resolve=True)
    except OmegaConfBaseException as error:
        raise UsageError(f"a value cannot be resolved: {str(error).splitlines()[0]}") from None
    return dict(resolved)


def _leaves(value: Any) -> Iterator[Any]:
    """Go through every value of nested mappings and lists."""
    if isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _leaves(member)
    else:
        yield value


def _input_kind(wanted: Any, method: str) -> InputKind:
    """Check the kind of input; a method without a recipe of its own has the common one."""
    kinds = get_args(InputKind)
    if wanted not in kinds:
        raise UsageError(
            f"input={wanted} must be one of {', '.join(kinds)}.{did_you_mean(str(wanted), kinds)}"
        )
    has_own = method in METHODS and METHODS[method].own_recipe is not None
    return "own" if wanted == "own" and has_own else "common"


def _set(tree: dict[str, Any], key: str, value: Any, known: Sequence[str]) -> None:
    """Set one dotted key; keys of a group's node are checked later, by its dataclass."""
    *path, last = key.split(".")
    is_open = bool(path) and path[0] in ("method", "preprocessing", "dataset", "clustering")
    is_open |= path == ["executor", "options"]
    node: Any = tree
    for part in path:
        if is_open and isinstance(node, dict) and node.get(part) is None:
            node[part] = {}
        node = node.get(part) if isinstance(node, dict) else None
    if not isinstance(node, dict) or (last not in node and not is_open):
        name = tree["executor"]["name"]
        hint = f" It is no key of executor={name}." if path == ["executor"] else ""
        raise UsageError(f"there is no key '{key}'.{hint}{did_you_mean(key, known)}")
    if isinstance(node.get(last), float) and type(value) is int:
        value = float(value)  # 1 and 1.0 ask for the same runs
    node[last] = value
