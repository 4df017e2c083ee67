"""All tables of some records, in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from scinfovae.tables.accounting import runs_table
from scinfovae.tables.beside_published import published_table
from scinfovae.tables.board import make_boards
from scinfovae.tables.cost import cost_table
from scinfovae.tables.ensembles import ensembles_table
from scinfovae.tables.fine_tuning import fine_tuning_table
from scinfovae.tables.found_clusters import clusters_table
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.one_row_each import methods_table
from scinfovae.tables.overview import ranks_table, summary_table
from scinfovae.tables.score_tables import score_table
from scinfovae.tables.several_labels import labels_table
from scinfovae.tables.significance import differences_tables, friedman_table
from scinfovae.tables.stability import cv_table, published_cv_table
from scinfovae.tables.trajectories import trajectories_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scinfovae.tables.board import Board, Stage
    from scinfovae.tables.document import Table
    from scinfovae.tables.records import Records

Stages = Literal["final", "pretrained", "both"]


def make_tables(
    records: Records,
    *,
    stage: Stages = "final",
    measures: Iterable[str] = tuple(MEASURES),
    allow_partial: bool = False,
) -> list[Table]:
    """Make every table.

    Parameters
    ----------
    records
        The records.
    stage
        Scores after fine-tuning, before it, or both; with both also the paired table.
    measures
        The metrics that are wanted.
    allow_partial
        Whether cells with some of their runs enter means and ranks; they are marked.

    Returns
    -------
    The tables, the main one first.
    """
    boards = make_boards(records, tuple(measures), allow_partial)
    return tables_of(boards, stage)


def tables_of(boards: Mapping[Stage, Board], stage: Stages) -> list[Table]:
    """Make every table of cells that are laid out already.

    Parameters
    ----------
    boards
        What `make_boards` gives.
    stage
        As in `make_tables`.

    Returns
    -------
    The tables, the main one first.
    """
    chosen = [one for name, one in boards.items() if stage in (name, "both")]
    tables = [table for board in chosen for table in _of_stage(board)]
    if stage == "both" and "pretrained" in boards:
        tables.append(fine_tuning_table(boards["final"], boards["pretrained"]))
    if stage != "pretrained":
        tables.append(published_table(boards["final"]))
        asked = (trajectories_table(boards["final"]), ensembles_table(boards["final"]))
        tables += [table for table in asked if table is not None]
    tables += [published_cv_table(), cost_table(boards["final"]), runs_table(boards["final"])]
    return tables


def _of_stage(board: Board) -> list[Table]:
    tables = [score_table(board, name) for name in board.measures]
    made = [summary_table, ranks_table, cv_table, friedman_table]
    tables += [*(make(board) for make in made), *differences_tables(board)]
    asked = (methods_table(board), clusters_table(board), labels_table(board))
    return tables + [table for table in asked if table is not None]
