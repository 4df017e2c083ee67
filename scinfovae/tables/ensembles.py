"""A consensus beside the partitions it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.metrics.stability import coefficient_of_variation
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import number, signed_spread, spread
from scinfovae.tables.labellings import metrics_in_one_labelling
from scinfovae.tables.layout import describe, in_order, legends
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

SCORED = ("ari", "nmi")


def ensembles_table(board: Board) -> Table | None:
    """Make the table of consensus labels beside the partitions that voted.

    Parameters
    ----------
    board
        The cells of the final stage.

    Returns
    -------
    One line per dataset, method and metric; None if no run recorded such partitions.
    """
    recorded = metrics_in_one_labelling(board.records)
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    shown: list[Row] = []
    for one in board.data:
        for row in (row for row in board.rows if row[2] == "own"):
            expected = board.runs(one, row)
            for name in (name for name in SCORED if name in board.measures):
                found = [_beside_members(recorded.get(run, {}), name) for run in expected]
                values = np.array([triple for triple in found if triple is not None])
                if not len(values):
                    continue
                own, members, best = values.T
                ahead = own - members
                cv = coefficient_of_variation(own)
                named = {"data": one, "base": board.base(one), **describe(board, row)}
                told = {"consensus": own.mean(), "members": members.mean(), "best": best.mean()}
                told |= {"ahead": ahead.mean(), "ahead_sd": _sd(ahead), "cv": cv}
                counts = {"n_ensembles": len(own), "n_expected": len(expected)}
                data.append({**named, "metric": name, **told, **counts})
                partial = f" ({len(own)}/{len(expected)})" if len(own) < len(expected) else ""
                texts = [spread(own.mean(), _sd(own)) + partial]
                texts += [spread(each.mean(), _sd(each)) for each in (members, best)]
                texts += [signed_spread(ahead.mean(), _sd(ahead)), number(cv)]
                heads = (one, board.entry(row).shown, MEASURES[name].title)
                ruled = bool(lines) and lines[-1].cells[0].text != one
                lines.append(line(*heads, *texts, ruled=ruled))
                shown.append(row)
    if not lines:
        return None
    notes = (
        "members: the mean of the partitions that voted; best member: the highest of them, which "
        "nobody could choose without labels. ahead: consensus minus mean of its members.",
        "Mean ± sd (n − 1) over ensembles, which share no model. CV: that sd by the mean; n/a with "
        "one ensemble.",
    )
    return Table(
        name="ensembles",
        title="A consensus beside its members",
        columns=(
            *("dataset", "method", "metric", "consensus", "members", "best member"),
            *("ahead", "CV"),
        ),
        n_heads=3,
        lines=tuple(lines),
        notes=(*notes, *legends(board, (board.entry(row) for row in shown))),
        data=in_order(data),
    )


def _beside_members(metrics: Mapping[str, Any], name: str) -> tuple[float, float, float] | None:
    """Give the score of the consensus, the mean of its members and the best of them."""
    members = metrics.get("members", {}).get(name)
    if not members:
        return None
    for entry in metrics.get("clusterings", []):
        if (entry["stage"], entry["key"]) == ("final", "own"):
            # members are scored against the first labelling
            own = (entry.get("external") or {}).get(metrics["label_keys"][0], {}).get(name)
            return None if own is None else (own, float(np.mean(members)), max(members))
    return None


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
