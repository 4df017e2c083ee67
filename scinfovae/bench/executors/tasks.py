"""What an executor is handed: one stack of seeds of one recipe, as an object and as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.plan import RunGroup, build_recipe
from scinfovae.bench.planning.typed import plain
from scinfovae.bench.records.files import write_json
from scinfovae.bench.running.lookup import records_of
from scinfovae.bench.running.stacks import stacks_of
from scinfovae.bench.running.survey import THERE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.records.record import Record
    from scinfovae.bench.running.survey import SurveyedGroup

TASK_SCHEMA = 1
LOGS = "logs"


@dataclass(frozen=True)
class Task:
    """The runs of one stack of seeds.

    Attributes
    ----------
    group
        The recipe and the seeds of the stack; finished and left out seeds are among them, since
        the whole stack decides what is trained together.
    identity, n_clusters
        The name of the runs up to the seed, and K.
    todo
        The seeds that are to be done.
    force
        Whether they are redone although they are finished.
    command
        The command line, for the records.
    """

    group: RunGroup
    identity: str
    n_clusters: int
    todo: tuple[int, ...]
    force: bool = False
    command: str = ""

    @property
    def recipe(self) -> Recipe:
        """What the runs share."""
        return self.group.recipe

    @property
    def records(self) -> dict[int, Record]:
        """The records of the seeds to be done."""
        return records_of(self.recipe, self.identity, self.todo)

    @property
    def names(self) -> list[tuple[str, str, str, int]]:
        """Dataset, method, identity and seed of every run to be done."""
        recipe = self.recipe
        return [(recipe.dataset.name, recipe.method.name, self.identity, s) for s in self.todo]

    @property
    def name(self) -> str:
        """The name of its files."""
        recipe, seeds = self.recipe, "-".join(str(seed) for seed in self.todo)
        return f"{recipe.dataset.name}.{recipe.method.name}.{self.identity}.seed={seeds}"

    def plain(self) -> dict[str, Any]:
        """Write the task for another process."""
        config = dict(plain(dict(self.recipe.resolved)))
        # how the runs are dealt out is no part of them, and not the worker's business
        config["executor"] = {"name": self.recipe.settings.executor.name}
        return {
            "schema": TASK_SCHEMA,
            "config": config,
            "seeds": list(self.group.seeds),
            "left_out": list(self.group.left_out),
            "identity": self.identity,
            "n_clusters": self.n_clusters,
            "todo": list(self.todo),
            "force": self.force,
            "command": self.command,
        }

    def write(self, folder: Path) -> Path:
        """Write the task as a file.

        Parameters
        ----------
        folder
            Where.

        Returns
        -------
        The file.
        """
        path = folder / f"{self.name}.task.json"
        write_json(path, self.plain())
        return path


def read_task(path: Path) -> Task:
    """Read what `Task.write` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The task; its recipe is built anew.
    """
    value = json.loads(path.read_text(encoding="utf-8"))
    group = RunGroup(build_recipe(value["config"]), tuple(value["seeds"]), tuple(value["left_out"]))
    return Task(
        group=group,
        identity=value["identity"],
        n_clusters=value["n_clusters"],
        todo=tuple(value["todo"]),
        force=value["force"],
        command=value["command"],
    )


def tasks_of(
    surveyed: Sequence[SurveyedGroup],
    device: str,
    *,
    force: bool,
    retry_failed: bool,
    command: str,
) -> list[Task]:
    """Divide what is to be done into stacks.

    Parameters
    ----------
    surveyed
        All runs with their states.
    device
        ``"cpu"`` or ``"cuda"``: where they will run.
    force
        Redo what is finished.
    retry_failed
        Redo what failed before; otherwise it is left as it is.
    command
        The command line.

    Returns
    -------
    One task for each stack in which something is to be done.
    """
    leave = set(THERE) if not force else set()
    leave |= {"failed before"} if not (retry_failed or force) else set()
    tasks = []
    for one in surveyed:
        for stack in stacks_of(one.group.seeds, one.recipe.settings, device):
            todo = tuple(seed for seed in stack if one.states[seed] not in leave)
            if todo:
                left = tuple(seed for seed in stack if seed not in todo)
                group = RunGroup(one.recipe, stack, left)
                tasks.append(Task(group, one.identity, one.n_clusters, todo, force, command))
    return tasks


def logs_folder(root: Path, sweep: str) -> Path:
    """Say where the files of a sweep's workers lie.

    Parameters
    ----------
    root
        The results folder.
    sweep
        The name of the sweep.

    Returns
    -------
    A folder that need not exist.
    """
    return root / LOGS / sweep
