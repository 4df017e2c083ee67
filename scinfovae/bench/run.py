"""Do the runs of a plan: load, preprocess, fit, cluster, score, and keep a record of each."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.bench.fitting import Fit, fit_seeds
from scinfovae.bench.listener import Action, Listener, Outcome, RunLog, hear_warnings
from scinfovae.bench.loading import DataCache, LoadedData
from scinfovae.bench.lookup import identity_of, records_of
from scinfovae.bench.provenance import describe, numerics
from scinfovae.bench.recording import add_clusterings, needs_scores, write_run
from scinfovae.bench.status import Status
from scinfovae.bench.store import RecordStore
from scinfovae.bench.threads import limited_threads
from scinfovae.errors import ScInfoVAEError
from scinfovae.methods import create

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.bench.plan import Recipe, RunGroup
    from scinfovae.bench.store import Record


@dataclass
class RunReport:
    """What became of a plan.

    Attributes
    ----------
    outcomes
        One a run.
    errors
        Datasets that could not be used, by sentence; their runs have no outcome.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    errors: list[ScInfoVAEError] = field(default_factory=list)

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
    One outcome a seed, in the order of the seeds.
    """
    recipe, log = group.recipe, RunLog(session.listener)
    outcomes: dict[int, Outcome] = {}
    with hear_warnings(log):
        name = identity_of(recipe, session.cache, log)
        records = records_of(recipe, name, group.seeds)
        todo = [s for s in group.seeds if session.force or not records[s].is_trained()]
        device = _device(recipe.settings.device)
        width = recipe.settings.stack_width
        if width == "auto":
            width = 5 if device == "cuda" else 1
        work = Work(recipe, name, records, device, session, log)
        for start in range(0, len(todo), width):
            for outcome in work.fit(todo[start : start + width]):
                outcomes[outcome.seed] = outcome
        for seed in group.seeds:
            if seed not in outcomes:
                outcomes[seed] = work.complete(seed)
        return work.drawn([outcomes[seed] for seed in group.seeds])


@dataclass
class Work:
    """The runs of one recipe in the doing."""

    recipe: Recipe
    identity: str
    records: dict[int, Record]
    device: str
    session: Session
    log: RunLog

    def fit(self, seeds: Sequence[int]) -> list[Outcome]:
        """Train a stack of seeds and write their records; returns what became of them."""
        started = datetime.datetime.now(datetime.UTC)
        RecordStore(self.recipe.settings.results.dir).check_writable()
        data = self.session.cache.prepared(self.recipe, self.log)
        with contextlib.ExitStack() as locks:
            for seed in sorted(seeds):
                locks.enter_context(self.records[seed].lock(self.log.message))
            # another process may have done some of them while this one waited
            left = [s for s in seeds if self.session.force or not self.records[s].is_trained()]
            if not left:
                return []
            fits = fit_seeds(
                create(self.recipe.method, self.recipe.method_config),
                data.prepared,
                n_clusters=data.dataset.n_clusters,
                seeds=left,
                device=self.device,
                log=self.log,
            )
            return [self._write(fit, data, started) for fit in fits]

    def complete(self, seed: int) -> Outcome:
        """Give the outcome of a finished run, after adding what it does not hold yet."""
        record = self.records[seed]
        if not needs_scores(record, self.recipe):
            return self._finished(seed)
        data = self.session.cache.prepared(self.recipe, self.log)
        with record.lock(self.log.message):
            if needs_scores(record, self.recipe):
                add_clusterings(record, self.recipe, data, seed, self.log)
                return self._outcome(seed, "scored")
        return self._finished(seed)

    def _finished(self, seed: int) -> Outcome:
        """Give the outcome of a run that holds what is asked for, whatever else failed in it."""
        record = self.records[seed]
        status = record.status()
        if status is not None and status.stage.startswith("cluster"):
            with record.lock(self.log.message):
                record.write_status(Status("ok", collapsed=status.collapsed))
        return self._outcome(seed, "finished")

    def drawn(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Draw the first embedding of the group, unless its picture is there and still true."""
        draw = self.session.draw
        if draw is None or not self.recipe.settings.figures:
            return outcomes
        place = next((i for i, o in enumerate(outcomes) if o.metrics.get("clusterings")), None)
        if place is None or (outcomes[place].plot and outcomes[place].action == "finished"):
            return outcomes
        outcome = outcomes[place]
        record = self.records[outcome.seed]
        self.log.progress("picture", 0, 1)
        try:
            draw(record, outcome.clusterers, outcome.seed)
        except Exception as error:
            # the numbers are safe, and a picture is not worth a failed run
            self.log.message(f"warning: the embedding could not be drawn: {error}")
        self.log.progress("picture", 1, 1)
        plot = record.plot if record.plot.is_file() else None
        outcomes[place] = dataclasses.replace(outcome, plot=plot)
        return outcomes

    def _write(self, fit: Fit, data: LoadedData, started: datetime.datetime) -> Outcome:
        facts = numerics(self.device, len(fit.stacked), self.recipe.settings.threads)
        provenance = describe(
            command=self.session.command,
            dataset=data.facts,
            facts=facts,
            stacked_seeds=fit.stacked,
            started=started,
        )
        provenance |= {"identity": self.identity, "method_version": self.recipe.method.version}
        record = self.records[fit.seed]
        write_run(record, self.recipe, data, fit, provenance, self.log)
        return self._outcome(fit.seed, "done")

    def _outcome(self, seed: int, action: Action) -> Outcome:
        record = self.records[seed]
        status = record.status() or Status("failed", message="the record vanished.")
        if status.status not in ("ok", "not_applicable"):
            action = "failed"
        outcome = Outcome(
            dataset=self.recipe.dataset.name,
            method=self.recipe.method.name,
            identity=self.identity,
            seed=seed,
            folder=record.folder,
            status=status,
            action=action,
            metrics=record.metrics(),
            facts=record.provenance().get("dataset", {}),
            clusterers=tuple(clusterer.key for clusterer in self.recipe.clusterers),
            short=self.recipe.short,
            plot=record.plot if record.plot.is_file() else None,
        )
        self.session.listener.outcome(outcome)
        return outcome


def _device(name: str) -> str:
    """Turn "auto" into "cpu" or "cuda"; torch is imported only where the answer needs it."""
    if name == "cpu":
        return name
    from scinfovae.model.device import resolve_device

    return resolve_device(name).type
