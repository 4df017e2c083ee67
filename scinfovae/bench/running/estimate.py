"""How long runs will take, by what the records say of earlier ones."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.config import flatten
from scinfovae.bench.planning.variant import setting_of_recipe
from scinfovae.bench.running.survey import THERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.running.survey import SurveyedGroup

EPOCHS = ("epochs", "max_epochs", "n_epochs")
TO_DO = ("to do", "clusterings to do", "failed before")


@dataclass
class Estimator:
    """Seconds of earlier runs: by identity, by method and setting a cell, by method a cell epoch.

    Attributes
    ----------
    by_identity, by_setting, by_method
        Seconds; of each key the median counts.
    clusterings
        The part of the seconds by identity that went into clusterings.
    """

    by_identity: dict[str, list[float]] = field(default_factory=dict)
    by_setting: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    by_method: dict[str, list[float]] = field(default_factory=dict)
    clusterings: dict[str, list[float]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Learn from a record.

        Parameters
        ----------
        row
            A row of `scinfovae.bench.records.index.read_store`.
        """
        if row["status"] != "ok":
            return
        # the steps of a stack are those of all its seeds together
        fit = _known(row["seconds_fit"]) / max(1.0, _known(row["stack_width"]))
        reading = _known(row["seconds_load"]) + _known(row["seconds_preprocess"])
        entries = json.loads(row["metrics"]).get("clusterings", [])
        clustering = sum(_known(entry.get("seconds")) for entry in entries)
        seconds = fit + reading + clustering
        self.by_identity.setdefault(row["identity"], []).append(seconds)
        self.clusterings.setdefault(row["identity"], []).append(clustering)
        n_cells = _known(row["n_cells"])
        if n_cells > 0:
            name = (row["method"], row["setting"])
            self.by_setting.setdefault(name, []).append(seconds / n_cells)
            per_epoch = seconds / n_cells / epochs_of(json.loads(row["config"]))
            self.by_method.setdefault(row["method"], []).append(per_epoch)

    def seconds(self, recipe: Recipe, identity: str, state: str) -> float | None:
        """Estimate one run.

        Parameters
        ----------
        recipe, identity
            What is asked for.
        state
            What has become of it so far.

        Returns
        -------
        Seconds; None if nothing is known of its method or the size of its data. 0 if it is there.
        """
        if state in THERE:
            return 0.0
        if state == "clusterings to do":
            return _median(self.clusterings.get(identity))
        if (same := _median(self.by_identity.get(identity))) is not None:
            return same
        n_cells = n_cells_of(recipe)
        if n_cells is None:
            return None
        name = recipe.method.name
        per_cell = _median(self.by_setting.get((name, setting_of_recipe(recipe))))
        if per_cell is None:
            per_epoch = _median(self.by_method.get(name))
            per_cell = None if per_epoch is None else per_epoch * epochs_of(recipe.resolved)
        return None if per_cell is None else per_cell * n_cells


@dataclass(frozen=True)
class Total:
    """How long several runs will take.

    Attributes
    ----------
    seconds
        Of those that are known, divided among the workers.
    n_unknown
        How many are not known.
    n_runs
        How many are to be done.
    """

    seconds: float
    n_unknown: int
    n_runs: int


def estimator_of(root: Path) -> Estimator:
    """Learn from all records of a results folder.

    Parameters
    ----------
    root
        The folder; it need not exist.

    Returns
    -------
    The estimator.
    """
    found = Estimator()
    if (root / "runs").is_dir():
        from scinfovae.bench.records.index import read_store

        for row in read_store(root).rows:
            found.add(row)
    return found


def estimates_of(
    surveyed: Iterable[SurveyedGroup], estimator: Estimator
) -> dict[tuple[str, int], float | None]:
    """Estimate every run of a survey.

    Parameters
    ----------
    surveyed
        The runs.
    estimator
        What is known.

    Returns
    -------
    Seconds, or None, by identity and seed.
    """
    found: dict[tuple[str, int], float | None] = {}
    for one in surveyed:
        by_state = {
            state: estimator.seconds(one.recipe, one.identity, state)
            for state in set(one.states.values())
        }
        found |= {(one.identity, seed): by_state[state] for seed, state in one.states.items()}
    return found


def total(seconds: Sequence[float | None], workers: int) -> Total:
    """Add up runs.

    Parameters
    ----------
    seconds
        Of each run that is to be done.
    workers
        How many are done at once.

    Returns
    -------
    The sum.
    """
    known = [value for value in seconds if value is not None]
    shared = max(1, min(workers, len(seconds)))
    return Total(sum(known) / shared, len(seconds) - len(known), len(seconds))


def epochs_of(config: Mapping[str, Any]) -> float:
    """Count the epochs that a configuration asks for.

    Parameters
    ----------
    config
        The resolved configuration of a run.

    Returns
    -------
    The sum over its stages; 1 for a method without epochs.
    """
    leaves = flatten("", config["method"])
    found = [value for key, value in leaves.items() if key.rpartition(".")[2] in EPOCHS]
    return float(sum(value for value in found if isinstance(value, (int, float)))) or 1.0


def n_cells_of(recipe: Recipe) -> float | None:
    """Tell how many cells a dataset has, before any is dropped.

    Parameters
    ----------
    recipe
        What is asked for.

    Returns
    -------
    The number; None for a file of the user.
    """
    request = recipe.dataset
    if request.name == "custom":
        return None
    if request.name == "simulated":
        from scinfovae.data.simulate import SimulationConfig

        whole = (request.simulation or SimulationConfig()).n_cells
    elif request.name == "figure4":
        from scinfovae.data.figure4_cells import Figure4Config

        whole = (request.points or Figure4Config()).n_cells
    else:
        from scinfovae.data.request import resolve_spec

        whole = resolve_spec(request).n_cells
    return whole * request.fraction


def _known(value: float | None) -> float:
    return 0.0 if value is None or value != value else float(value)


def _median(values: Sequence[float] | None) -> float | None:
    return statistics.median(values) if values else None
