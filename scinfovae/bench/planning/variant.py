"""What is done in a run, whatever its data and seed: a hash of it, and words for people."""

from __future__ import annotations

import functools
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.identity import recipe_facts, setting
from scinfovae.bench.planning.typed import plain
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.bench.planning.plan import Recipe


def setting_of_recipe(recipe: Recipe) -> str:
    """Name the setting of what is asked for.

    Parameters
    ----------
    recipe
        What is asked for.

    Returns
    -------
    8 hexadecimal digits, equal over datasets and seeds.
    """
    from scinfovae.data.preprocessing.config import PREPROCESSING_VERSION

    return setting_of_config(recipe.resolved, recipe.method.version, PREPROCESSING_VERSION)


def setting_of_config(
    config: Mapping[str, Any], method_version: int, preprocessing_version: int
) -> str:
    """Name the setting of a record.

    Parameters
    ----------
    config
        The resolved configuration, as in ``config.yaml``.
    method_version, preprocessing_version
        The versions of the code, as in ``provenance.json``.

    Returns
    -------
    What `setting_of_recipe` gives for the same choices.
    """
    chosen = dict(config["method"])
    return setting(
        method=chosen.pop("name"),
        method_version=method_version,
        method_config=chosen,
        input_kind=config.get("input", "common"),
        preprocessing=config["preprocessing"],
        preprocessing_version=preprocessing_version,
    )


def variant_of(config: Mapping[str, Any], method_version: int | None = None) -> str:
    """Say how a configuration differs from the defaults of its method.

    Parameters
    ----------
    config
        The resolved configuration, of a recipe or of a record.
    method_version
        The version of the method's code, told where it is not the present one.

    Returns
    -------
    E.g. ``"latent_dim=2, preprocessing.n_hvg=250"``; empty for the defaults under the default
    preset, and for a method that is not known here.
    """
    from scinfovae.methods import METHODS

    info = METHODS.get(config["method"]["name"])
    if info is None:
        return ""
    kind = config.get("input", "common")
    different = []
    if method_version is not None and method_version != info.version:
        different.append(f"version={method_version}")
    if kind != "common":
        different.append(f"input={kind}")
    continuous = config["preprocessing"].get("values") == "continuous"
    if continuous:
        # the steps for counts go without saying, and the rest is compared with a run on such data
        different.append("preprocessing.values=continuous")
    defaults = _defaults(info.name, kind, info.config_class, continuous)
    chosen = _choices(config)
    for key in dict.fromkeys([*defaults, *chosen]):
        if defaults.get(key) != chosen.get(key):
            different.append(f"{key}={_text(chosen.get(key))}")
    return ", ".join(different)


@functools.lru_cache(maxsize=256)
def _defaults(method: str, kind: str, _config_class: object, continuous: bool) -> Mapping[str, Any]:
    """Take the choices of a method where nothing else is said."""
    from scinfovae.bench.planning.plan import make_plan

    words = [f"method={method}"] + ([f"input={kind}"] if kind != "common" else [])
    words += ["dataset=figure4"] if continuous else []
    try:
        return _choices(make_plan(words)[0].recipe.resolved)
    except UsageError:
        return {}


def data_variant_of(config: Mapping[str, Any]) -> str:
    """Say how the data of a run differ from the dataset as it is registered.

    Parameters
    ----------
    config
        The resolved configuration, of a recipe or of a record.

    Returns
    -------
    E.g. ``"fraction=0.25"`` or, of simulated counts, ``"simulation.n_cells=200"``, of drawn points
    ``"points.seed=1"``; of paths only the last part.
    """
    from scinfovae.bench.planning.config import flatten
    from scinfovae.bench.planning.dataset_config import dataset_node

    node = config["dataset"]
    try:
        known = flatten("", dataset_node(node["name"]))
    except UsageError:
        return ""
    different = []
    for key, value in flatten("", node).items():
        if value != known.get(key):
            told = PurePath(value).name if key.endswith("path") and value else _text(value)
            different.append(f"{key}={told}")
    return ", ".join(different)


def _choices(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten what defines a result, its data aside."""
    from scinfovae.bench.planning.config import flatten

    method = {key: value for key, value in config["method"].items() if key != "name"}
    return {
        **flatten("", plain(method)),
        **flatten("preprocessing", recipe_facts(config["preprocessing"])),
    }


def _text(value: Any) -> str:
    """Write a value as it is typed in a command."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return f"[{','.join(_text(member) for member in value)}]"
    return str(value)
