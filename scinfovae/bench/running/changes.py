"""What a new scoring changed in a record, number by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import finite
from scinfovae.bench.records.frame import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Name = tuple[str, str, str, str]


@dataclass(frozen=True)
class Change:
    """One number that is new or another than it was.

    Attributes
    ----------
    stage, clusterer, label_key, metric
        Its name; `label_key` is empty for metrics that need no labels.
    added
        Whether the record did not hold it at all.
    old, new
        The values; None where it was not held, or is not defined.
    """

    stage: str
    clusterer: str
    label_key: str
    metric: str
    added: bool
    old: float | None
    new: float | None


def changes_between(
    old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]
) -> tuple[Change, ...]:
    """Compare the clusterings of a record before and after.

    Parameters
    ----------
    old, new
        The member ``clusterings`` of ``metrics.json``.

    Returns
    -------
    One change for every number that differs in any digit.
    """
    before, after = _numbers(old), _numbers(new)
    return tuple(
        Change(*name, name not in before, before.get(name), value)
        for name, value in after.items()
        if name not in before or before[name] != value
    )


def _numbers(entries: Iterable[Mapping[str, Any]]) -> dict[Name, float | None]:
    found: dict[Name, float | None] = {}
    for entry in entries:
        at = (entry["stage"], entry["key"])
        for label_key, scores in (entry.get("external") or {}).items():
            found |= {(*at, label_key, m): value for m, value in scores.items() if m in METRICS}
        internal = entry.get("internal") or {}
        found |= {(*at, "", m): value for m, value in internal.items() if m in METRICS}
    # as they stand in the file: what is not finite is null there
    return {name: finite(value) for name, value in found.items()}
