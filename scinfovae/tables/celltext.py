"""The text of a cell with its marks, and what the marks mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.tables.formatting import NOTHING, number, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scinfovae.tables.comparison import Comparison, Row
    from scinfovae.tables.measures import Measure

DIFFERS = "≠"
PARTIAL_MEAN = "†"
SHORT = "s"


def score_text(cell: Mapping[str, Any] | None, measure: Measure) -> str:
    """Write a cell: mean ± sd, or what became of its runs, with its marks.

    Parameters
    ----------
    cell
        A row of the cells; None where nothing was asked for.
    measure
        Its metric.

    Returns
    -------
    E.g. ``"0.512 ± 0.034"``, ``"0.498 ± 0.002 (2/3)"``, ``"0.512 ± 0.034 c1"``, ``"failed (0/3)"``.
    """
    if cell is None:
        return NOTHING
    state, n_known = cell["state"], cell["n_done"] - cell["n_undefined"]
    if state not in ("done", "partial"):
        words = state.replace("_", " ")
        return words if state == "not_applicable" else f"{words} (0/{cell['n_expected']})"
    told = spread(cell["mean"], cell["sd"], measure.digits)
    if state == "partial":
        told += f" ({n_known}/{cell['n_expected']})"
    return told + (f" c{cell['n_collapsed']}" if cell["n_collapsed"] else "")


def mean_text(comparison: Comparison, row: Row, measure: Measure) -> str:
    """Write the mean of a row over datasets.

    Parameters
    ----------
    comparison
        The rows it is compared with.
    row
        The row.
    measure
        Its metric.

    Returns
    -------
    The mean, marked if it holds cells that are not complete or is one of short presets; nothing
    for a row outside, and nothing over one dataset.
    """
    if row not in comparison.scores or comparison.n < 2:
        return NOTHING
    return number(comparison.mean(row), measure.digits) + _marks(comparison, row)


def rank_text(comparison: Comparison, row: Row) -> str:
    """Write the mean rank of a row.

    Parameters
    ----------
    comparison
        The rows it is compared with.
    row
        The row.

    Returns
    -------
    Two decimals where ranks are averaged over datasets; nothing for a row that is not ranked.
    """
    rank = comparison.rank(row)
    if rank != rank:  # NaN
        return NOTHING
    whole = f"{rank:g}" if comparison.n == 1 else number(rank, 2)
    return whole + _marks(comparison, row)


def _marks(comparison: Comparison, row: Row) -> str:
    marks = [PARTIAL_MEAN] * (row in comparison.partial) + [SHORT] * comparison.is_short
    return "".join(f" {mark}" for mark in marks)


def legend(cells: Iterable[Mapping[str, Any]], texts: Iterable[str]) -> list[str]:
    """Explain the marks that occur in a table.

    Parameters
    ----------
    cells
        Its cells.
    texts
        Its texts.

    Returns
    -------
    One sentence a mark.
    """
    found, all_text = list(cells), list(texts)
    notes = []
    if any(cell["state"] == "done" and cell["n_expected"] > 1 for cell in found):
        notes.append("Cells hold mean ± standard deviation (n − 1) over seeds.")
    if any(cell["n_expected"] == 1 and cell["state"] == "done" for cell in found):
        notes.append("A cell without ± rests on one seed.")
    if any(cell["state"] == "partial" for cell in found):
        notes.append(
            "(2/3): 2 of 3 expected runs have this score; such a cell is not complete, enters no "
            "mean over datasets and no rank, and is never bold."
        )
    for state, told in _STATES.items():
        if any(cell["state"] == state for cell in found):
            notes.append(told)
    if any(cell["n_collapsed"] for cell in found):
        notes.append("c1: one of the runs is flagged as collapsed; it counts all the same.")
    if any(PARTIAL_MEAN in text for text in all_text):
        notes.append(f"{PARTIAL_MEAN}: holds cells that are not complete (--allow-partial).")
    if any(DIFFERS in text for text in all_text):
        notes.append(
            f"{DIFFERS}: published on other data than ours: the full dataset, or part of its cells."
        )
    if any(text == NOTHING for text in all_text):
        notes.append(f"{NOTHING}: not asked for, or not comparable.")
    return notes


_STATES = {
    "failed": "failed (0/3): none of the 3 expected runs has this score, and some failed.",
    "missing": "missing (0/3): none of the 3 expected runs was done, or scored in this way.",
    "undefined": "undefined: the metric has no value there (one cluster was found).",
    "not_applicable": "not applicable: the method cannot be used there, which is no failure.",
}
