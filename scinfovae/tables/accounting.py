"""How many runs were expected, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.scrub import scrub_text
from scinfovae.tables.board import entries_of
from scinfovae.tables.data_names import data_order
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.layout import describe_entry, in_order, legends

if TYPE_CHECKING:
    import pandas as pd

from scinfovae.tables.board import Board

LONGEST = 80


def runs_table(board: Board) -> Table:
    """Make the table of runs by how they ended.

    Parameters
    ----------
    board
        The cells of any stage.

    Returns
    -------
    One line per dataset and method, with the first reason why a run did not end well.
    """
    records, entries = board.records, entries_of(board.records)
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    place = {key: i for i, key in enumerate(entries)}
    for one in data_order(records.runs["data"], records.runs):
        groups = records.runs[records.runs["data"] == one].groupby(["method", "setting"])
        found = [((str(method), str(setting)), group) for (method, setting), group in groups]
        for key, group in sorted(found, key=lambda item: place[item[0]]):
            counts, why = count_runs(group), _reason(group)
            entry = entries[key]
            named = {"data": one, "base": board.base(one), **describe_entry(entry)}
            data.append({**named, **counts, "why": why})
            texts = [str(count) if count else "" for count in counts.values()]
            told = why if len(why) <= LONGEST else f"{why[: LONGEST - 1]}…"
            ruled = bool(lines) and lines[-1].cells[0].text != one
            lines.append(line(one, entry.shown, told, *texts, ruled=ruled))
    heads = ("expected", "done", "failed", "missing", "not applicable", "collapsed")
    return Table(
        name="runs",
        title="Runs by how they ended",
        columns=("dataset", "method", "first reason", *heads),
        n_heads=3,
        lines=tuple(lines),
        notes=(
            "expected: every run with a record, and every run a sweep asks for; collapsed runs "
            "are among the done ones.",
            "A done run may lack a clusterer; the tables of scores count each cell by itself.",
            *legends(board, entries.values()),
        ),
        data=in_order(data),
    )


def count_runs(group: pd.DataFrame) -> dict[str, int]:
    """Count runs by how they ended.

    Parameters
    ----------
    group
        Rows of runs, with the columns ``status`` and ``collapsed``.

    Returns
    -------
    ``n_expected``, ``n_done``, ``n_failed``, ``n_missing``, ``n_not_applicable`` and, among the
    done ones, ``n_collapsed``.
    """
    status = group["status"]
    n_missing, n_done = int((status == "missing").sum()), int((status == "ok").sum())
    n_not = int((status == "not_applicable").sum())
    collapsed = (status == "ok") & group["collapsed"].astype(bool)
    return {
        "n_expected": len(group),
        "n_done": n_done,
        "n_failed": len(group) - n_done - n_missing - n_not,
        "n_missing": n_missing,
        "n_not_applicable": n_not,
        "n_collapsed": int(collapsed.sum()),
    }


def _reason(group: pd.DataFrame) -> str:
    """Say why the first run that did not end well did not."""
    unwell = group[~group["status"].isin(("ok", "missing"))].sort_values("seed")
    if unwell.empty:
        return ""
    first = unwell.iloc[0]
    where = f" at {first['stage']}" if first["stage"] else ""
    message = scrub_text(" ".join(str(first["message"]).split()))
    told = f"seed {first['seed']}: {first['status'].replace('_', ' ')}{where}"
    return f"{told}: {message}" if message else told
