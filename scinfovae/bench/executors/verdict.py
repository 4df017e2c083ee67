"""What is written of runs whose worker ended without having written anything of them."""

from __future__ import annotations

import dataclasses
import datetime
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.bench.executors.worker import MEMORY, TOLD
from scinfovae.bench.records.contents import RecordContents
from scinfovae.bench.records.status import State, Status
from scinfovae.bench.running.outcomes import outcome_of
from scinfovae.bench.running.provenance import describe
from scinfovae.bench.running.recording import config_text
from scinfovae.data.preprocessing.config import PREPROCESSING_VERSION
from scinfovae.errors import DataError, ScInfoVAEError, UsageError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path

    from scinfovae.bench.executors.before import Before
    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.records.record import Record
    from scinfovae.bench.running.listener import Action, Outcome

LINES_OF_LOG = 40


class _HeldError(Exception):
    """Another process is writing the record."""


@dataclass
class Verdict:
    """What became of a worker.

    Attributes
    ----------
    task
        What it did.
    log, log_start
        Its log file, and where in that file it began.
    started
        When it started.
    before
        Its records before, by seed.
    """

    task: Task
    log: Path
    log_start: int
    started: datetime.datetime
    before: dict[int, Before]

    def outcomes(
        self, code: int, ended_for: str, limits: str
    ) -> tuple[list[Outcome], ScInfoVAEError | None]:
        """Say what became of every run, and write down what the worker could not.

        Parameters
        ----------
        code
            Its exit code, negative for a signal.
        ended_for
            ``"timeout"`` or ``"oom"`` if it was ended for taking too much.
        limits
            The limit it went over, in words.

        Returns
        -------
        One outcome for each run that has ended, and the error for which the others have not.
        """
        told = TOLD < code < MEMORY and not ended_for
        status = None if told else self._status(code, ended_for, limits)
        outcomes = []
        for seed, record in self.task.records.items():
            if not self.before[seed].is_still(record):
                outcomes.append(self._outcome(seed, record, self._action(seed, record)))
            elif code == 0 and not self.task.force and record.is_trained():
                outcomes.append(self._outcome(seed, record, "finished"))
            elif status is not None:
                outcomes.append(self._write(seed, record, status))
        return outcomes, self._error(code) if told else None

    def _action(self, seed: int, record: Record) -> Action:
        """Say what was done to a record that was written meanwhile, by us or by another command."""
        if record.provenance().get("started", "") >= _iso(self.started):
            return "done"
        return "scored" if self.before[seed].trained else "finished"

    def _outcome(
        self, seed: int, record: Record, action: Action, status: Status | None = None
    ) -> Outcome:
        return outcome_of(self.task.recipe, self.task.identity, seed, record, action, status)

    def _status(self, code: int, ended_for: str, limits: str) -> Status:
        state: State = "failed"
        # as it lies in the results folder: records travel, and folders of one machine do not
        where = f"; its log is '{'/'.join(self.log.parts[-3:])}'"
        if ended_for == "timeout":
            state, message = "timeout", f"the run took longer than {limits}, and was ended{where}."
        elif ended_for == "oom":
            state, message = "oom", f"the run held more than {limits}, and was ended{where}."
        elif code == MEMORY:
            state, message = "oom", f"memory ran out{where}."
        elif code == -signal.SIGKILL:
            state = "killed"
            message = f"the worker was killed, perhaps because memory ran out{where}."
        elif code < 0:
            state, message = "killed", f"the worker was ended by {_signal_name(-code)}{where}."
        elif code == 0:
            message = f"the worker ended without a record{where}."
        else:
            message = f"the worker failed with exit code {code}{where}."
        return Status(state, stage="worker", message=message, traceback=self.tail())

    def _write(self, seed: int, record: Record, status: Status) -> Outcome:
        """Write the status of one run, unless somebody else is doing that run."""

        def refuse(_: str) -> None:
            raise _HeldError

        try:
            with record.lock(refuse):
                if not self.before[seed].is_still(record):
                    return self._outcome(seed, record, self._action(seed, record))
                if not record.is_trained():
                    record.write(self._contents(seed, status))
                elif not self.task.force:
                    # what was trained stays; only the clusterings are wanting
                    collapsed = (record.status() or status).collapsed
                    status = dataclasses.replace(status, stage="cluster", collapsed=collapsed)
                    record.write_status(status)
        except _HeldError:
            message = "another command is doing this run."
            return self._outcome(seed, record, "failed", Status("failed", "worker", message))
        except ScInfoVAEError as error:
            message = f"{status.message} This could not be written: {error}"
            status = Status(status.status, "worker", message)
        return self._outcome(seed, record, "failed", status)

    def _contents(self, seed: int, status: Status) -> RecordContents:
        task = self.task
        dataset = {
            "name": task.recipe.dataset.name,
            "n_clusters": task.n_clusters,
            "input": task.recipe.input_kind,
        }
        provenance = describe(
            command=task.command,
            dataset=dataset,
            facts={},
            stacked_seeds=task.todo,
            started=self.started,
        )
        provenance |= {
            "identity": task.identity,
            "method_version": task.recipe.method.version,
            "preprocessing_version": PREPROCESSING_VERSION,
        }
        return RecordContents(
            config=config_text(task.recipe, task.n_clusters, seed),
            provenance=provenance,
            status=status,
            log=self.tail(),
        )

    def _error(self, code: int) -> ScInfoVAEError:
        """Read the sentence that the worker left."""
        lines = self.tail().splitlines()
        told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        kinds: dict[int, type[ScInfoVAEError]] = {
            kind.exit_code: kind for kind in (UsageError, DataError, VerificationError)
        }
        kind = kinds.get(code - TOLD, ScInfoVAEError)
        return kind(told[-1] if told else f"a worker failed; its log is '{self.log}'.")

    def tail(self) -> str:
        """Read the last lines of the log."""
        try:
            with self.log.open("rb") as stream:
                stream.seek(self.log_start)
                text = stream.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-LINES_OF_LOG:]) + "\n"


def _iso(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(timespec="seconds")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
