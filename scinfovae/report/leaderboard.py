"""The leaderboard: one panel a stage and metric, the best rows first."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.report.grid import Grid, GridRow, make_grid
from scinfovae.tables.layout import file_stem
from scinfovae.tables.measures import MEASURES, clusterer_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scinfovae.tables.board import Board, Stage
    from scinfovae.tables.comparison import Row
    from scinfovae.tables.document import Table

STAGES: dict[Stage, str] = {"final": "final", "pretrained": "before fine-tuning"}
# what is not compared with the others stands below them
_POOLS = ("full", "short", "control", "published")


@dataclass(frozen=True)
class Panel:
    """The leaderboard by one metric at one stage.

    Attributes
    ----------
    stage, metric, title
        What it shows.
    grid
        Its rows; rank and mean first, then one column a dataset.
    n_ends
        How many columns rank and mean are.
    unit
        Whether scores lie between 0 and 1, so that their size can be drawn.
    """

    stage: Stage
    metric: str
    title: str
    grid: Grid
    n_ends: int
    unit: bool


@dataclass(frozen=True)
class Leaderboard:
    """All panels, and by what they can be chosen and filtered.

    Attributes
    ----------
    panels
        The first is shown first.
    metrics, stages, clusterers
        Names by key.
    data
        The columns that can be chosen.
    pools
        Which kinds of rows there are.
    """

    panels: tuple[Panel, ...]
    metrics: Mapping[str, str]
    stages: Mapping[Stage, str]
    clusterers: Mapping[str, str]
    data: tuple[str, ...]
    pools: tuple[str, ...]


def make_leaderboard(boards: Mapping[Stage, Board], tables: Mapping[str, Table]) -> Leaderboard:
    """Make the leaderboard.

    Parameters
    ----------
    boards
        The cells by stage.
    tables
        The tables of scores made of them, by name.

    Returns
    -------
    A panel for every stage and metric.
    """
    panels = [
        _panel(board, name, tables[file_stem(board, name)])
        for board in boards.values()
        for name in board.measures
    ]
    rows = [row for panel in panels for row in panel.grid.rows]
    keys = dict.fromkeys(row[2] for board in boards.values() for row in board.rows)
    keys |= dict.fromkeys(row.clusterer for row in rows)
    pools = {row.pool for row in rows}
    return Leaderboard(
        panels=tuple(panels),
        metrics={panel.metric: MEASURES[panel.metric].title for panel in panels},
        stages={stage: STAGES[stage] for stage in boards},
        clusterers={key: clusterer_title(key) for key in keys},
        data=tuple(dict.fromkeys(d for board in boards.values() for d in board.data)),
        pools=tuple(pool for pool in _POOLS if pool in pools),
    )


def _panel(board: Board, name: str, table: Table) -> Panel:
    grid, measure, keys = make_grid(table), MEASURES[name], _keys(board, name)
    n_data = sum(any(board.cell(name, d, row) for row in keys) for d in board.data)
    n_ends = len(grid.columns) - grid.n_heads - n_data
    rows = [
        dataclasses.replace(one, pool=_pool(board, row), clusterer=row[2])
        for one, row in zip(grid.rows, keys, strict=False)
    ]
    order = range(len(rows))
    if measure.is_comparable:
        order = sorted(order, key=lambda i: _place(board, name, keys[i]))  # type: ignore[assignment]
    published = [
        dataclasses.replace(one, pool="published", clusterer="own")
        for one in grid.rows[len(keys) :]
    ]
    turned = [_ends_first(one, n_ends) for one in [*(rows[i] for i in order), *published]]
    heads, values = grid.columns[: grid.n_heads], grid.columns[grid.n_heads :]
    columns = (*heads, *reversed(values[n_data:]), *values[:n_data])
    grid = dataclasses.replace(grid, columns=columns, rows=tuple(turned))
    unit = measure.space == "labels"
    return Panel(board.stage, name, measure.title, grid, n_ends, unit)


def _keys(board: Board, name: str) -> list[Row]:
    """List the rows of a table of scores, in its order."""
    return [row for row in board.rows if any(board.cell(name, d, row) for d in board.data)]


def _ends_first(row: GridRow, n_ends: int) -> GridRow:
    """Put rank and mean before the datasets, where a narrow screen shows them."""
    n_data = len(row.cells) - n_ends
    cells = (*reversed(row.cells[n_data:]), *row.cells[:n_data])
    # sorted by score, the rules between methods mean nothing
    return dataclasses.replace(row, cells=cells, ruled=False)


def _pool(board: Board, row: Row) -> str:
    return "control" if board.entry(row).control else board.pool(row)


def _place(board: Board, name: str, row: Row) -> tuple[int, bool, float, float]:
    """Sort by rank, then by mean; what is not ranked keeps the order of the tables."""
    compared = board.comparison(name, row)
    rank, mean = compared.rank(row), compared.mean(row)
    is_ranked = math.isfinite(rank)
    order = _POOLS.index(_pool(board, row))
    return order, not is_ranked, rank if is_ranked else 0.0, -mean if math.isfinite(mean) else 0.0


def ablation_grids(board: Board, methods: Iterable[str], tables: Mapping[str, Table]) -> list[Grid]:
    """Take the rows of some methods out of the tables of scores.

    Parameters
    ----------
    board
        The cells of the final stage.
    methods
        Which methods.
    tables
        Tables of scores, by metric.

    Returns
    -------
    A table a metric, without ranks: those of the leaderboard are among all methods.
    """
    wanted = set(methods)
    grids = []
    for name, table in tables.items():
        keys, grid = _keys(board, name), make_grid(table)
        kept = [one for one, row in zip(grid.rows, keys, strict=False) if row[0] in wanted]
        n = len(grid.columns) - grid.columns[-1].endswith("rank")
        rows = [
            dataclasses.replace(one, cells=one.cells[: n - grid.n_heads], ruled=i > 0 and one.ruled)
            for i, one in enumerate(kept)
        ]
        title = f"{MEASURES[name].title} of ScInfoVAE and its ablations"
        grids.append(Grid(f"ablation-{name}", title, grid.columns[:n], grid.n_heads, tuple(rows)))
    return grids
