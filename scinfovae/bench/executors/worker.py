"""One task in a process: ``python -m scinfovae.bench.running.worker TASK.json LIFELINE``.

What becomes of the runs stands in the store. The exit code says the rest: 0 if every run has its
record, `MEMORY` if memory ran out, `TOLD` plus the code of an error that is explained on the last
line of the log and is no fault of the runs, such as data that cannot be had.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

TOLD = 64
MEMORY = 80
SECONDS_BETWEEN_LINES = 30.0


def stand_guard(lifeline: int) -> int | None:
    """End this process and all its children as soon as the process that started it is gone.

    A small child waits at a pipe whose other end only the parent holds. The parent may be killed
    in any way, and this process may be deep in compiled code: the end of the pipe is noticed.

    Parameters
    ----------
    lifeline
        File descriptor of the reading end.

    Returns
    -------
    The process id of that child; None if the process was started by hand, so that the group is
    not ours to end.
    """
    if os.getpgrp() != os.getpid():
        return None
    if child := os.fork():
        os.close(lifeline)
        return child
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    try:
        while os.read(lifeline, 1):
            pass
    finally:
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def do_task(path: Path) -> int:
    """Do the task in a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The exit code.
    """
    from scinfovae.bench.executors.tasks import read_task
    from scinfovae.bench.running.listener import Listener
    from scinfovae.bench.running.run import Session, run_group
    from scinfovae.bench.running.threads import limited_threads
    from scinfovae.errors import ScInfoVAEError

    class Log(Listener):
        """Writes down what happens, and every half minute how far it is."""

        shown = 0.0

        def message(self, text: str) -> None:
            print(text, flush=True)

        def progress(self, stage: str, done: int, total: int) -> None:
            if (now := time.monotonic()) - self.shown > SECONDS_BETWEEN_LINES:
                self.shown = now
                print(f"  {stage}: {done} of {total}", flush=True)

    try:
        task = read_task(path)
        session = Session(Log(), command=task.command, force=task.force)
        with limited_threads(task.recipe.settings.threads):
            outcomes = run_group(task.group, session)
    except ScInfoVAEError as error:
        print(f"error: {error}", flush=True)
        return TOLD + error.exit_code
    except MemoryError:
        return MEMORY
    for outcome in outcomes:
        # a disk that refuses leaves no record, and is no fault of the run
        if outcome.action == "failed" and outcome.status.stage == "record":
            print(f"error: {outcome.status.message}", flush=True)
            return TOLD + ScInfoVAEError.exit_code
    return 0


def main() -> int:
    """Read the words of the process and do its task.

    Returns
    -------
    The exit code.
    """
    path, lifeline = sys.argv[1:]
    guard = stand_guard(int(lifeline))
    code = do_task(Path(path))
    if guard is not None:
        os.kill(guard, signal.SIGKILL)
        os.waitpid(guard, 0)
    return code


if __name__ == "__main__":
    sys.exit(main())
