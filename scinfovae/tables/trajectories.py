"""The end of a training beside the best moment of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import number, spread
from scinfovae.tables.labellings import metrics_in_one_labelling
from scinfovae.tables.layout import describe_entry, in_order, legends
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.tables.board import Board, Entry
    from scinfovae.tables.comparison import Row

SCORED = ("ari", "nmi")


def trajectories_table(board: Board) -> Table | None:
    """Make the table of how K-means of an embedding ends, beside the best it was on the way.

    Parameters
    ----------
    board
        The cells of the final stage.

    Returns
    -------
    One line per dataset, method and metric; None if no run recorded its way.
    """
    recorded = metrics_in_one_labelling(board.records)
    rows: dict[tuple[str, str], Row] = {}
    for row in board.rows:
        rows.setdefault(row[:2], row)
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    shown: list[Entry] = []
    for one in board.data:
        for row in rows.values():
            expected = board.runs(one, row)
            for name in (name for name in SCORED if name in board.measures):
                every = [_curve(recorded.get(run, {}), name) for run in expected]
                curves = [curve for curve in every if curve]
                if not curves:
                    continue
                peak, last, kept = _ends(curves)
                told = {"peak": peak.mean(), "last": last.mean(), "kept": _mean(kept)}
                told |= {"kept_sd": _sd(kept), "least": kept.min() if len(kept) else np.nan}
                counts = {"n_runs": len(kept), "n_expected": len(expected)}
                entry = board.entry(row)
                named = {"data": one, "base": board.base(one), **describe_entry(entry)}
                data.append({**named, "metric": name, **told, **counts})
                partial = f" ({len(kept)}/{len(expected)})" if len(kept) < len(expected) else ""
                texts = [spread(each.mean(), _sd(each)) for each in (peak, last)]
                texts += [spread(_mean(kept), _sd(kept)) + partial, number(told["least"])]
                ruled = bool(lines) and lines[-1].cells[0].text != one
                lines.append(line(one, entry.shown, MEASURES[name].title, *texts, ruled=ruled))
                shown.append(entry)
    if not lines:
        return None
    notes = (
        "K-means of the embedding at about twenty epochs of every stage (of a consensus: at every "
        "tenth part of its models' schedules), scored after the training. Nothing is chosen by it.",
        "last / peak: mean ± sd (n − 1) over seeds of each run's own ratio. The peak is the "
        "luckiest of many looks, so that a level curve that wavers ends below 1, too. (2/3): of 3 "
        "expected runs 2 recorded their way, against the labels that count, and found something.",
    )
    return Table(
        name="trajectories",
        title="The end of a training beside the best moment of it",
        columns=("dataset", "method", "metric", "peak", "last", "last / peak", "least"),
        n_heads=3,
        lines=tuple(lines),
        notes=(*notes, *legends(board, shown)),
        data=in_order(data),
    )


def _curve(metrics: Mapping[str, Any], name: str) -> list[float]:
    """Give the scores on the way through all stages, in order."""
    stages = metrics.get("trajectory", {}).values()
    return [value for stage in stages for value in stage[name]]


def _ends(curves: list[list[float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give peak and end of every run, and their ratio where there is a peak to keep."""
    last = np.array([curve[-1] for curve in curves])
    peak = np.array([max(curve) for curve in curves])
    return peak, last, last[peak > 0] / peak[peak > 0]


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
