"""One run after the other, in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.bench.planning.plan import RunGroup
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.run import RunReport, Session, run_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.executors.base import Surroundings
    from scinfovae.bench.executors.tasks import Task


@dataclass
class InlineExecutor:
    """Does everything itself; data are read once for the runs that follow each other."""

    cache: DataCache = field(default_factory=DataCache)

    def execute(self, tasks: Sequence[Task], around: Surroundings) -> RunReport:
        """Do the tasks; see `Executor.execute`."""
        if not tasks:
            return RunReport()
        first = tasks[0]
        session = Session(
            around.listener, command=first.command, force=first.force, cache=self.cache
        )
        return run_groups(_groups_of(tasks), session)


def _groups_of(tasks: Sequence[Task]) -> list[RunGroup]:
    """Put the stacks of one recipe together again, so that what stops one is told once."""
    groups: dict[int, list[RunGroup]] = {}
    for task in tasks:
        groups.setdefault(id(task.recipe), []).append(task.group)
    # every stack but the last of a recipe is full, so that they are found again in the sum
    return [
        RunGroup(
            stacks[0].recipe,
            tuple(seed for stack in stacks for seed in stack.seeds),
            tuple(seed for stack in stacks for seed in stack.left_out),
        )
        for stacks in groups.values()
    ]
