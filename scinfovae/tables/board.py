"""One stage of the records, laid out in rows and columns, with what is compared in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scinfovae.tables.cells import KEY, make_cells
from scinfovae.tables.comparison import ROW, Comparison, Row, compare, rows_of
from scinfovae.tables.data_names import data_order
from scinfovae.tables.measures import MEASURES, clusterer_order, clusterer_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from scinfovae.tables.records import Records

Pool = Literal["full", "short"]
Stage = Literal["final", "pretrained"]


@dataclass(frozen=True)
class Entry:
    """A method with one setting.

    Attributes
    ----------
    method, setting
        Its name in records.
    label, legend
        Its name in tables, and what that abbreviates.
    variant, preset
        How it differs from the defaults of the method.
    short, control
        Whether it stands apart: a short preset, or a control that bounds the scores.
    """

    method: str
    setting: str
    label: str
    legend: str
    variant: str
    preset: str
    short: bool
    control: bool

    @property
    def shown(self) -> str:
        """Its label with its marks."""
        marks = ["short"] * self.short + ["control"] * self.control
        return f"{self.label} [{', '.join(marks)}]" if marks else self.label


class Board:
    """The cells of one stage.

    Attributes
    ----------
    records, stage, allow_partial
        What it is made of.
    measures
        The metrics that are wanted.
    cells
        What `make_cells` gives of this stage.
    entries
        By method and setting.
    rows, data
        In the order of the tables.
    apart
        Simulated data, where there are real ones too: shown, but in no mean and no rank.
    """

    def __init__(
        self,
        records: Records,
        cells: pd.DataFrame,
        stage: Stage,
        measures: Iterable[str] = tuple(MEASURES),
        allow_partial: bool = False,
    ) -> None:
        self.records, self.stage, self.allow_partial = records, stage, allow_partial
        self.measures = tuple(measures)
        own = cells[cells["stage"] == stage]
        self.data = data_order(own["data"], records.runs)
        self.cells = own.sort_values("data", key=lambda d: d.map(self.data.index), kind="stable")
        self.entries = entries_of(records)
        place = {key: i for i, key in enumerate(self.entries)}
        self.rows: list[Row] = sorted(
            set(rows_of(self.cells)), key=lambda row: (place[row[:2]], clusterer_order(row[2]))
        )
        columns = ["metric", "data", *ROW]
        groups = records.runs.groupby(list(KEY), sort=False)["run"]
        self._runs = {tuple(map(str, key)): runs.tolist() for key, runs in groups}
        self._base = dict(zip(records.runs["data"], records.runs["base"], strict=True))
        made_up = records.runs["dataset"].isin(("simulated", "figure4"))
        simulated = set(records.runs["data"][made_up])
        self.apart = simulated & set(self.data) if set(self.data) - simulated else set()
        self._comparisons: dict[tuple[str, Pool], Comparison] = {}
        records_of: list[dict[str, Any]] = self.cells.to_dict("records")  # type: ignore[assignment]
        self._cell = {tuple(cell[key] for key in columns): cell for cell in records_of}

    def base(self, data: str) -> str:
        """Name the dataset that some data are a variant of."""
        return self._base[data]

    def entry(self, row: Row) -> Entry:
        """Find the method and setting of a row."""
        return self.entries[row[0], row[1]]

    def runs(self, data: str, row: Row) -> list[int]:
        """List the runs that are expected of a row on some data."""
        return self._runs.get((data, *row[:2]), [])

    def heads(self, row: Row) -> tuple[str, str]:
        """Name a row: method and clusterer."""
        return self.entry(row).shown, clusterer_title(row[2])

    def cell(self, measure: str, data: str, row: Row) -> Mapping[str, Any] | None:
        """Find a cell; None where nothing is expected."""
        return self._cell.get((measure, data, *row))

    def pool(self, row: Row) -> Pool:
        """Say among which rows a row is compared: full runs, or those with a short preset."""
        return "short" if self.entry(row).short else "full"

    def comparison(self, measure: str, row: Row) -> Comparison:
        """Compare the rows of the pool of a row by one metric."""
        return self.comparison_of(measure, self.pool(row))

    def comparison_of(self, measure: str, pool: Pool) -> Comparison:
        """Compare the rows of a pool by one metric.

        Parameters
        ----------
        measure
            The metric.
        pool
            Full runs, or those with a short preset: they never share a ranking.

        Returns
        -------
        The comparison. Methods with their default setting decide which datasets count.
        """
        if (measure, pool) not in self._comparisons:
            self._comparisons[measure, pool] = self._compare(measure, pool)
        return self._comparisons[measure, pool]

    def _compare(self, measure: str, pool: Pool) -> Comparison:
        members = [row for row in self.rows if self.pool(row) == pool]
        among = self.cells[self.cells["metric"] == measure]
        among = among[~among["data"].isin(self.apart)]
        wanted = np.array([row in set(members) for row in rows_of(among)], dtype=bool)
        ranked = [row for row in members if not self.entry(row).control]
        plain = [row for row in ranked if pool == "short" or not self.entry(row).variant]
        return compare(
            among[wanted],
            leading=plain or ranked,
            ranked=ranked,
            allow_partial=self.allow_partial,
            is_short=pool == "short",
        )


def entries_of(records: Records) -> dict[tuple[str, str], Entry]:
    """List methods with their settings, in the order of tables.

    Parameters
    ----------
    records
        The records.

    Returns
    -------
    By method and setting.
    """
    frame = records.entries.drop(columns="title")
    described: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    entries = (Entry(**one) for one in described)
    return {(entry.method, entry.setting): entry for entry in entries}


def make_boards(
    records: Records, measures: Iterable[str], allow_partial: bool = False
) -> dict[Stage, Board]:
    """Lay the records out.

    Parameters
    ----------
    records
        The records.
    measures
        The metrics that are wanted.
    allow_partial
        Whether cells with some of their runs enter means and ranks.

    Returns
    -------
    A board by stage; without ``"pretrained"`` where no method has such a stage.
    """
    cells = make_cells(records.runs, records.scores, records.expected, records.labellings)
    wanted = tuple(measures)
    stages: tuple[Stage, ...] = ("final", "pretrained")
    boards = {stage: Board(records, cells, stage, wanted, allow_partial) for stage in stages}
    return {stage: board for stage, board in boards.items() if board.rows or stage == "final"}
