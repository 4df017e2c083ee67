"""Runs of a plan that were done elsewhere and imported: a sweep may leave them as they are."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from scinfovae.bench.records.imported import finished_imports
from scinfovae.bench.running.completing import lacks_scores
from scinfovae.bench.running.survey import IMPORTED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scinfovae.bench.records.columns import RunName
    from scinfovae.bench.running.survey import Survey, SurveyedGroup


def with_imports(found: Survey, root: Path) -> Survey:
    """Mark the runs of a survey that have no record here, and were imported with all scores.

    Parameters
    ----------
    found
        A plan held against the store.
    root
        The results folder.

    Returns
    -------
    The same runs; "to do" is "imported" for those.

    Raises
    ------
    DataError
        If the file that holds the imports is damaged.
    """
    imported = finished_imports(root)
    if not imported:
        return found
    return dataclasses.replace(found, groups=[_marked(one, imported) for one in found.groups])


def _marked(one: SurveyedGroup, imported: Mapping[RunName, str]) -> SurveyedGroup:
    recipe = one.recipe
    states, came = dict(one.states), {}
    for seed in [seed for seed, state in states.items() if state == "to do"]:
        text = imported.get((recipe.dataset.name, recipe.method.name, one.identity, seed))
        if text is None:
            continue
        metrics = json.loads(text)
        if not lacks_scores(metrics, metrics.get("stages", []), recipe):
            states[seed], came[seed] = IMPORTED, metrics
    return dataclasses.replace(one, states=states, imported=came)
