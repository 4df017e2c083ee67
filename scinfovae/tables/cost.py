"""Seconds per step and peak memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.tables.board import entries_of
from scinfovae.tables.data_names import data_order
from scinfovae.tables.document import Line, Table, line
from scinfovae.tables.formatting import gigabytes, seconds
from scinfovae.tables.layout import describe_entry, in_order, legends
from scinfovae.tables.measures import clusterer_order, clusterer_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from scinfovae.tables.board import Board, Entry
    from scinfovae.tables.records import Records

_WHERE = ["device", "threads", "stack_width"]
_NOTES = (
    "Seconds on the clock, mean over seeds that were trained; runs on different devices, with "
    "other threads or stacks of seeds are never averaged.",
    "fit: the method's own steps. The seeds of a stack are trained together and share the time: "
    "it is that of the whole stack, so divide by its width to get a seed's share.",
    "memory: the most that the process had held until the run ended, in GB; a process that did "
    "several runs hands its peak on to the later ones, so compare only runs of executor=processes.",
)


def cost_table(board: Board) -> Table:
    """Make the table of seconds and memory.

    Parameters
    ----------
    board
        The cells of the final stage.

    Returns
    -------
    One line per dataset, method and machine; for machines one row per step besides.
    """
    records, entries = board.records, entries_of(board.records)
    trained = records.runs[records.runs["run"].isin(records.scores["run"].unique())]
    clusterers = sorted({c for _, _, c in board.rows if c != "own"}, key=clusterer_order)
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    order = {key: place for place, key in enumerate(entries)}
    for one in data_order(trained["data"], records.runs):
        of_data = trained[trained["data"] == one]
        groups = of_data.groupby(["method", "setting", *_WHERE], sort=True, dropna=False)
        found = [((str(key[0]), str(key[1])), key[2:], group) for key, group in groups]
        for name, machine, group in sorted(found, key=lambda item: order[item[0]]):
            entry = entries[name]
            steps = _steps(group, records, board.stage)
            named = {"data": one, "base": board.base(one), **describe_entry(entry)}
            where = dict(zip(_WHERE, machine, strict=True))
            peaks = _peaks(group)
            data += [
                {**named, **where, "step": step, "n": len(values), **_spread(values), **peaks}
                for step, values in steps.items()
            ]
            told = (f"{one}", entry.shown, _machine(where), str(len(group)))
            texts = [_text(steps, step) for step in ("load", "preprocess", "fit")]
            texts += [_text(steps, f"cluster.{key}") for key in clusterers]
            memory = [gigabytes(peaks["peak_memory_bytes"])]
            ruled = bool(lines) and lines[-1].cells[0].text != one
            lines.append(line(*told, *texts, *memory, ruled=ruled))
    heads = ("dataset", "method", "machine", "n", "load", "preprocess", "fit")
    columns = (*heads, *(clusterer_title(key) for key in clusterers), "memory, GB")
    shown: Iterable[Entry] = entries.values()
    notes = (*_NOTES, *legends(board, shown))
    return Table("time", "Seconds and memory", columns, 3, tuple(lines), notes, in_order(data))


def _steps(group: pd.DataFrame, records: Records, stage: str) -> dict[str, list[float]]:
    """Collect the seconds of every step: the columns, the method's own, and clusterings."""
    steps: dict[str, list[float]] = {}
    for name in ("load", "preprocess", "fit"):
        steps[name] = [float(s) for s in group[f"seconds_{name}"] if np.isfinite(s)]
    for text in group["provenance"]:
        for step, value in (json.loads(text).get("seconds") or {}).items():
            if step not in ("load", "preprocess") and value is not None:
                steps.setdefault(f"fit.{step}", []).append(float(value))
    scores = records.scores[records.scores["run"].isin(group["run"])]
    scores = scores[scores["stage"] == stage].drop_duplicates(["run", "clusterer"])
    for key, times in scores.groupby("clusterer", sort=True)["seconds_cluster"]:
        steps[f"cluster.{key}"] = [float(s) for s in times if np.isfinite(s)]
    return {step: values for step, values in steps.items() if values}


def _spread(values: list[float]) -> dict[str, float]:
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return {"mean_seconds": float(np.mean(values)), "sd_seconds": sd}


def _peaks(group: pd.DataFrame) -> dict[str, float]:
    columns = ("peak_memory_bytes", "gpu_peak_memory_bytes")
    return {column: float(group[column].max()) for column in columns}


def _text(steps: dict[str, list[float]], step: str) -> str:
    return seconds(float(np.mean(steps[step]))) if step in steps else "–"


def _machine(where: dict[str, Any]) -> str:
    """Name where runs were done: device, threads and stack where they say something."""
    told = [str(where["device"]) or "unknown"]
    for name, unit in (("threads", "threads"), ("stack_width", "seeds at once")):
        if np.isfinite(where[name]) and where[name] != 1:
            told.append(f"{where[name]:g} {unit}")
    return ", ".join(told)
