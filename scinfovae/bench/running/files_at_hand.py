"""Which dataset files are there, told without reading them and without the network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from scinfovae.bench.running.survey import THERE
from scinfovae.data.download import cached_path, fetch
from scinfovae.data.registry import load_registry
from scinfovae.data.request import resolve_spec
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from scinfovae.bench.running.survey import Survey
    from scinfovae.data.registry import DatasetSpec
    from scinfovae.data.request import DatasetRequest


def file_at_hand(spec: DatasetSpec, cache_dir: Path, mirror: Path | None) -> Path | None:
    """Find the file of a dataset where a run would take it from.

    Parameters
    ----------
    spec
        The dataset.
    cache_dir
        Folder for downloaded files.
    mirror
        Folder that is used instead of the cache; None uses the cache.

    Returns
    -------
    A file of the right size, where that is known, its content unchecked; None if there is none.
    """
    if mirror is None:
        places = [cached_path(spec, cache_dir)]
    else:
        places = [mirror / name for name in spec.mirror_names]
    return next((place for place in places if place.is_file() and _fits(place, spec)), None)


def _fits(path: Path, spec: DatasetSpec) -> bool:
    # several files are all called data.h5 upstream
    return spec.size_bytes in (None, path.stat().st_size)


def known_problem(request: DatasetRequest) -> DataError | None:
    """Tell why a registered dataset cannot be had, as far as that shows without the network.

    Parameters
    ----------
    request
        What is asked for.

    Returns
    -------
    The error a run would end with; None if the file is there or may be downloaded.
    """
    may_download = request.mirror is None and not request.offline
    if request.name not in load_registry() or may_download:
        return None
    spec = resolve_spec(request)
    if file_at_hand(spec, request.cache_dir, request.mirror) is not None:
        return None
    try:
        fetch(spec, cache_dir=request.cache_dir, mirror=request.mirror, offline=True)
    except DataError as error:
        return error
    return None


def without_unavailable(found: Survey) -> Survey:
    """Put the runs whose data cannot be had among the errors of a survey.

    Parameters
    ----------
    found
        All runs with their states.

    Returns
    -------
    The same runs; those that are done need no data and stay.
    """
    kept, errors = [], list(found.errors)
    for one in found.groups:
        left = tuple(seed for seed, state in one.states.items() if state not in THERE)
        error = known_problem(one.recipe.dataset) if left else None
        if error is None:
            kept.append(one)
            continue
        errors.append((dataclasses.replace(one.group, seeds=left), error))
        done = {seed: state for seed, state in one.states.items() if state in THERE}
        if done:
            group = dataclasses.replace(one.group, seeds=tuple(done))
            kept.append(dataclasses.replace(one, group=group, states=done))
    return dataclasses.replace(found, groups=kept, errors=errors)
