"""The interface of all executors: tasks in, records in the store, a report out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scinfovae.bench.executors.places import device_of, gpus_of, workers_of
from scinfovae.bench.planning.executors import InlineConfig, ProcessesConfig
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.planning.config import Settings
    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.bench.running.listener import Listener
    from scinfovae.bench.running.loading import DataCache
    from scinfovae.bench.running.run import RunReport


@dataclass(frozen=True)
class Surroundings:
    """What the runs of one sweep share.

    Attributes
    ----------
    root
        The results folder.
    sweep
        The name of the sweep.
    listener
        Hears what becomes of every run.
    """

    root: Path
    sweep: str
    listener: Listener


class Executor(Protocol):
    """Does tasks; the records in the store are the only thing that workers share."""

    def execute(self, tasks: Sequence[Task], around: Surroundings) -> RunReport:
        """Do tasks, or hand them to someone who will.

        Parameters
        ----------
        tasks
            What is to be done.
        around
            Where, and who hears of it.

        Returns
        -------
        One outcome for each run that ended; of runs that were handed on, the ids of their jobs.
        """
        ...


def settings_of(groups: Sequence[RunGroup]) -> Settings:
    """Take the settings that all runs of a sweep must share.

    Parameters
    ----------
    groups
        The plan, not empty.

    Returns
    -------
    Those of the first run.

    Raises
    ------
    UsageError
        If results folder or executor differ.
    """
    first = groups[0].recipe.settings
    for group in groups:
        settings = group.recipe.settings
        if settings.executor != first.executor or settings.results.dir != first.results.dir:
            raise UsageError(
                "one command has one executor and one results folder: give executor, its keys and "
                "results.dir one value each."
            )
    return first


def make_executor(settings: Settings, cache: DataCache) -> Executor:
    """Make the executor that is asked for.

    Parameters
    ----------
    settings
        Of the sweep.
    cache
        Data that were read already, for the runs of this process.

    Returns
    -------
    The executor.
    """
    executor = settings.executor
    if isinstance(executor, InlineConfig):
        from scinfovae.bench.executors.inline import InlineExecutor

        return InlineExecutor(cache)
    if isinstance(executor, ProcessesConfig):
        from scinfovae.bench.executors.processes import ProcessesExecutor

        gpus = gpus_of(executor, device_of(settings))
        workers = workers_of(executor, settings.threads, gpus)
        return ProcessesExecutor(executor, settings.threads, workers, gpus)
    from scinfovae.bench.executors.slurm import SlurmExecutor

    return SlurmExecutor(executor, settings.threads)
