"""What a Slurm job does: one task, in a worker of its own that it watches as a sweep would."""

from __future__ import annotations

import dataclasses
import datetime
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.bench.executors.base import Surroundings
from scinfovae.bench.executors.processes import ProcessesExecutor
from scinfovae.bench.executors.tasks import Task, read_task
from scinfovae.bench.planning.executors import ProcessesConfig
from scinfovae.bench.running.listener import Listener

if TYPE_CHECKING:
    from scinfovae.bench.running.listener import Outcome


class Printer(Listener):
    """Writes into the log of the job."""

    def message(self, text: str) -> None:
        """Write a sentence."""
        print(text, flush=True)

    def outcome(self, outcome: Outcome) -> None:
        """Write what became of a run."""
        print(outcome.told, flush=True)


@dataclass(frozen=True)
class Job:
    """One task of a job array; it is kept as it is until the job runs, and again if it restarts.

    Attributes
    ----------
    path
        The file of the task.
    root, sweep
        Results folder and name of the sweep.
    submitted
        When (ISO, UTC).
    threads, time_limit, memory_limit, gpus
        Of the worker.
    """

    path: str
    root: str
    sweep: str
    submitted: str
    threads: int
    time_limit: float
    memory_limit: float
    gpus: int

    def __call__(self) -> int:
        """Do what is still to be done of the task.

        Returns
        -------
        0 if every run has its record and none has failed.
        """
        task = without_redone(read_task(Path(self.path)), self.submitted)
        if not task.todo:
            return 0
        limits = ProcessesConfig(
            workers=1, time_limit=self.time_limit, memory_limit=self.memory_limit
        )
        # with GPUs, those that Slurm has given are the visible ones already
        gpu = None if self.gpus else ""
        executor = ProcessesExecutor(limits, self.threads, workers=1, gpus=(gpu,))
        around = Surroundings(Path(self.root), self.sweep, Printer())
        return executor.execute([task], around).exit_code

    def checkpoint(self) -> Any:
        """Go on with the same task after a preemption; the store knows what is done."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def without_redone(task: Task, submitted: str) -> Task:
    """Leave out what a forced task has redone before its job was started again.

    Parameters
    ----------
    task
        The task.
    submitted
        When the job was submitted (ISO, UTC).

    Returns
    -------
    The task with the seeds that are left.
    """
    if not task.force or os.environ.get("SLURM_RESTART_COUNT", "0") == "0":
        return task
    records = task.records.items()
    todo = tuple(s for s, record in records if record.provenance().get("started", "") < submitted)
    left_out = tuple(seed for seed in task.group.seeds if seed not in todo)
    group = dataclasses.replace(task.group, left_out=left_out)
    return dataclasses.replace(task, group=group, todo=todo)


def now() -> str:
    """Tell the time.

    Returns
    -------
    ISO, UTC, as records have it.
    """
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
