"""How many clusters are found by what is not told K, beside the number of reference classes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import NOTHING, number, spread
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage

if TYPE_CHECKING:
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

TOLD = "(K)"


def clusters_table(board: Board) -> Table | None:
    """Make the table of the numbers of clusters that were estimated.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line a row, one column a dataset; None if everything was told K.
    """
    rows = [row for row in board.rows if _estimates(board, row)]
    if not rows:
        return None
    scores = board.records.scores
    scores = scores[scores["stage"] == board.stage].drop_duplicates(["run", "clusterer"])
    columns = ["run", "clusterer", "clusters_found"]
    found = {(run, key): n for run, key, n in scores[columns].itertuples(index=False)}
    told = board.records.runs.groupby("data", sort=False)["n_clusters"].max()
    known = [number(told[d], 0) if np.isfinite(told[d]) else NOTHING for d in board.data]
    lines: list[Line] = [line("K as told to the others", "", *known)]
    data: list[dict[str, Any]] = []
    shown: list[Row] = []
    for row in rows:
        texts = []
        for one in board.data:
            runs = board.runs(one, row)
            values = np.array(
                [n for run in runs if np.isfinite(n := found.get((run, row[2]), np.nan))]
            )
            mean = float(values.mean()) if len(values) else float("nan")
            sd = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
            partial = f" ({len(values)}/{len(runs)})" if 0 < len(values) < len(runs) else ""
            texts.append(spread(mean, sd, 1) + partial if len(values) else NOTHING)
            named = {"data": one, "base": board.base(one), **describe(board, row)}
            counts = {"n_clusters": told[one], "n_done": len(values), "n_expected": len(runs)}
            if runs:
                data.append({**named, "stage": board.stage, "mean": mean, "sd": sd, **counts})
        if any(text != NOTHING for text in texts):
            ruled = not shown or shown[-1][:2] != row[:2]
            method, clusterer = board.heads(row)
            mark = f" {TOLD}" if _was_told(row[0]) else ""
            lines.append(line(method, clusterer + mark, *texts, ruled=ruled))
            shown.append(row)
    notes = (
        "None of these clusterings is told K; all others of this folder are.",
        f"{TOLD}: the method was told K while it made the embedding, so finding K again is no "
        "estimate. Self-training pulls the cells to K points.",
        "Mean ± standard deviation (n − 1) over seeds; (2/3): 2 of 3 expected runs have it.",
    )
    return Table(
        name=file_stem(board, "clusters"),
        title=f"Number of clusters found without being told{of_stage(board)}",
        columns=("method", "clusterer", *board.data),
        n_heads=2,
        lines=tuple(lines),
        notes=(*notes, *legends(board, (board.entry(row) for row in shown))),
        data=in_order(data),
    )


def _estimates(board: Board, row: Row) -> bool:
    """Tell whether a row says itself how many clusters there are."""
    from scinfovae.clustering import CLUSTERERS
    from scinfovae.methods import METHODS

    method, setting, clusterer = row
    if clusterer == "own":
        known = METHODS.get(method)
        if known is None or known.needs_k or known.labels_from_reference:
            return False
        runs = board.records.runs
        configs = runs.loc[runs["method"].eq(method) & runs["setting"].eq(setting), "config"]
        # one that searches a resolution is told K after all
        return not any(json.loads(c).get("method", {}).get("search_resolution") for c in configs)
    config = CLUSTERERS.get(clusterer.partition("@")[0])
    return config is not None and not config.needs_k


def _was_told(method: str) -> bool:
    """Tell whether a method knows K when it embeds."""
    from scinfovae.methods import METHODS

    return method in METHODS and METHODS[method].needs_k
