"""From the words of a command to the runs they ask for, whatever their number."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.clusterers import ClustererRequest, clusterers_of
from scinfovae.bench.planning.compose import compose_point
from scinfovae.bench.planning.config import Settings, choices, dataset_sets, method_sets
from scinfovae.bench.planning.dataset_config import dataset_request
from scinfovae.bench.planning.experiments import word_lists
from scinfovae.bench.planning.identity import canonical
from scinfovae.bench.planning.typed import build, plain
from scinfovae.bench.planning.words import expand
from scinfovae.errors import ScInfoVAEWarning, UsageError
from scinfovae.methods import InputKind, MethodInfo, config_class, get_method, import_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scinfovae.data.preprocessing import PreprocessingConfig
    from scinfovae.data.request import DatasetRequest


@dataclass(frozen=True)
class Recipe:
    """Everything that is asked for in a run except its seed.

    Attributes
    ----------
    dataset, method, method_config, preprocessing, input_kind
        What enters the identity of the run; the kind is ``"own"`` where the recipe of the input
        is that of the method's authors.
    clusterers
        What labels the embeddings.
    settings
        How and where it is done.
    preset, short
        The preset it started from; short ones are marked in the record.
    resolved
        The whole configuration as plain values.
    """

    dataset: DatasetRequest
    method: MethodInfo
    method_config: Any
    preprocessing: PreprocessingConfig
    clusterers: tuple[ClustererRequest, ...]
    settings: Settings
    preset: str
    short: bool
    resolved: Mapping[str, Any]
    input_kind: InputKind = "common"


@dataclass(frozen=True)
class RunRequest:
    """One run: a recipe and a seed."""

    recipe: Recipe
    seed: int


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ only in their seed, so that they share data and one network stack.

    Attributes
    ----------
    recipe
        What they share.
    seeds
        All seeds that are asked for; they decide which are trained together.
    left_out
        Those that are not to be done all the same, such as runs that failed before.
    """

    recipe: Recipe
    seeds: tuple[int, ...]
    left_out: tuple[int, ...] = ()

    @property
    def requests(self) -> tuple[RunRequest, ...]:
        """The single runs."""
        return tuple(RunRequest(self.recipe, seed) for seed in self.seeds)


def make_plan(words: Sequence[str]) -> list[RunGroup]:
    """Expand the words of a command.

    Parameters
    ----------
    words
        Overrides in Hydra's grammar, e.g. ``["dataset=at_hand", "method=pca", "seed=range(3)"]``,
        and perhaps ``experiment=NAME``.

    Returns
    -------
    The runs, those of one dataset one after the other.

    Raises
    ------
    UsageError
        If a word cannot be read, or a name, key or value is not allowed.
    """
    groups: dict[str, tuple[Recipe, list[int]]] = {}
    built: dict[str, Recipe] = {}
    without_recipe: dict[str, None] = {}
    for point, config in _composed(words):
        if point.get("input") != config["input"] and "input" in point:
            without_recipe[config["method"]["name"]] = None
        seed = _seed(config.pop("seed"))
        name = canonical(config)
        if name not in built:
            built[name] = build_recipe(config)
        seeds = groups.setdefault(name, (built[name], []))[1]
        if seed not in seeds:
            seeds.append(seed)
    if without_recipe:
        warnings.warn(
            f"input=own is the common input for {', '.join(without_recipe)}, which has no recipe "
            "of its own for these data.",
            ScInfoVAEWarning,
            stacklevel=2,
        )
    ordered = [RunGroup(recipe, tuple(seeds)) for recipe, seeds in groups.values()]
    return _by_data(ordered)


def _by_data(groups: list[RunGroup]) -> list[RunGroup]:
    """Put the runs of one dataset together, and among them those with the same input."""
    names = [
        (canonical(g.recipe.resolved["dataset"]), canonical(g.recipe.resolved["preprocessing"]))
        for g in groups
    ]
    datasets = {name: i for i, name in enumerate(dict.fromkeys(name for name, _ in names))}
    inputs = {name: i for i, name in enumerate(dict.fromkeys(names))}
    places = [(datasets[name[0]], inputs[name]) for name in names]
    return [group for _, group in sorted(zip(places, groups, strict=True), key=lambda p: p[0])]


def _composed(words: Sequence[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give every point that the words stand for, and its configuration."""
    lists = word_lists(words)
    import_plugins(dict.fromkeys(name for listed in lists for name in _plugins(listed)))
    sets = {**dataset_sets(), **method_sets()}
    composed: dict[str, dict[str, Any]] = {}
    for listed in lists:
        for point in expand(listed, choices(), sets):
            if "${" in repr(point):  # a value that may refer to the seed
                yield point, compose_point(point)
                continue
            bare = {key: value for key, value in point.items() if key != "seed"}
            name = repr(bare)
            # points that differ in their seed alone are composed once
            if name not in composed:
                composed[name] = compose_point(bare)
            yield point, {**composed[name], "seed": point.get("seed", composed[name]["seed"])}


def build_recipe(config: Mapping[str, Any]) -> Recipe:
    """Check a composed configuration and freeze it.

    Parameters
    ----------
    config
        The resolved configuration of one point, without its seed.

    Returns
    -------
    The recipe.

    Raises
    ------
    UsageError
        If a key is unknown or a value not allowed.
    """
    from scinfovae.data.preprocessing.config import PreprocessingConfig

    rest = dict(config)
    dataset, preset, method = rest.pop("dataset"), rest.pop("preset"), rest.pop("method")
    preprocessing = build(PreprocessingConfig, rest.pop("preprocessing"), "preprocessing")
    clustering, names = rest.pop("clustering"), rest.pop("clusterers")
    import_plugins(rest.get("plugins") or ())
    info, input_kind = get_method(method["name"]), rest.pop("input", "common")
    own = {key: value for key, value in method.items() if key != "name"}
    method_config: Any = build(config_class(info), own, "method")
    clusterers = clusterers_of(names, clustering)
    settings = build(Settings, rest, "")
    return Recipe(
        dataset=dataset_request(dataset, settings.data),
        method=info,
        method_config=method_config,
        preprocessing=preprocessing,
        clusterers=clusterers,
        settings=settings,
        preset=preset["name"],
        short=preset["short"],
        resolved={**config, "method": {"name": info.name, **plain(method_config)}},
        input_kind=input_kind,
    )


def _plugins(words: Sequence[str]) -> list[str]:
    """Find the modules to import before the names of methods can be checked."""
    given = expand([word for word in words if word.startswith("plugins=")], {}, {})
    found = [point.get("plugins") or [] for point in given]
    return [str(name) for names in found for name in ([names] if isinstance(names, str) else names)]


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"seed={value} is not possible: seeds are whole numbers from 0 on.")
    return value
