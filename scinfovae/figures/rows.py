"""Which rows of a board a figure shows, under which names, and the score of every seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.figures.colours import OURS
from scinfovae.figures.short_names import CUT, shortened
from scinfovae.tables.measures import clusterer_order, clusterer_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.figures.material import Material
    from scinfovae.tables.board import Board, Entry
    from scinfovae.tables.comparison import Row

OUR_CLUSTERERS = ("kmeans", "spectral", "rsc")
_LONGEST = 34
_SHORT_TITLES = {"kmeans": "KM", "spectral": "SP", "rsc": "RSC", "leiden": "LD"}
RULE = (
    "Clusterer: ScInfoVAE with K-means (KM), spectral clustering (SP) and RSC; every other method "
    "with the labels it assigns itself, or else K-means; the same on all data, never chosen by "
    "score."
)


def shown_entries(board: Board, material: Material) -> list[Entry]:
    """Choose methods: with their default settings where they have such runs.

    Parameters
    ----------
    board
        The cells.
    material
        With the words; those that name presets or variants are followed instead.

    Returns
    -------
    Entries, ScInfoVAE first, then in the order of tables, controls last; of a method a short preset
    only where it has no other runs.
    """
    entries = list(board.entries.values())
    if not {"preset", "variant"} & set(material.choice.wanted):
        plain = {e.method for e in entries if is_default(e)}
        entries = [e for e in entries if is_default(e) or e.method not in plain]
        full = {e.method for e in entries if not e.short}
        entries = [e for e in entries if not e.short or e.method not in full]
    return sorted(entries, key=lambda e: (e.control, e.method != OURS))


def is_default(entry: Entry) -> bool:
    """Tell whether an entry has the default setting of its method, or that of a short preset.

    Parameters
    ----------
    entry
        A method with one setting.

    Returns
    -------
    False where any choice was changed.
    """
    from scinfovae.bench.records.columns import method_title

    named = f"{method_title(entry.method)} ({entry.preset})"
    return not entry.variant or (entry.short and entry.label.partition(" #")[0] == named)


def shown_rows(board: Board, material: Material) -> list[Row]:
    """Choose the rows: every method once, ScInfoVAE with three clusterers.

    Parameters
    ----------
    board
        The cells.
    material
        With the words; those that name clusterers take their place.

    Returns
    -------
    Rows in the order of `shown_entries`.
    """
    rows: list[Row] = []
    for entry in shown_entries(board, material):
        keys = [row[2] for row in board.rows if row[:2] == (entry.method, entry.setting)]
        if "clusterer" in material.choice.wanted:
            chosen = material.choice.clusterers(keys)
        elif entry.method == OURS:
            chosen = [key for key in OUR_CLUSTERERS if key in keys] or keys[:1]
        else:
            chosen = [str(key) for key in ("own", "kmeans") if key in keys][:1]
            chosen = chosen or sorted(keys, key=clusterer_order)[:1]
        rows += [(entry.method, entry.setting, key) for key in chosen]
    return rows


def row_name(board: Board, row: Row) -> str:
    """Name a row as the paper does.

    Parameters
    ----------
    board
        The cells.
    row
        The row.

    Returns
    -------
    E.g. ``"ScInfoVAE (RSC)"``; a method that assigns labels itself goes by its own name.
    """
    return board.entry(row).label + _mark(row)


def tick_names(board: Board | None, rows: Sequence[Row], others: Sequence[str] = ()) -> list[str]:
    """Name rows at an axis.

    Parameters
    ----------
    board
        The cells; None if there is no run.
    rows
        Those that are shown.
    others
        Names of what stands below them.

    Returns
    -------
    Names as `row_name` gives them, shortened where there is no room; the clusterer is never cut.
    """
    labels = [board.entry(row).label for row in rows] if board is not None else []
    ends = [_mark(row) for row in rows] if board is not None else []
    return shortened([*labels, *others], _LONGEST, [*ends, *("" for _ in others)])


def _mark(row: Row) -> str:
    if row[2] == "own":
        return ""
    return f" ({_SHORT_TITLES.get(row[2], clusterer_title(row[2]))})"


def variant_notes(board: Board, rows: Sequence[Row]) -> list[str]:
    """Say what names of rows abbreviate, presets aside.

    Parameters
    ----------
    board
        The cells.
    rows
        Those that are shown.

    Returns
    -------
    Sentences.
    """
    entries = list(dict.fromkeys(board.entry(row) for row in rows))
    notes = []
    if any(entry.short for entry in entries):
        notes.append("A short preset (quick) is for a first look.")
    if any(CUT in name for name in tick_names(board, rows)):
        notes.append(f"{CUT}: part of the name is left out; the CSV has it.")
    return notes + [f"{e.label}: {e.legend}." for e in entries if e.legend and not is_default(e)]


def seed_values(board: Board, measure: str, data: str, row: Row) -> dict[int, float]:
    """Give the score of every run behind a cell.

    Parameters
    ----------
    board
        The cells.
    measure
        The metric.
    data, row
        Which cell.

    Returns
    -------
    Values by seed; runs without this score are left out.
    """
    scores = board.records.scores
    primary = board.records.labellings[data].primary
    wanted = (
        scores["run"].isin(board.runs(data, row))
        & (scores["stage"] == board.stage)
        & (scores["clusterer"] == row[2])
        & (scores["metric"] == measure)
        & scores["label_key"].isin(("", primary))
    )
    found = scores[wanted].sort_values("seed")
    known = found[found["value"].notna()]
    return {int(s): float(v) for s, v in zip(known["seed"], known["value"], strict=True)}


def told_n(n_datasets: int, seeds: Sequence[int]) -> str:
    """Say how many datasets and seeds stand behind a mean over datasets.

    Parameters
    ----------
    n_datasets
        That are averaged.
    seeds
        Of each of them.

    Returns
    -------
    E.g. ``"4 × 3"``, or ``"4 × 1–3"`` where not all have as many.
    """
    low, high = min(seeds), max(seeds)
    return f"{n_datasets} × {low}" if low == high else f"{n_datasets} × {low}–{high}"
