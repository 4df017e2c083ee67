"""Without fine-tuning: the same runs before and after it, seed by seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import signed_spread, spread
from scinfovae.tables.layout import describe, in_order, legends
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

PRINTED = ("ari", "nmi")


def fine_tuning_table(final: Board, pretrained: Board) -> Table:
    """Make the paired table of both stages.

    Parameters
    ----------
    final, pretrained
        The cells of both stages.

    Returns
    -------
    One line per dataset, method, clusterer and metric: before, after, and the mean of the
    differences with its standard deviation, over the seeds that have both.
    """
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    names = [name for name in final.measures if MEASURES[name].is_comparable]
    printed = [name for name in PRINTED if name in names] or names
    values = _values(final)
    shown: list[Row] = []
    for one in final.data:
        for row in pretrained.rows:
            for name in names:
                pairs = _pairs(values, final, (one, row, name))
                if not len(pairs):
                    continue
                n_expected = len(final.runs(one, row))
                before, after = (mean for mean, _ in _by_stage(pairs))
                differences = pairs[:, 1] - pairs[:, 0]
                mean, sd = float(differences.mean()), _sd(differences)
                named = {"data": one, "base": final.base(one), **describe(final, row)}
                told = {"pretrained": before, "final": after, "difference": mean, "sd": sd}
                counts = {"n_pairs": len(pairs), "n_expected": n_expected}
                data.append({**named, "metric": name, **told, **counts})
                digits = MEASURES[name].digits
                partial = f" ({len(pairs)}/{n_expected})" if len(pairs) < n_expected else ""
                texts = [spread(*both, digits) for both in _by_stage(pairs)]
                texts.append(signed_spread(mean, sd, digits) + partial)
                if name in printed:
                    ruled = bool(lines) and lines[-1].cells[0].text != one
                    heads = (one, *final.heads(row), MEASURES[name].title)
                    lines.append(line(*heads, *texts, ruled=ruled))
                    shown.append(row)
    notes = [
        "difference: after minus before, mean ± sd over seeds of the paired differences.",
        "The other metrics are in the CSV file.",
    ]
    if any(one["n_pairs"] < one["n_expected"] for one in data):
        notes.append("(2/3): 2 of 3 expected runs have both stages.")
    return Table(
        name="without_fine_tuning",
        title="Without fine-tuning: the same runs before and after it",
        columns=("dataset", "method", "clusterer", "metric", "before", "after", "difference"),
        n_heads=4,
        lines=tuple(lines),
        notes=(*notes, *legends(final, (final.entry(row) for row in shown))),
        data=in_order(data),
    )


def _by_stage(pairs: np.ndarray) -> list[tuple[float, float]]:
    """Give mean and standard deviation before and after."""
    return [(float(values.mean()), _sd(values)) for values in pairs.T]


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def _values(board: Board) -> dict[tuple[int, str, str, str], float]:
    """Look scores up by run, stage, clusterer and metric; only labels that count."""
    scores = board.records.scores
    runs = board.records.runs
    pairs = zip(runs["run"], runs["data"], strict=True)
    primary = {run: board.records.labellings[data].primary for run, data in pairs}
    columns = ("run", "stage", "clusterer", "metric", "label_key", "value")
    return {
        (run, stage, clusterer, metric): value
        for run, stage, clusterer, metric, key, value in zip(
            *(scores[column] for column in columns), strict=True
        )
        if key in ("", primary[run]) and np.isfinite(value)
    }


def _pairs(
    values: dict[tuple[int, str, str, str], float], board: Board, cell: tuple[str, Row, str]
) -> np.ndarray:
    """Give an array of shape (n_seeds, 2): before and after, of the seeds that have both."""
    data, row, name = cell
    found = [
        [values.get((run, stage, row[2], name)) for stage in ("pretrained", "final")]
        for run in board.runs(data, row)
    ]
    whole = [pair for pair in found if None not in pair]
    return np.array(whole, dtype=np.float64).reshape(-1, 2)
