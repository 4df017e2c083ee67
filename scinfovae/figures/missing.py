"""Which runs figures need and do not have, and the command that makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.variant import data_variant_of, setting_of_recipe, variant_of
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.words import Choice

_DONE = ("ok", "not_applicable")
_COLUMNS = (
    "experiment",
    "dataset",
    "data_variant",
    "method",
    "variant",
    "preset",
    "seed",
    "status",
    "command",
)


@dataclass(frozen=True)
class Needed:
    """The runs of one experiment.

    Attributes
    ----------
    experiment
        Its name.
    words
        Those of the sweep, narrowed by what was chosen.
    command
        The sweep as it is typed.
    groups
        The plan.
    n_planned, n_done
        How many runs there are in it, and how many of them are finished.
    lacking
        One row a run that is not.
    problem
        Why there is no plan, such as a method that the experiment does not know.
    """

    experiment: str
    words: tuple[str, ...]
    command: str
    groups: tuple[RunGroup, ...] = ()
    n_planned: int = 0
    n_done: int = 0
    lacking: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    problem: str = ""


def needed_runs(
    infos: Iterable[FigureInfo], choice: Choice, runs: pd.DataFrame
) -> dict[str, Needed]:
    """Hold the experiments of figures against the runs there are; no data file is read for it.

    Parameters
    ----------
    infos
        The figures.
    choice
        The words of the command, which narrow the experiments.
    runs
        What `scinfovae.bench.records.frame.runs_frame` gives.

    Returns
    -------
    By experiment, in the order of the figures.
    """
    infos = list(infos)
    found: dict[str, Needed] = {}
    for info in infos:
        if info.experiment and info.experiment not in found:
            shown = [one for one in infos if one.experiment == info.experiment]
            status = _status(runs, with_files=any(one.needs == "embeddings" for one in shown))
            found[info.experiment] = _needed(info, choice, status)
    return found


def _status(runs: pd.DataFrame, *, with_files: bool) -> dict[tuple[Any, ...], str]:
    """Tell what became of every run; one that was imported has no files and so no embedding."""
    states = runs["status"]
    if with_files:
        states = states.mask((states == "ok") & (runs["folder"] == ""), "imported")
    columns = [runs[c] for c in ("dataset", "data_variant", "method", "setting", "seed")]
    status: dict[tuple[Any, ...], str] = {}
    for *key, state in zip(*columns, states, strict=True):
        # of two records of one run, as of a dataset read twice, the finished one counts
        if status.get(tuple(key)) not in _DONE:
            status[tuple(key)] = state
    return status


def _needed(info: FigureInfo, choice: Choice, status: dict[tuple[Any, ...], str]) -> Needed:
    from scinfovae.bench.planning.plan import make_plan
    from scinfovae.figures.material import quietly

    words = tuple(choice.sweep_words(info.experiment, narrowed=not info.fixed_data))
    command = sweep_command(words)
    try:
        with quietly():
            groups = tuple(make_plan(words))
    except UsageError as error:
        return Needed(info.experiment, words, command, problem=str(error))
    lacking, n_planned, n_done = [], 0, 0
    for group in groups:
        recipe = group.recipe
        dataset, data_variant = recipe.dataset.name, data_variant_of(recipe.resolved)
        setting = setting_of_recipe(recipe)
        for seed in group.seeds:
            state = status.get(
                (dataset, data_variant, recipe.method.name, setting, seed), "missing"
            )
            n_planned += 1
            n_done += state in _DONE
            if state not in _DONE:
                named = {"dataset": dataset, "data_variant": data_variant, "seed": seed}
                named |= {"method": recipe.method.name, "variant": variant_of(recipe.resolved)}
                told = {"preset": recipe.preset, "status": state}
                lacking.append({"experiment": info.experiment, **named, **told})
    return Needed(info.experiment, words, command, groups, n_planned, n_done, tuple(lacking))


def sweep_command(words: Iterable[str]) -> str:
    """Write a sweep as it is typed.

    Parameters
    ----------
    words
        Those of the sweep.

    Returns
    -------
    One line for a shell.
    """
    import shlex

    typed = [word for word in words if word != "results.dir=results"]
    return shlex.join(["scinfovae-bench", "sweep", *typed])


def missing_table(needed: Iterable[Needed]) -> pd.DataFrame:
    """List every run that is lacking.

    Parameters
    ----------
    needed
        By experiment.

    Returns
    -------
    One row a run, with the command that makes it, without places of this machine.
    """
    import pandas as pd

    from scinfovae.bench.records.scrub import scrub_command

    rows = [{**row, "command": scrub_command(one.command)} for one in needed for row in one.lacking]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
