"""How much scores vary over seeds: ours, and as published."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.metrics.stability import SMALLEST_MEAN, mean_coefficient_of_variation
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import NOTHING, number
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.published import METRICS, read

if TYPE_CHECKING:
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Row

DIGITS = 3


def cv_table(board: Board) -> Table:
    """Make the table of coefficients of variation: per dataset over seeds, then over datasets.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line a row, one column a metric; for machines one row per row, metric and dataset.
    """
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    fewer = False
    shown: list[Row] = []
    for row in board.rows:
        texts = []
        for name in board.measures:
            cvs = _cvs(board, name, row)
            known = {base: cv for base, (_, cv, _) in cvs.items() if math.isfinite(cv)}
            mean = float(np.mean(list(known.values()))) if known else float("nan")
            is_fewer = bool(known) and len(known) < len(cvs)
            fewer |= is_fewer
            mark = f" ({len(known)}/{len(cvs)})" if is_fewer else ""
            texts.append(number(mean, DIGITS) + mark if cvs else NOTHING)
            data += [
                {
                    **describe(board, row),
                    "stage": board.stage,
                    "metric": name,
                    "dataset_base": base,
                    "datasets": used,
                    "cv": cv,
                    "seeds": seeds,
                    "mean_cv": mean,
                    "n_datasets": len(known),
                }
                for base, (used, cv, seeds) in cvs.items()
            ]
        if any(text != NOTHING for text in texts):
            ruled = bool(shown) and shown[-1][:2] != row[:2]
            lines.append(line(*board.heads(row), *texts, ruled=ruled))
            shown.append(row)
    notes = [
        "Standard deviation (n − 1) over seeds by the size of the mean, per dataset; then the mean "
        "over the datasets on which all compared rows are complete.",
        f"n/a: a mean below {SMALLEST_MEAN} in size, or one seed.",
    ]
    if fewer:
        notes.append("(2/3): defined on 2 of 3 datasets, so not quite comparable with the others.")
    return Table(
        name=file_stem(board, "cv"),
        title=f"Coefficient of variation over seeds{of_stage(board)}",
        columns=("method", "clusterer", *(MEASURES[name].title for name in board.measures)),
        n_heads=2,
        lines=tuple(lines),
        notes=(*notes, *legends(board, (board.entry(row) for row in shown))),
        data=in_order(data),
    )


def _cvs(board: Board, name: str, row: Row) -> dict[str, tuple[str, float, str]]:
    """Give the coefficient of a row by dataset: which data it is of, its value, and n seeds."""
    compared = board.comparison(name, row)
    if row not in compared.scores or row in compared.partial:
        return {}
    found = {}
    for base, used in compared.used.items():
        cells = [board.cell(name, one, row) for one in used]
        cvs = [cell["cv"] for cell in cells if cell is not None]
        known = [cv for cv in cvs if math.isfinite(cv)]
        seeds = ",".join(sorted({str(cell["n_done"]) for cell in cells if cell is not None}))
        found[base] = ("; ".join(used), float(np.mean(known)) if known else float("nan"), seeds)
    return found


def published_cv_table() -> Table:
    """Make the table of published coefficients of variation.

    Returns
    -------
    For every published method what was printed, and what follows from its printed runs under our
    rule and without the rule for means near 0.
    """
    printed, runs = read("cv"), read("runs")
    lines, data = [], []
    for row in printed.to_dict("records"):
        method = str(row["method"])
        own = runs[(runs["harness"] == "graph-sc") & (runs["method"] == method)]
        own = own[own["kind"] == "run"]
        texts = []
        for name in METRICS:
            scores = {str(d): g[name].to_numpy() for d, g in own.groupby("dataset")}
            ours = mean_coefficient_of_variation(scores)
            plain = mean_coefficient_of_variation(scores, smallest_mean=0)
            texts += [number(float(row[name]), DIGITS), number(ours, DIGITS)]
            data.append(
                {
                    "method": method,
                    "metric": name,
                    "printed": row[name],
                    "recomputed": ours,
                    "recomputed_without_rule": plain,
                    "n_datasets": len(scores),
                }
            )
        lines.append(line(method, *texts))
    columns = [f"{MEASURES[n].title} {what}" for n in METRICS for what in ("printed", "from runs")]
    return Table(
        name="cv_published",
        title="Coefficient of variation as published, on the 15 full datasets",
        columns=("method", *columns),
        n_heads=1,
        lines=tuple(lines),
        notes=(
            "printed: read off a figure of the repository of graph-sc; values below 1e-5 mean 0.",
            f"from runs: from its printed runs by our rule, datasets with a mean below "
            f"{SMALLEST_MEAN} left out; n/a where no runs are printed.",
            "The printed values of graph-sc itself do not follow from its printed runs.",
        ),
        data=in_order(data),
    )
