"""What of a store is in the queue of a Slurm cluster: what was submitted, and what squeue says."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from scinfovae.bench.executors.tasks import LOGS
from scinfovae.bench.records.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scinfovae.bench.records.columns import RunName

JOBS = "jobs"
_AT_WORK = ("RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT")


@dataclass(frozen=True)
class QueuedJob:
    """A job of the cluster that does runs of a store.

    Attributes
    ----------
    id
        Its id, of a task of an array with the index: ``"12_3"``.
    state
        Whether it waits or works.
    told
        What Slurm says of it, e.g. ``"PENDING (Resources)"``.
    """

    id: str
    state: Literal["queued", "running"]
    told: str


def jobs_folder(root: Path) -> Path:
    """Say where it is noted which job does which runs.

    Parameters
    ----------
    root
        The results folder.

    Returns
    -------
    A folder that need not exist.
    """
    return root / LOGS / JOBS


def note_jobs(root: Path, sweep: str, runs: Mapping[str, Sequence[RunName]]) -> None:
    """Note which jobs do which runs.

    Parameters
    ----------
    root
        The results folder.
    sweep
        The name of the sweep.
    runs
        Runs by the id of their job; not empty.
    """
    first = next(iter(runs))
    value = {
        "sweep": sweep,
        "jobs": {job: [list(run) for run in some] for job, some in runs.items()},
    }
    write_json(jobs_folder(root) / f"{first}.json", value)


def live_jobs() -> dict[str, QueuedJob] | None:
    """Ask Slurm for the jobs of this user that wait or work.

    Returns
    -------
    Jobs by id; None where there is no Slurm to ask.
    """
    words = ["squeue", "--noheader", "--array", "-u", str(os.getuid()), "-o", "%F|%K|%T|%r"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = {}
    for line in done.stdout.splitlines():
        number, index, state, reason = line.split("|", 3)
        name = f"{number}_{index}" if index.isdecimal() else number
        told = state if reason in ("", "None") else f"{state} ({reason})"
        found[name] = QueuedJob(name, "running" if state in _AT_WORK else "queued", told)
    return found


def runs_in_queue(root: Path) -> dict[RunName, QueuedJob]:
    """List the runs of a store that a job waits for or works at.

    Parameters
    ----------
    root
        The results folder.

    Returns
    -------
    Jobs by run; empty where nothing was submitted or there is no Slurm.
    """
    files = sorted(jobs_folder(root).glob("[!.]*.json"))
    live = live_jobs() if files else None
    found: dict[RunName, QueuedJob] = {}
    for file in files:
        noted: dict[str, Any] = (read_json(file) or {}).get("jobs") or {}
        for name, runs in noted.items():
            if live and name in live:
                found |= {(str(d), str(m), str(i), int(s)): live[name] for d, m, i, s in runs}
    return found
