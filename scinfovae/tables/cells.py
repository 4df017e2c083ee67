"""The cells of the tables: which runs each one stands on, and what they scored."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.metrics.stability import coefficient_of_variation
from scinfovae.tables.measures import MEASURES, Measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from scinfovae.tables.expected import Expected
    from scinfovae.tables.labellings import Labelling

KEY = ("data", "method", "setting")
COUNTS = ("n_expected", "n_done", "n_failed", "n_missing", "n_not_applicable")
COLUMNS = (
    "data",
    "base",
    "method",
    "setting",
    "stage",
    "clusterer",
    "metric",
    "label_key",
    "mean",
    "sd",
    "cv",
    *COUNTS,
    "n_undefined",
    "n_collapsed",
    "seeds",
    "state",
    "complete",
)


@dataclass(frozen=True)
class Run:
    """What a cell has to know of one run."""

    run: int
    seed: int
    status: str
    collapsed: bool


def make_cells(
    runs: pd.DataFrame,
    scores: pd.DataFrame,
    expected: Mapping[tuple[str, str, str], Expected],
    labellings: Mapping[str, Labelling],
) -> pd.DataFrame:
    """Count and average the runs behind every cell.

    Parameters
    ----------
    runs
        One row a run, with the columns ``run``, ``data``, ``base`` and ``collapsed_pretrained``
        beside those of `scinfovae.bench.records.frame.runs_frame`.
    scores
        What `scinfovae.bench.records.frame.scores_frame` gives of them, with the column ``run``.
    expected
        The clusterers that are expected, by data, method and setting.
    labellings
        The labels that count, by data.

    Returns
    -------
    One row per data, method, setting, stage, clusterer and metric. ``n_done`` runs were scored;
    ``n_missing`` were never done, or not with this clusterer or against these labels. ``mean``,
    ``sd`` (n - 1) and ``cv`` are over the scored seeds, NaN where there are too few. ``complete``
    means that every expected run was scored and has a value; ``state`` is ``done``, ``partial``,
    ``undefined``, ``failed``, ``missing`` or ``not_applicable``.
    """
    import pandas as pd

    values = _values(scores, labellings, dict(zip(runs["run"], runs["data"], strict=True)))
    rows = []
    for key, group in runs.groupby(list(KEY), sort=False):
        data, method, setting = (str(part) for part in key)
        base, labelling = group["base"].iloc[0], labellings[data]
        for stage, clusterer in expected[data, method, setting].cells():
            members = list(_members(group, stage))
            found = {m.run: values.get((m.run, stage, clusterer), {}) for m in members}
            for measure in MEASURES.values():
                if not _is_defined(measure, labelling, found.values()):
                    continue
                named = (data, base, method, setting, stage, clusterer, measure.name)
                label_key = labelling.primary if measure.space == "labels" else ""
                own = {run: scored.get(measure.name) for run, scored in found.items()}
                rows.append((*named, label_key, *_account(members, found, own, measure)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _values(
    scores: pd.DataFrame, labellings: Mapping[str, Labelling], data_of: Mapping[int, str]
) -> dict[tuple[int, str, str], dict[str, float]]:
    """Look scores up by run, stage and clusterer, then by metric; only labels that count."""
    found: dict[tuple[int, str, str], dict[str, float]] = {}
    columns = ("run", "stage", "clusterer", "label_key", "metric", "value")
    for run, stage, clusterer, key, metric, value in zip(
        *(scores[column] for column in columns), strict=True
    ):
        scored = found.setdefault((run, stage, clusterer), {})
        if key in ("", labellings[data_of[run]].primary):
            scored[metric] = value
    return found


def _members(group: pd.DataFrame, stage: str) -> Iterator[Run]:
    flag = "collapsed" if stage == "final" else "collapsed_pretrained"
    columns = (group[name] for name in ("run", "seed", "status", flag))
    yield from itertools.starmap(Run, zip(*columns, strict=True))


def _is_defined(measure: Measure, labelling: Labelling, found: Any) -> bool:
    """Tell whether a metric makes sense here: unlabelled data have no ARI, labels no embedding."""
    if measure.space == "labels":
        return bool(labelling.keys)
    scored = [one for one in found if one]
    return not scored or any(measure.name in one for one in scored)


def _account(
    members: Sequence[Run],
    found: Mapping[int, Mapping[str, float]],
    values: Mapping[int, float | None],
    measure: Measure,
) -> tuple[Any, ...]:
    """Count the runs of one cell and average their values."""
    counts = dict.fromkeys(COUNTS, 0) | {"n_expected": len(members)}
    scored: list[tuple[int, float]] = []
    collapsed = 0
    for member in members:
        value = values[member.run]
        if value is None and found[member.run] and measure.space != "labels":
            value = float("nan")
        counts[f"n_{_fate(member.status, value is not None)}"] += 1
        if value is not None:
            scored.append((member.seed, value))
            collapsed += bool(member.collapsed)
    known = np.array([value for _, value in scored if np.isfinite(value)])
    undefined = len(scored) - len(known)
    mean = float(known.mean()) if len(known) else float("nan")
    sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
    cv = coefficient_of_variation(known)
    seeds = ",".join(str(seed) for seed, _ in sorted(scored))
    complete = counts["n_done"] == counts["n_expected"] and not undefined
    state = _state(counts, len(known), complete)
    return mean, sd, cv, *counts.values(), undefined, collapsed, seeds, state, complete


def _fate(status: str, is_scored: bool) -> str:
    """Say what became of one expected run in a cell."""
    if is_scored:
        return "done"
    if status == "not_applicable":
        return status
    # a run that ended well lacks this clusterer or these labels: nobody has computed it yet
    return "missing" if status in ("missing", "ok") else "failed"


def _state(counts: Mapping[str, int], n_known: int, complete: bool) -> str:
    if complete:
        return "done"
    if n_known:
        return "partial"
    if counts["n_done"]:
        return "undefined"
    if counts["n_not_applicable"] == counts["n_expected"]:
        return "not_applicable"
    return "failed" if counts["n_failed"] else "missing"
