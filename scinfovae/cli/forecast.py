"""What `sweep --dry-run` prints: every run with its status, and how long the rest will take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import counted, duration, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.planning.config import Settings
    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.bench.running.estimate import Total

COLUMNS = ("dataset", "method", "variant", "preset", "seed", "identity", "status", "seconds")


def show_forecast(groups: Sequence[RunGroup], *, as_json: bool, keep_imported: bool = False) -> int:
    """Print the plan; nothing is written or run.

    Parameters
    ----------
    groups
        The plan.
    as_json
        For machines.
    keep_imported
        Runs that were imported are left as they are.

    Returns
    -------
    The exit code: that of the first dataset that cannot be had, or 0.
    """
    from scinfovae.bench.executors.base import settings_of
    from scinfovae.bench.running.estimate import estimates_of, estimator_of, total
    from scinfovae.bench.running.files_at_hand import without_unavailable
    from scinfovae.bench.running.imports import with_imports
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import DataCache
    from scinfovae.bench.running.survey import THERE, survey
    from scinfovae.cli.progress import Watcher

    settings, watcher = settings_of(groups), Watcher()
    found = survey(groups, DataCache(), RunLog(watcher))
    if keep_imported:
        found = with_imports(found, settings.results.dir)
    found = without_unavailable(found)
    errors = list(dict.fromkeys(str(error) for _, error in found.errors))
    for error in errors:
        watcher.message(f"error: {error}")
    estimates = estimates_of(found.groups, estimator_of(settings.results.dir))
    rows: list[tuple[Any, ...]] = []
    for one in found.groups:
        facts = next(one.expected())
        for seed, state in one.states.items():
            seconds = estimates[one.identity, seed]
            name = (facts.dataset, facts.method, one.different, facts.preset, seed, one.identity)
            rows.append((*name, state, seconds))
    workers = _workers(settings)
    needed = total([row[-1] for row in rows if row[-2] not in THERE], workers)
    code = found.errors[0][1].exit_code if found.errors else 0
    n_unnamed = found.n_runs - len(rows)
    if as_json:
        listed = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        estimate = {"seconds": needed.seconds, "unknown": needed.n_unknown, "workers": workers}
        facts_of = {"runs": listed, "counts": found.counts, "unnamed": n_unnamed}
        print(json.dumps({**facts_of, "estimate": estimate, "errors": errors}, indent=1))
        return code
    shown = [(*map(str, row[:-1]), _told(row[-1])) for row in rows]
    table("", (*COLUMNS[:-1], "time"), shown)
    print(f"{counted(found.n_runs, 'run')}: {found.told}; nothing was run.")
    print(_sentence(needed, workers, n_unnamed))
    return code


def _workers(settings: Settings) -> int:
    """Tell how many runs the executor does at once."""
    from scinfovae.bench.executors.places import device_of, gpus_of, workers_of
    from scinfovae.bench.planning.executors import ProcessesConfig, SlurmConfig

    executor = settings.executor
    if isinstance(executor, ProcessesConfig):
        gpus = gpus_of(executor, device_of(settings))
        return workers_of(executor, settings.threads, gpus)
    return executor.parallel if isinstance(executor, SlurmConfig) else 1


def _told(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return duration(seconds) if seconds else "-"


def _sentence(needed: Total, workers: int, n_unnamed: int) -> str:
    if not needed.n_runs:
        return "Nothing is left to do." if not n_unnamed else "What is left cannot be run yet."
    by = f"with {workers} workers" if workers > 1 else "one after the other"
    if needed.n_unknown == needed.n_runs:
        return "How long that takes is unknown: there are no records of such runs yet."
    told = f"About {duration(needed.seconds)} {by}, by what earlier runs took"
    if needed.n_unknown:
        told += f"; how long {needed.n_unknown} of the runs take is unknown"
    return f"{told}."
