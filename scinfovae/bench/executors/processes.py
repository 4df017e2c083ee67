"""One isolated process for each stack of seeds; what kills it costs only its own runs."""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.bench.executors.before import state_before
from scinfovae.bench.executors.child import Child, worker_environment
from scinfovae.bench.executors.tasks import logs_folder
from scinfovae.bench.executors.verdict import Verdict
from scinfovae.bench.records.files import told_oserror
from scinfovae.bench.running.run import RunReport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scinfovae.bench.executors.base import Surroundings
    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.planning.executors import ProcessesConfig

SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class ProcessesExecutor:
    """Keeps a number of workers at work until all tasks are done.

    Attributes
    ----------
    config
        Limits.
    threads
        Threads of one worker.
    workers
        How many are at work at once.
    gpus
        What their CUDA_VISIBLE_DEVICES say, dealt out in turn; None leaves it as it is.
    """

    config: ProcessesConfig
    threads: int
    workers: int
    gpus: tuple[str | None, ...] = ("",)

    def execute(self, tasks: Sequence[Task], around: Surroundings) -> RunReport:
        """Do the tasks; see `Executor.execute`. An interruption ends all workers."""
        folder = logs_folder(around.root, around.sweep)
        with told_oserror(folder):
            folder.mkdir(parents=True, exist_ok=True)
        report, waiting = RunReport(), deque(tasks)
        children: dict[int, tuple[Child, Verdict]] = {}
        # workers end when the writing end is closed, by us or with us
        lifeline, ours = os.pipe()
        try:
            while waiting or children:
                for place in range(self.workers):
                    if waiting and place not in children:
                        gpu = self.gpus[place % len(self.gpus)]
                        children[place] = self._start(waiting.popleft(), folder, lifeline, gpu)
                for place, (child, verdict) in list(children.items()):
                    code = child.poll()
                    if code is not None:
                        del children[place]
                        self._finish(code, child, verdict, report, around)
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            for child, _ in children.values():
                child.end()
            for end in (lifeline, ours):
                with contextlib.suppress(OSError):
                    os.close(end)
        return report

    def _start(
        self, task: Task, folder: Path, lifeline: int, gpu: str | None
    ) -> tuple[Child, Verdict]:
        before = {seed: state_before(record) for seed, record in task.records.items()}
        started = datetime.datetime.now(datetime.UTC)
        child = Child(
            task,
            folder,
            lifeline,
            environment=worker_environment(self.threads, gpu),
            time_limit=self.config.time_limit,
            memory_limit=self.config.memory_limit,
        )
        return child, Verdict(task, child.log, child.log_start, started, before)

    def _finish(
        self, code: int, child: Child, verdict: Verdict, report: RunReport, around: Surroundings
    ) -> None:
        limits = {
            "timeout": f"executor.time_limit={self.config.time_limit:g} s a run"
            if self.config.time_limit
            else "",
            "oom": f"executor.memory_limit={self.config.memory_limit:g} GiB"
            if self.config.memory_limit
            else "",
        }
        outcomes, error = verdict.outcomes(code, child.ended_for, limits.get(child.ended_for, ""))
        for outcome in outcomes:
            around.listener.outcome(outcome)
        report.outcomes += outcomes
        if error is not None:
            around.listener.message(f"error: {error}")
            report.errors.append(error)
