"""Find the records of what is asked for, and say what is still to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.bench.planning.identity import identity
from scinfovae.bench.records.store import Record, RecordStore
from scinfovae.bench.running.completing import needs_scores
from scinfovae.bench.running.scoring import missing_clusterings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import DataCache


def identity_of(recipe: Recipe, cache: DataCache, log: RunLog) -> str:
    """Name the runs of a recipe, reading the data only where K is not known without.

    Parameters
    ----------
    recipe
        What is asked for.
    cache
        Where the data are kept if they must be read.
    log
        Hears progress.

    Returns
    -------
    The identity.
    """
    from scinfovae.data.preprocessing.config import PREPROCESSING_VERSION

    return identity(
        content_hash=cache.content_hash(recipe),
        n_clusters=n_clusters_of(recipe, cache, log),
        method=recipe.method.name,
        method_version=recipe.method.version,
        method_config=recipe.method_config,
        preprocessing=recipe.preprocessing,
        preprocessing_version=PREPROCESSING_VERSION,
        input_kind=recipe.input_kind,
    )


def n_clusters_of(recipe: Recipe, cache: DataCache, log: RunLog) -> int:
    """Tell K, reading the data only where it is not known without.

    Parameters
    ----------
    recipe, cache, log
        As for `identity_of`.

    Returns
    -------
    K.
    """
    k = known_n_clusters(recipe)
    return cache.dataset(recipe, log).n_clusters if k is None else k


def known_n_clusters(recipe: Recipe) -> int | None:
    """Tell K where it is known without reading the data.

    Parameters
    ----------
    recipe
        What is asked for.

    Returns
    -------
    K, or None.
    """
    from scinfovae.data.request import resolve_spec

    request = recipe.dataset
    if request.n_clusters is not None:
        return request.n_clusters
    if request.name == "custom" or request.fraction < 1:
        return None  # of a share of the cells, a class may have vanished
    if request.name == "simulated":
        simulated = request.simulation.n_clusters if request.simulation else 0
        return simulated if simulated > 1 else None
    if request.name == "figure4":
        from scinfovae.data.figure4_cells import N_FIGURE4_CLASSES

        return N_FIGURE4_CLASSES
    if request.label_key == ():
        return None  # unlabelled on purpose: then K has to be said
    spec = resolve_spec(request)
    first = request.label_key[0] if request.label_key else spec.label_key
    return spec.n_classes if first == spec.label_key else None


def records_of(recipe: Recipe, name: str, seeds: Sequence[int]) -> dict[int, Record]:
    """Name the records of a group.

    Parameters
    ----------
    recipe, name, seeds
        What is asked for, its identity, and the seeds.

    Returns
    -------
    Records by seed; they need not exist.
    """
    store = RecordStore(recipe.settings.results.dir)
    return {s: store.record(recipe.dataset.name, recipe.method.name, name, s) for s in seeds}


def state_of(record: Record, recipe: Recipe) -> str:
    """Say what a command would do with a record.

    Parameters
    ----------
    record
        The record of a run that is asked for.
    recipe
        What is asked for.

    Returns
    -------
    ``"done"``, ``"clusterings to do"``, ``"failed before"`` or ``"to do"``.
    """
    if not record.is_trained():
        return "to do" if record.status() is None else "failed before"
    if not needs_scores(record, recipe):
        return "done"
    return "failed before" if _lacks_only_what_failed(record, recipe) else "clusterings to do"


def _lacks_only_what_failed(record: Record, recipe: Recipe) -> bool:
    """Tell whether all that is missing was tried and failed."""
    status = record.status()
    if status is None or not status.stage.startswith("cluster"):
        return False
    missing = missing_clusterings(record.metrics(), record.stages(), recipe.clusterers)
    # "cluster final.rsc", or "cluster" alone where a worker was ended while it clustered
    failed = status.stage.partition(".")[2]
    keys = {clusterer.key for _, clusterer in missing}
    return bool(keys) and (not failed or keys <= {failed})
