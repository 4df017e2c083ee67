"""The runs of one recipe in the doing: train, write, complete what a finished one lacks, draw."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.bench.records.status import Status
from scinfovae.bench.records.store import RecordStore
from scinfovae.bench.running.completing import add_clusterings, needs_scores
from scinfovae.bench.running.fitting import Fit, fit_seeds
from scinfovae.bench.running.outcomes import outcome_of
from scinfovae.bench.running.provenance import describe, numerics
from scinfovae.bench.running.recording import write_run
from scinfovae.data.preprocessing.config import PREPROCESSING_VERSION
from scinfovae.errors import ScInfoVAEError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.records.record import Record
    from scinfovae.bench.running.listener import Action, Outcome, RunLog
    from scinfovae.bench.running.loading import LoadedData
    from scinfovae.bench.running.run import Session


@dataclass
class Work:
    """The runs of one recipe in the doing."""

    recipe: Recipe
    identity: str
    records: dict[int, Record]
    device: str
    session: Session
    log: RunLog
    began: bool = False

    def fit(self, seeds: Sequence[int], stack: Sequence[int]) -> list[Outcome]:
        """Train seeds of a stack and write their records; returns what became of them."""
        started = datetime.datetime.now(datetime.UTC)
        store = RecordStore(self.recipe.settings.results.dir)
        try:
            store.check_writable()
        except (UsageError, StorageError) as error:
            if not self.began:
                raise
            return [self._refused(seed, error) for seed in seeds]
        self.began = True
        data = self.session.cache.prepared(self.recipe, self.log)
        with contextlib.ExitStack() as locks:
            refused = []
            for seed in sorted(seeds):
                try:
                    locks.enter_context(self.records[seed].lock(self.log.message))
                except StorageError as error:
                    refused.append(self._refused(seed, error))
            # another process may have done some of them while this one waited
            done = {outcome.seed for outcome in refused}
            left = [s for s in seeds if s not in done]
            left = [s for s in left if self.session.force or not self.records[s].is_trained()]
            if not left:
                return refused
            fits = fit_seeds(
                self.recipe.method,
                self.recipe.method_config,
                data.prepared,
                n_clusters=data.dataset.n_clusters,
                seeds=self._company(left, stack),
                device=self.device,
                log=self.log,
            )
            written = (self._write(fit, data, started) for fit in fits if fit.seed in left)
            return [*refused, *written]

    def _company(self, left: Sequence[int], stack: Sequence[int]) -> Sequence[int]:
        """Train a stack that was torn whole again, so that its digits are those it would have."""
        done = [self.records[seed] for seed in stack if seed not in left]
        torn = done and all(r.provenance().get("stacked_seeds") == list(stack) for r in done)
        return stack if torn else left

    def complete(self, seed: int) -> Outcome:
        """Give the outcome of a finished run, after adding what it does not hold yet."""
        try:
            return self._complete(seed)
        except StorageError as error:
            return self._refused(seed, error)

    def _complete(self, seed: int) -> Outcome:
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
        if not self.recipe.method.has_embedding:
            return outcomes
        place = next((i for i, o in enumerate(outcomes) if o.metrics.get("clusterings")), None)
        if place is None or (outcomes[place].plot and outcomes[place].action == "finished"):
            return outcomes
        outcome = outcomes[place]
        record = self.records[outcome.seed]
        self.log.progress("picture", 0, 1)
        try:
            with record.lock(self.log.message):
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
        provenance |= {
            "identity": self.identity,
            "method_version": self.recipe.method.version,
            "preprocessing_version": PREPROCESSING_VERSION,
        }
        record = self.records[fit.seed]
        try:
            write_run(record, self.recipe, data, fit, provenance, self.log)
        except StorageError as error:
            return self._refused(fit.seed, error)
        return self._outcome(fit.seed, "done")

    def _refused(self, seed: int, error: ScInfoVAEError) -> Outcome:
        """Give the outcome of a run that cannot be kept; an older record of it stays as it was."""
        self.log.message(f"seed {seed}: {error}")
        return self._outcome(seed, "failed", Status("failed", stage="record", message=str(error)))

    def _outcome(self, seed: int, action: Action, status: Status | None = None) -> Outcome:
        record = self.records[seed]
        outcome = outcome_of(self.recipe, self.identity, seed, record, action, status)
        self.session.listener.outcome(outcome)
        return outcome
