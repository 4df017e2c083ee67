"""One worker process: started, watched, and ended with all its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scinfovae.bench.executors.tasks import Task

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
SECONDS_BETWEEN_LOOKS_AT_MEMORY = 0.5
GIB = 2**30


class Child:
    """A worker at work.

    Attributes
    ----------
    task
        What it does.
    log, log_start
        Where it writes, and where in that file it began.
    ended_for
        Why it was ended, if it was: it took or held too much.
    """

    def __init__(
        self,
        task: Task,
        folder: Path,
        lifeline: int,
        *,
        environment: Mapping[str, str],
        time_limit: float | None,
        memory_limit: float | None,
    ) -> None:
        self.task = task
        self.log = folder / f"{task.name}.log"
        self.ended_for: Literal["", "timeout", "oom"] = ""
        self.time_limit = None if time_limit is None else time_limit * len(task.todo)
        self.memory_limit = memory_limit
        self.peak = 0
        self._looked = 0.0
        path = task.write(folder)
        words = [sys.executable, "-m", "scinfovae.bench.executors.worker", str(path), str(lifeline)]
        self.started = time.monotonic()
        with self.log.open("ab") as stream:
            self.log_start = stream.tell()
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                pass_fds=(lifeline,),
                start_new_session=True,
            )

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self.started

    def poll(self) -> int | None:
        """Look after it, and end it if it takes too long or holds too much.

        Returns
        -------
        Its exit code, negative for a signal; None while it works.
        """
        code = self._process.poll()
        if code is None:
            if self.time_limit is not None and self.seconds > self.time_limit:
                self.ended_for = "timeout"
            elif self._holds_too_much():
                self.ended_for = "oom"
            if not self.ended_for:
                return None
        self.end()
        return self._process.returncode

    def end(self) -> None:
        """End it and every process it has started, at once; the store is made to bear that."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _holds_too_much(self) -> bool:
        now = time.monotonic()
        if self.memory_limit is None or now - self._looked < SECONDS_BETWEEN_LOOKS_AT_MEMORY:
            return False
        self._looked = now
        self.peak = max(self.peak, memory_of_tree(self._process.pid))
        return self.peak > self.memory_limit * GIB


def memory_of_tree(pid: int) -> int:
    """Add up the memory that a process and all its descendants hold.

    Parameters
    ----------
    pid
        The process.

    Returns
    -------
    Bytes of resident memory; pages that several of them share count for each.
    """
    import psutil  # type: ignore[import-untyped]

    held = 0
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                held += process.memory_info().rss
    return held


def worker_environment(threads: int, gpu: str | None) -> dict[str, str]:
    """Say what a worker finds in its environment beside ours.

    Parameters
    ----------
    threads
        Threads of the process.
    gpu
        The GPU it may use; empty for none, None to leave that as it is.

    Returns
    -------
    Variables.
    """
    found = dict.fromkeys(THREAD_VARIABLES, str(threads))
    if gpu is not None:
        found["CUDA_VISIBLE_DEVICES"] = gpu
    return found
