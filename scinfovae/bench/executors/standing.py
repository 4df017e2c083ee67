"""How far a sweep is, read from the store and the queue alone; waits for nobody."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from scinfovae.bench.planning.clusterers import ClustererRequest
from scinfovae.bench.records.imported import finished_imports
from scinfovae.bench.records.locks import is_held
from scinfovae.bench.records.store import RecordStore
from scinfovae.bench.running.scoring import missing_clusterings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from scinfovae.bench.executors.queue import QueuedJob
    from scinfovae.bench.records.columns import RunName
    from scinfovae.bench.records.manifest import ExpectedRun, Manifest
    from scinfovae.bench.records.record import Record

Progress = Literal["done", "imported", "failed", "running", "queued", "missing"]
PROGRESS: tuple[Progress, ...] = get_args(Progress)


@dataclass(frozen=True)
class RunStanding:
    """How far one run is.

    Attributes
    ----------
    run
        The run.
    progress
        ``"imported"`` is a run without a record whose scores came from elsewhere, ``"missing"`` a
        run, or a clustering of one, that nobody works at.
    told
        Of a failed run its status and message, of one in the queue what Slurm says.
    """

    run: ExpectedRun
    progress: Progress
    told: str = ""


@dataclass
class Standing:
    """How far a sweep is.

    Attributes
    ----------
    manifest
        What it asks for.
    runs
        How far each run is.
    """

    manifest: Manifest
    runs: list[RunStanding] = field(default_factory=list)

    @property
    def counts(self) -> dict[Progress, int]:
        """How many runs there are of each progress."""
        found = Counter(one.progress for one in self.runs)
        return {progress: found[progress] for progress in PROGRESS}


def standing_of(root: Path, manifest: Manifest) -> Standing:
    """Look at every run of a sweep.

    Parameters
    ----------
    root
        The results folder.
    manifest
        What the sweep asks for.

    Returns
    -------
    How far it is.
    """
    from scinfovae.bench.executors.queue import runs_in_queue

    store, queue, imported = RecordStore(root), runs_in_queue(root), finished_imports(root)
    return Standing(manifest, [_run_standing(store, queue, imported, run) for run in manifest.runs])


def _run_standing(
    store: RecordStore,
    queue: Mapping[RunName, QueuedJob],
    imported: Mapping[RunName, str],
    run: ExpectedRun,
) -> RunStanding:
    name = (run.dataset, run.method, run.identity, run.seed)
    record = store.record(*name)
    if record.is_trained() and _record_is_whole(record, run):
        return RunStanding(run, "done")
    if is_held(record.lock_path):
        return RunStanding(run, "running")
    if name in queue:
        job = queue[name]
        return RunStanding(run, job.state, f"job {job.id}: {job.told}")
    status = record.status()
    if status is None and name in imported:
        metrics = json.loads(imported[name])
        if _is_whole(metrics, metrics.get("stages", []), run):
            return RunStanding(run, "imported")
    if status is None or status.status in ("ok", "not_applicable"):
        return RunStanding(run, "missing")
    return RunStanding(run, "failed", f"{status.status}: {status.message}")


def _record_is_whole(record: Record, run: ExpectedRun) -> bool:
    """Tell whether a trained run holds every clustering that is asked for."""
    status = record.status()
    if status is not None and status.status == "not_applicable":
        return True
    return _is_whole(record.metrics(), record.stages(), run)


def _is_whole(metrics: Mapping[str, Any], stages: Iterable[str], run: ExpectedRun) -> bool:
    asked = [ClustererRequest(key, {}) for key in run.clusterers]
    return not missing_clusterings(metrics, stages, asked)
