"""Datasets with several reference labellings: each of them, and the best, as the paper defines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import NOTHING, spread
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

BEST = "max"


def labels_table(board: Board) -> Table | None:
    """Make the table of scores by reference labelling.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line per dataset, row and labelling; None if no dataset has several.
    """
    labellings = board.records.labellings
    several = [one for one in board.data if len(labellings[one].keys) > 1]
    names = [name for name in board.measures if MEASURES[name].space == "labels"]
    if not several or not names:
        return None
    scores = board.records.scores
    scores = scores[(scores["stage"] == board.stage) & scores["metric"].isin(names)]
    columns = ["run", "clusterer", "label_key", "metric"]
    value = {tuple(key): v for *key, v in scores[[*columns, "value"]].itertuples(index=False)}
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    shown: list[Row] = []
    for one in several:
        for row in board.rows:
            runs = board.runs(one, row)
            for key in (*labellings[one].keys, BEST):
                texts = []
                for name in names:
                    found = [value.get((run, row[2], key, name)) for run in runs]
                    known = np.array([v for v in found if v is not None and np.isfinite(v)])
                    mean = float(known.mean()) if len(known) else float("nan")
                    sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
                    told = spread(mean, sd, MEASURES[name].digits) if len(known) else NOTHING
                    partial = f" ({len(known)}/{len(runs)})" if 0 < len(known) < len(runs) else ""
                    texts.append(told + partial)
                    named = {"data": one, "base": board.base(one), **describe(board, row)}
                    counts = {"n_done": len(known), "n_expected": len(runs)}
                    told_as = {"stage": board.stage, "metric": name, "label_key": key}
                    data.append({**named, **told_as, "mean": mean, "sd": sd, **counts})
                if runs and any(text != NOTHING for text in texts):
                    ruled = bool(shown) and shown[-1] != row
                    lines.append(line(one, *board.heads(row), key, *texts, ruled=ruled))
                    shown.append(row)
    notes = (
        "The first labelling of a dataset is the one all other tables speak of.",
        f"{BEST}: for every seed the larger score, metric by metric, as the paper defines its ARI; "
        "then the mean over seeds.",
        "(2/3): 2 of 3 expected runs have this score.",
    )
    return Table(
        name=file_stem(board, "labellings"),
        title=f"Scores by reference labelling{of_stage(board)}",
        columns=("dataset", "method", "clusterer", "labels", *(MEASURES[n].title for n in names)),
        n_heads=4,
        lines=tuple(lines),
        notes=(*notes, *legends(board, (board.entry(row) for row in shown))),
        data=in_order(data),
    )
