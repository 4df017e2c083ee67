"""A sweep: hold the plan against the store, write down what is asked for, do what is missing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.bench.executors.base import Surroundings, make_executor, settings_of
from scinfovae.bench.executors.fetching import with_data
from scinfovae.bench.executors.places import device_of
from scinfovae.bench.executors.tasks import tasks_of
from scinfovae.bench.records.manifest import write_manifest
from scinfovae.bench.records.store import RecordStore
from scinfovae.bench.running.imports import with_imports
from scinfovae.bench.running.listener import RunLog
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.run import RunReport
from scinfovae.bench.running.survey import Survey, survey
from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.bench.records.manifest import Manifest
    from scinfovae.bench.running.listener import Listener


@dataclass(frozen=True)
class Wishes:
    """What a command says beside its words.

    Attributes
    ----------
    command, experiment
        The command line, and the experiment it names.
    force
        Redo what is finished.
    retry_failed
        Redo what failed before.
    keep_imported
        Leave runs that were done elsewhere and imported.
    """

    command: str = ""
    experiment: str = ""
    force: bool = False
    retry_failed: bool = False
    keep_imported: bool = False


@dataclass
class SweepReport:
    """What became of a sweep.

    Attributes
    ----------
    root, manifest
        The results folder, and what was asked for.
    before, after
        All runs before and after; of a sweep that only submits jobs they are the same.
    report
        What was done.
    """

    root: Path
    manifest: Manifest
    before: Survey
    after: Survey
    report: RunReport = field(default_factory=RunReport)

    @property
    def is_queued(self) -> bool:
        """Whether jobs go on after the command."""
        return bool(self.report.jobs or self.report.n_queued)

    @property
    def exit_code(self) -> int:
        """0 if all is done or submitted, 1 if some is not; of errors alone that of the first."""
        reasons = [error for _, error in self.before.errors] + self.report.errors
        if reasons and not self.after.n_there:
            return reasons[0].exit_code
        if reasons or self.report.exit_code:
            return 1
        if self.is_queued:
            return 0
        return 0 if self.after.n_there == self.after.n_runs else 1


def run_sweep(
    groups: Sequence[RunGroup],
    wishes: Wishes,
    listener: Listener,
    begin: Callable[[Survey, Manifest, Sequence[Task]], None] | None = None,
) -> SweepReport:
    """Do what is missing of a plan.

    Parameters
    ----------
    groups
        The plan.
    wishes
        What is to be redone.
    listener
        Hears what happens.
    begin
        Called before the first run with what is there, what is asked for and what is to be done.

    Returns
    -------
    What became of it.

    Raises
    ------
    ScInfoVAEError
        If the plan cannot be meant, the results folder refuses, or a cluster does.
    """
    settings, log = settings_of(groups), RunLog(listener)
    root = settings.results.dir
    cache = DataCache()

    def look(groups: Sequence[RunGroup]) -> Survey:
        found = survey(groups, cache, log)
        return with_imports(found, root) if wishes.keep_imported else found

    found = look(groups)
    for _, error in found.errors:
        listener.message(f"error: {error}")
    tasks: list[Task] = []
    if found.groups:
        device = device_of(settings)
        tasks = tasks_of(
            found.groups,
            device,
            force=wishes.force,
            retry_failed=wishes.retry_failed,
            command=wishes.command,
        )
    manifest = announce(found, root, wishes, needed=bool(tasks))
    if begin is not None:
        begin(found, manifest, tasks)
    tasks, unfetched = with_data(tasks, listener)
    if not tasks:
        return SweepReport(root, manifest, found, found, RunReport(errors=[*unfetched]))
    executor = make_executor(settings, cache)
    report = executor.execute(tasks, Surroundings(root, manifest.name, listener))
    report.errors = [*unfetched, *report.errors]
    queued = report.jobs or report.n_queued
    after = found if queued else refreshed(found, look)
    return SweepReport(root, manifest, found, after, report)


def refreshed(found: Survey, look: Callable[[Sequence[RunGroup]], Survey]) -> Survey:
    """Look at the records of a survey again.

    Parameters
    ----------
    found
        The survey.
    look
        Takes a survey of groups.

    Returns
    -------
    The runs with their present states, and the same errors.
    """
    again = look([one.group for one in found.groups])
    return dataclasses.replace(again, errors=[*found.errors, *again.errors])


def announce(found: Survey, root: Path, wishes: Wishes, *, needed: bool) -> Manifest:
    """Write down what is asked for, before the first run.

    Parameters
    ----------
    found
        The plan held against the store.
    root
        The results folder.
    wishes
        Of the command.
    needed
        Whether anything is to be done; otherwise a folder that may only be read is no error.

    Returns
    -------
    The manifest.

    Raises
    ------
    ScInfoVAEError
        If the results folder refuses.
    """
    manifest = found.manifest(wishes.command, wishes.experiment)
    if manifest.runs:
        try:
            RecordStore(root).check_writable()
            write_manifest(root, manifest)
        except ScInfoVAEError:
            if needed:
                raise
    return manifest
