"""Bring the data of a sweep to this machine before the first run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.bench.planning.identity import canonical
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.running.listener import Listener
    from scinfovae.data.request import DatasetRequest


def with_data(tasks: Sequence[Task], listener: Listener) -> tuple[list[Task], list[DataError]]:
    """Download what is not there yet, each file once, and leave out what cannot be had.

    Workers that began at the same time would download the same file each, and the nodes of a
    cluster often have no network.

    Parameters
    ----------
    tasks
        What is to be done.
    listener
        Hears of data that cannot be had.

    Returns
    -------
    The tasks whose data are there, and one error for each dataset that is not.
    """
    problems: dict[str, DataError | None] = {}
    kept = []
    for task in tasks:
        resolved = task.recipe.resolved
        name = canonical([resolved["dataset"], resolved["data"]])
        if name not in problems:
            problems[name] = _problem(task.recipe.dataset)
            if problems[name] is not None:
                listener.message(f"error: {problems[name]}")
        if problems[name] is None:
            kept.append(task)
    return kept, [error for error in problems.values() if error is not None]


def _problem(request: DatasetRequest) -> DataError | None:
    """Fetch a registered dataset; give the reason if that fails."""
    if request.name in ("simulated", "figure4", "custom"):
        return None
    from scinfovae.data.download import fetch
    from scinfovae.data.request import resolve_spec

    try:
        fetch(
            resolve_spec(request),
            cache_dir=request.cache_dir,
            mirror=request.mirror,
            offline=request.offline,
        )
    except DataError as error:
        return error
    return None
