"""What became of a run, read from its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.bench.records.status import Status
from scinfovae.bench.running.listener import Action, Outcome

if TYPE_CHECKING:
    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.records.record import Record


def outcome_of(
    recipe: Recipe,
    identity: str,
    seed: int,
    record: Record,
    action: Action,
    status: Status | None = None,
) -> Outcome:
    """Say what became of a run.

    Parameters
    ----------
    recipe, identity, seed
        What was asked for.
    record
        Its record.
    action
        What was done; a run that did not end well has failed, whatever was done.
    status
        How it ended, where that is not what the record says.

    Returns
    -------
    The outcome.
    """
    if status is None:
        status = record.status() or Status("failed", message="the record vanished.")
    if status.status not in ("ok", "not_applicable"):
        action = "failed"
    return Outcome(
        dataset=recipe.dataset.name,
        method=recipe.method.name,
        identity=identity,
        seed=seed,
        folder=record.folder,
        status=status,
        action=action,
        metrics=record.metrics(),
        facts=record.provenance().get("dataset", {}),
        clusterers=tuple(clusterer.key for clusterer in recipe.clusterers),
        short=recipe.short,
        plot=record.plot if record.plot.is_file() else None,
    )
