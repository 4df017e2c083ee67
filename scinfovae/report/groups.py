"""The runs, those of one method with one setting on the same data together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.report.commands import Commands, commands_of
from scinfovae.report.facts import choices_of, facts_of, problems_of
from scinfovae.report.grid import Head, minus, show_head
from scinfovae.tables.accounting import count_runs
from scinfovae.tables.board import entries_of
from scinfovae.tables.celltext import score_text
from scinfovae.tables.data_names import data_order
from scinfovae.tables.formatting import NOTHING, gigabytes, number, seconds
from scinfovae.tables.measures import MEASURES, clusterer_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from scinfovae.bench.records.manifest import Manifest
    from scinfovae.tables.board import Board, Entry

_SEED = ("seed", "status", "started", "fit,\N{NO-BREAK SPACE}s", "memory,\N{NO-BREAK SPACE}GB")
_N_METRICS = 2


@dataclass(frozen=True)
class RunGroup:
    """The seeds of one method with one setting on the same data.

    Attributes
    ----------
    name
        Its anchor.
    data, head
        What it is.
    counts
        Runs by how they ended.
    state
        ``done``, ``partial``, ``failed``, ``missing`` or ``not applicable``.
    score
        Its main score in words.
    columns, lines
        One line a seed.
    problems
        Why seeds did not end well.
    facts
        Name and value.
    environments
        Where it was done, by the hashes of `scinfovae.report.environments`.
    choices
        The configuration of method and preprocessing, ``key=value``.
    commands
        How to do it again.
    """

    name: str
    data: str
    head: Head
    counts: Mapping[str, int]
    state: str
    score: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    problems: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    environments: tuple[str, ...]
    choices: tuple[str, ...]
    commands: Commands


def make_groups(board: Board, manifests: Sequence[Manifest]) -> list[RunGroup]:
    """Group all runs.

    Parameters
    ----------
    board
        The cells of the final stage.
    manifests
        What sweeps asked for, where that is known.

    Returns
    -------
    The groups by data and method, in the order of the tables.
    """
    records = board.records
    entries = entries_of(records)
    place = {key: i for i, key in enumerate(entries)}
    values = _values(board)
    groups: list[RunGroup] = []
    for data in data_order(records.runs["data"], records.runs):
        by_entry = records.runs[records.runs["data"] == data].groupby(["method", "setting"])
        found = [((str(method), str(setting)), runs) for (method, setting), runs in by_entry]
        for key, runs in sorted(found, key=lambda item: place[item[0]]):
            name = f"run-{len(groups) + 1}"
            groups.append(_group(name, board, data, entries[key], runs, values, manifests))
    return groups


def _group(
    name: str,
    board: Board,
    data: str,
    entry: Entry,
    frame: pd.DataFrame,
    values: Mapping[tuple[int, str, str], float],
    manifests: Sequence[Manifest],
) -> RunGroup:
    rows = [row for row in board.rows if row[:2] == (entry.method, entry.setting)]
    metrics = _metrics(board, data)
    scored = [
        (metric, row[2])
        for metric in metrics
        for row in rows
        if board.cell(metric, data, row) is not None
    ]
    runs: list[dict[str, Any]] = frame.sort_values("seed").to_dict("records")  # type: ignore[assignment]
    lines = []
    for run in runs:
        found = [values.get((run["run"], key, metric), math.nan) for metric, key in scored]
        told = [NOTHING if math.isnan(v) else minus(number(v)) for v in found]
        lines.append((*_told(run), *told))
    heads = [f"{MEASURES[metric].title} {clusterer_title(key)}" for metric, key in scored]
    counts = count_runs(frame)
    cell = board.cell(metrics[0], data, rows[0]) if metrics and rows else None
    main = f"{MEASURES[metrics[0]].title} {clusterer_title(rows[0][2])}: " if cell else ""
    return RunGroup(
        name=name,
        data=data,
        head=show_head(entry.shown),
        counts=counts,
        state=_state(counts),
        score=main + score_text(cell, MEASURES[metrics[0]]) if cell else "",
        columns=(*_SEED, *heads),
        lines=tuple(lines),
        problems=tuple(problems_of(runs)),
        facts=tuple(facts_of(runs, entry)),
        environments=tuple(dict.fromkeys(run["numerics"] for run in runs if run["numerics"])),
        choices=tuple(choices_of(runs)),
        commands=commands_of(runs, manifests),
    )


def _values(board: Board) -> dict[tuple[int, str, str], float]:
    """Look final scores up by run, clusterer and metric; only labels that count."""
    records = board.records
    data = dict(zip(records.runs["run"], records.runs["data"], strict=True))
    scores = records.scores[records.scores["stage"] == board.stage]
    columns = ("run", "clusterer", "metric", "label_key", "value")
    return {
        (run, clusterer, metric): float(value)
        for run, clusterer, metric, key, value in zip(
            *(scores[column] for column in columns), strict=True
        )
        if key in ("", records.labellings[data[run]].primary)
    }


def _metrics(board: Board, data: str) -> list[str]:
    """Choose the metrics of a seed's line: labels where there are any."""
    known = [m for m in board.measures if any(board.cell(m, data, row) for row in board.rows)]
    return [m for m in known if MEASURES[m].is_comparable][:_N_METRICS]


def _told(run: Mapping[str, Any]) -> tuple[str, ...]:
    status = run["status"].replace("_", " ") + (", collapsed" if run["collapsed"] else "")
    known = math.isfinite(run["peak_memory_bytes"])
    memory = gigabytes(run["peak_memory_bytes"]) if known else NOTHING
    fit = seconds(run["seconds_fit"]) if math.isfinite(run["seconds_fit"]) else NOTHING
    return str(run["seed"]), status, run["started"][:16].replace("T", " ") or NOTHING, fit, memory


def _state(counts: Mapping[str, int]) -> str:
    n = counts["n_expected"]
    if counts["n_done"] == n:
        return "done"
    for key in ("not_applicable", "failed", "missing"):
        if counts[f"n_{key}"] == n:
            return key.replace("_", " ")
    return "partial" if counts["n_done"] else "failed"
