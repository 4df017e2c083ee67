"""Do the runs of a plan: load, preprocess, fit, cluster, score, and keep a record of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.bench.running.listener import Listener, Outcome, RunLog, hear_warnings
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.lookup import identity_of, records_of
from scinfovae.bench.running.stacks import chosen_device, stacks_of
from scinfovae.bench.running.threads import limited_threads
from scinfovae.bench.running.work import Work
from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.bench.records.store import Record


@dataclass
class RunReport:
    """What became of a plan.

    Attributes
    ----------
    outcomes
        One a run.
    errors
        Datasets that could not be used, by sentence; their runs have no outcome.
    jobs
        Ids of jobs that go on after the command; their runs have no outcome yet.
    n_queued
        How many runs jobs of earlier commands are to do or do already.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    errors: list[ScInfoVAEError] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    n_queued: int = 0

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some failed; if nothing could be done, the code of the first error."""
        if self.errors and not self.outcomes:
            return self.errors[0].exit_code
        failed = any(outcome.action == "failed" for outcome in self.outcomes)
        return 1 if failed or self.errors else 0


@dataclass
class Session:
    """What the runs of one command share.

    Attributes
    ----------
    listener
        Hears what happens.
    command
        The command line, for the records.
    force
        Redo what is finished.
    draw
        Draws a record, given it, the keys of its clusterers and its seed; None draws nothing.
    """

    listener: Listener
    command: str = ""
    force: bool = False
    draw: Callable[[Record, Sequence[str], int], object] | None = None
    cache: DataCache = field(default_factory=DataCache)


def run_groups(groups: Sequence[RunGroup], session: Session) -> RunReport:
    """Do all runs of a plan, one group after the other, in this process.

    Parameters
    ----------
    groups
        The plan.
    session
        Listener, command line and whether finished runs are redone.

    Returns
    -------
    What became of them.

    Raises
    ------
    UsageError, DataError
        If the plan holds one group only and that cannot be done; with several, such an error
        ends its group, and the report holds it.
    """
    report = RunReport()
    for group in groups:
        with limited_threads(group.recipe.settings.threads):
            try:
                report.outcomes += run_group(group, session)
            except ScInfoVAEError as error:
                if len(groups) == 1:
                    raise
                session.listener.message(f"error: {error}")
                report.errors.append(error)
    return report


def run_group(group: RunGroup, session: Session) -> list[Outcome]:
    """Do the runs of one recipe that are still to be done.

    Parameters
    ----------
    group
        The recipe and its seeds.
    session
        See `run_groups`.

    Returns
    -------
    One outcome a seed that is not left out, in the order of the seeds.
    """
    from scinfovae.model.device import tf32_products

    recipe, log = group.recipe, RunLog(session.listener)
    outcomes: dict[int, Outcome] = {}
    with hear_warnings(log), tf32_products(recipe.settings.tf32):
        name = identity_of(recipe, session.cache, log)
        records = records_of(recipe, name, group.seeds)
        device = chosen_device(recipe.settings.device)
        work = Work(recipe, name, records, device, session, log)
        wanted = [seed for seed in group.seeds if seed not in group.left_out]
        for stack in stacks_of(group.seeds, recipe.settings, device):
            todo = [s for s in stack if s in wanted]
            todo = [s for s in todo if session.force or not records[s].is_trained()]
            for outcome in work.fit(todo, stack) if todo else []:
                outcomes[outcome.seed] = outcome
        for seed in wanted:
            if seed not in outcomes:
                outcomes[seed] = work.complete(seed)
        return work.drawn([outcomes[seed] for seed in wanted])
