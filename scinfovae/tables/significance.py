"""Whether rows differ over datasets; a dataset is one observation, whatever its seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.tables.comparison import frame_of
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import NOTHING, interval, number, probability, signed
from scinfovae.tables.layout import describe, file_stem, in_order, legends, of_stage
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.statistics import friedman_nemenyi, widest_interval

if TYPE_CHECKING:
    from scinfovae.tables.board import Board
    from scinfovae.tables.comparison import Comparison, Row

REFERENCE = "scinfovae"
OWN_PRESET = "scinfovae_consensus"


def friedman_table(board: Board) -> Table:
    """Make the table of Friedman tests with Nemenyi's critical difference.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One line a metric; instead of a p-value it says so where there are not enough datasets.
    """
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    for name in _names(board):
        compared = board.comparison_of(name, "full")
        rows = [row for row in compared.ranks if row not in compared.partial]
        found = friedman_nemenyi(frame_of(compared.scores, rows))
        named = {"stage": board.stage, "metric": name}
        numbers = (found.statistic, found.p_value, found.critical_difference)
        columns = ("statistic", "p_value", "critical_difference")
        counts = {"n_datasets": found.n_datasets, "n_rows": len(rows)}
        told = dict(zip(columns, numbers, strict=True))
        data.append({**named, **counts, **told, "message": found.message})
        texts = [number(found.statistic, 2), probability(found.p_value)]
        texts.append(number(found.critical_difference, 2))
        texts = [found.message, NOTHING, NOTHING] if found.message else texts
        lines.append(line(MEASURES[name].title, *map(str, counts.values()), *texts))
    return Table(
        name=file_stem(board, "friedman"),
        title=f"Friedman test over datasets{of_stage(board)}",
        columns=("metric", "datasets", "rows", "χ²", "p", "critical difference"),
        n_heads=1,
        lines=tuple(lines),
        notes=(
            "One observation a dataset (mean over seeds, variants once); rows are methods with "
            "their clusterers, without short presets, controls and incomplete ones.",
            "critical difference: two rows differ at the 5 % level if their mean ranks are further "
            "apart (Nemenyi; Demsar 2006).",
        ),
        data=in_order(data),
    )


def differences_tables(board: Board) -> list[Table]:
    """Make the tables of means over datasets, and of how far ScInfoVAE is ahead, with intervals.

    Parameters
    ----------
    board
        The cells of one stage.

    Returns
    -------
    One table for ScInfoVAE as the paper describes it, and another for the suite's own preset if
    that is there; one line per row and metric.
    """
    tables = [_differences(board, REFERENCE, "differences")]
    if any(board.entry(row).method == OWN_PRESET for row in board.rows):
        tables.append(_differences(board, OWN_PRESET, "differences_consensus"))
    return tables


def _differences(board: Board, ours: str, stem: str) -> Table:
    from scinfovae.methods import METHODS

    title_of_ours = METHODS[ours].title
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    shown: list[Row] = []
    for name in _names(board):
        compared, digits = board.comparison_of(name, "full"), MEASURES[name].digits
        for row in [row for row in board.rows if row in compared.scores]:
            mean = widest_interval(compared.scores[row])
            reference = _reference(board, compared, row, ours)
            named = {**describe(board, row), "stage": board.stage, "metric": name}
            told = {"mean": mean.mean, "low": mean.low, "high": mean.high, "n_datasets": mean.n}
            partial = row in compared.partial
            data.append({**named, **told, "partial": partial})
            texts = [number(mean.mean, digits), interval(mean.low, mean.high, digits)]
            if reference is None:
                texts += [NOTHING, NOTHING]
            else:
                # positive means that ours is ahead
                ahead = compared.scores[reference] - compared.scores[row]
                found = widest_interval(ahead)
                texts += [signed(found.mean, digits), interval(found.low, found.high, digits)]
                bounds = {"difference_low": found.low, "difference_high": found.high}
                data[-1] |= {
                    "reference_clusterer": reference[2],
                    "difference": found.mean,
                    **bounds,
                }
                partial |= reference in compared.partial
            ruled = bool(lines) and lines[-1].cells[0].text != MEASURES[name].title
            mark = " †" if partial else ""
            heads = (MEASURES[name].title, *board.heads(row))
            lines.append(line(*heads, texts[0] + mark, *texts[1:], ruled=ruled))
            shown.append(row)
    columns: tuple[str, ...] = ("metric", "method", "clusterer", "mean", "95 % interval")
    title = f"Means over datasets with intervals{of_stage(board)}"
    has_reference = any("difference" in one for one in data)
    notes = _notes(board, lines, title_of_ours if has_reference else "")
    if has_reference:
        columns += (f"{title_of_ours} ahead by", "95 % interval")
        title = f"Means over datasets and how far {title_of_ours} is ahead{of_stage(board)}"
    else:
        lines = [Line(one.cells[:5], one.ruled) for one in lines]
    return Table(
        name=file_stem(board, stem),
        title=title,
        columns=columns,
        n_heads=3,
        lines=tuple(lines),
        notes=(*notes, *legends(board, (board.entry(row) for row in shown))),
        data=in_order(data),
    )


def _names(board: Board) -> list[str]:
    return [name for name in board.measures if MEASURES[name].is_comparable]


def _notes(board: Board, lines: list[Line], ours: str) -> list[str]:
    notes = [
        "Intervals over datasets: the wider of the bootstrap (BCa, 10 000 draws, seed 0) and "
        "Student's t; n/a with one dataset. They are not adjusted for the number of rows.",
    ]
    if ours:
        notes.append(
            f"{ours} ahead by: {ours} with its defaults and the same clusterer (K-means where "
            "a method has labels of its own) minus the row, paired by dataset."
        )
    by_told: dict[str, list[str]] = {}
    for name in _names(board):
        told = board.comparison_of(name, "full").told()
        by_told.setdefault(told, []).append(MEASURES[name].title)
    for told, titles in by_told.items():
        of = "Over" if len(by_told) == 1 else f"{', '.join(titles)}: over"
        notes.append(f"{of} {told}.")
    if any("†" in one.cells[3].text for one in lines):
        notes.append("†: holds cells that are not complete (--allow-partial).")
    return notes


def _reference(board: Board, compared: Comparison, row: Row, ours: str) -> Row | None:
    """Find the row of ours to compare with, if it is another one."""
    clusterer = "kmeans" if row[2] == "own" else row[2]
    for other in board.rows:
        entry = board.entry(other)
        is_default = entry.method == ours and not entry.variant
        is_same = other[2] == clusterer and other != row
        if is_default and is_same and other in compared.scores:
            return other
    return None
