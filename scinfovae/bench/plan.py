"""From the words of a command to the runs they ask for, whatever their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.config import Settings, choices, compose_point, dataset_sets
from scinfovae.bench.dataset_config import dataset_request
from scinfovae.bench.identity import canonical, short_hash
from scinfovae.bench.typed import build, plain
from scinfovae.bench.words import expand
from scinfovae.errors import UsageError, did_you_mean
from scinfovae.methods import MethodInfo, config_class, get_method

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.data.preprocessing import PreprocessingConfig
    from scinfovae.data.request import DatasetRequest


@dataclass(frozen=True)
class ClustererRequest:
    """A clusterer with every parameter resolved.

    Attributes
    ----------
    name
        E.g. ``"kmeans"``, or ``"own"`` for labels the method assigns.
    params
        Its parameters.
    is_default
        Whether they are the clusterer's own defaults.
    """

    name: str
    params: Mapping[str, Any]
    is_default: bool = True

    @property
    def key(self) -> str:
        """The name in records: with a hash of the parameters where they are not the defaults."""
        return self.name if self.is_default else f"{self.name}@{short_hash(self.params, 8)}"


@dataclass(frozen=True)
class Recipe:
    """Everything that is asked for in a run except its seed.

    Attributes
    ----------
    dataset, method, method_config, preprocessing
        What enters the identity of the run.
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


@dataclass(frozen=True)
class RunRequest:
    """One run: a recipe and a seed."""

    recipe: Recipe
    seed: int


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ only in their seed, so that they share data and one network stack."""

    recipe: Recipe
    seeds: tuple[int, ...]

    @property
    def requests(self) -> tuple[RunRequest, ...]:
        """The single runs."""
        return tuple(RunRequest(self.recipe, seed) for seed in self.seeds)


def make_plan(words: Sequence[str]) -> list[RunGroup]:
    """Expand the words of a command.

    Parameters
    ----------
    words
        Overrides in Hydra's grammar, e.g. ``["dataset=at_hand", "method=pca", "seed=range(3)"]``.

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
    for point in expand(words, choices(), dataset_sets()):
        config = compose_point(point)
        seed = _seed(config.pop("seed"))
        name = canonical(config)
        if name not in built:
            built[name] = build_recipe(config)
        seeds = groups.setdefault(name, (built[name], []))[1]
        if seed not in seeds:
            seeds.append(seed)
    ordered = [RunGroup(recipe, tuple(seeds)) for recipe, seeds in groups.values()]
    datasets = list(dict.fromkeys(canonical(g.recipe.resolved["dataset"]) for g in ordered))
    return sorted(ordered, key=lambda g: datasets.index(canonical(g.recipe.resolved["dataset"])))


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
    info = get_method(method["name"])
    own = {key: value for key, value in method.items() if key != "name"}
    method_config: Any = build(config_class(info), own, "method")
    clusterers = tuple(_clusterer(name, clustering) for name in _clusterer_names(names))
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
    )


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"seed={value} is not possible: seeds are whole numbers from 0 on.")
    return value


def _clusterer_names(names: Any) -> list[str]:
    from scinfovae.clustering import CLUSTERERS

    wanted = [names] if isinstance(names, str) else names
    if not isinstance(wanted, list) or not wanted:
        raise UsageError(f"clusterers={names} must be a list of names, as in clusterers=[kmeans].")
    for name in wanted:
        if name not in CLUSTERERS:
            raise UsageError(
                f"there is no clusterer '{name}'.{did_you_mean(str(name), CLUSTERERS)} "
                f"Known are {', '.join(CLUSTERERS)}."
            )
    return list(dict.fromkeys(wanted))


def _clusterer(name: str, clustering: Mapping[str, Any]) -> ClustererRequest:
    from scinfovae.clustering import CLUSTERERS

    for key in clustering:
        if key not in CLUSTERERS:
            raise UsageError(
                f"there is no key 'clustering.{key}'.{did_you_mean(key, CLUSTERERS)} "
                f"Known are {', '.join(CLUSTERERS)}."
            )
    config = CLUSTERERS[name]
    chosen = build(config, clustering.get(name) or {}, f"clustering.{name}")
    return ClustererRequest(name, plain(chosen), is_default=chosen == config())
