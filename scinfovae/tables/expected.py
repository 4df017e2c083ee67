"""Which clusterers a table expects of a run, whether it was done or not."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

    Group = tuple[str, str, str]


@dataclass
class Expected:
    """What is expected of the runs of one method with one setting on one dataset.

    Attributes
    ----------
    stages
        By stage the keys of its clusterers.
    """

    stages: dict[str, set[str]] = field(default_factory=dict)

    def cells(self) -> Iterator[tuple[str, str]]:
        """List the pairs of stage and clusterer."""
        for stage in sorted(self.stages):
            for clusterer in sorted(self.stages[stage]):
                yield stage, clusterer

    def keep(self, wanted: Callable[[Iterable[str]], set[str]]) -> None:
        """Leave out the clusterers that are not wanted.

        Parameters
        ----------
        wanted
            Chooses among keys.
        """
        self.stages = {stage: wanted(names) for stage, names in self.stages.items()}


def expected_clusterers(runs: pd.DataFrame, scores: pd.DataFrame) -> dict[Group, Expected]:
    """Work out what is expected of every method, setting and dataset.

    A clusterer is expected of all runs of a group if one of them was scored with it or asked for
    it. Where not even that is known, because nothing was done yet, the group is expected to do
    what the same setting does on other data, or else what any method does.

    Parameters
    ----------
    runs
        With the columns ``run``, ``data``, ``method``, ``setting`` and ``config``.
    scores
        With the columns ``run``, ``stage`` and ``clusterer``.

    Returns
    -------
    By data, method and setting what is expected.
    """
    pairs = scores[["run", "stage", "clusterer"]].drop_duplicates()
    scored: dict[int, set[tuple[str, str]]] = {}
    for run, stage, clusterer in pairs.itertuples(index=False):
        scored.setdefault(run, set()).add((stage, clusterer))
    keys = [tuple(key) for key in runs[["data", "method", "setting"]].itertuples(index=False)]
    found: dict[Group, set[tuple[str, str]]] = {key: set() for key in keys}
    asked: dict[Group, set[str]] = {key: set() for key in keys}
    for run, key, config in zip(runs["run"], keys, runs["config"], strict=True):
        found[key] |= scored.get(run, set())
        asked[key] |= set(asked_clusterers(config))
    everywhere = set().union(*found.values())
    expected = {}
    for key in found:
        own = [found[other] for other in found if other[1:] == key[1:]]
        stages = {stage for one in own for stage, _ in one} or {"final"}
        names = asked[key] | {name for _, name in found[key] if name != "own"}
        if not found[key] and not names:
            names = {c for one in own for _, c in one} or {c for _, c in everywhere if c != "own"}
            names -= {"own"}
        expected[key] = Expected({stage: set(names) for stage in stages})
        if any(("final", "own") in one for one in ([found[key]] if found[key] else own)):
            expected[key].stages.setdefault("final", set()).add("own")
        if not _has_embedding(key[1]):
            expected[key].stages = {"final": {"own"}}
    return expected


@functools.lru_cache(maxsize=1024)
def asked_clusterers(config: str) -> tuple[str, ...]:
    """Read from the configuration of a run which clusterers it was asked for.

    Parameters
    ----------
    config
        JSON; ``{}`` for a run that has none.

    Returns
    -------
    Their keys; a clusterer that is not known here, or not with these parameters, is left out.
    """
    tree: Mapping[str, Any] = json.loads(config)
    names: Iterable[str] = tree.get("clusterers") or ()
    names = [names] if isinstance(names, str) else names
    clustering = tree.get("clustering") or {}
    found = (_key(name, json.dumps(clustering.get(name) or {})) for name in names)
    return tuple(key for key in found if key)


@functools.cache
def _key(name: str, params: str) -> str:
    from scinfovae.bench.planning.clusterers import ClustererRequest
    from scinfovae.bench.planning.typed import build, plain
    from scinfovae.clustering import CLUSTERERS

    if name not in CLUSTERERS:
        return ""
    try:
        chosen = build(CLUSTERERS[name], json.loads(params), "clustering")
    except UsageError:
        return ""
    return ClustererRequest(name, plain(chosen), is_default=chosen == CLUSTERERS[name]()).key


def _has_embedding(method: str) -> bool:
    from scinfovae.methods import METHODS

    return getattr(METHODS.get(method), "has_embedding", True)
