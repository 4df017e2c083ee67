"""Everything the page shows, gathered from the records before a word of HTML is written."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.report.environments import Environment, environments_of
from scinfovae.report.grid import Grid, make_grid
from scinfovae.report.groups import RunGroup, make_groups
from scinfovae.report.leaderboard import Leaderboard, ablation_grids, make_leaderboard
from scinfovae.report.overview import Overview, make_overview
from scinfovae.report.verdicts import ClaimView, check_runs, show_claim
from scinfovae.tables.beside_published import PRINTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scinfovae.bench.records.manifest import Manifest
    from scinfovae.report.pictures import Gallery
    from scinfovae.reproduce.harness import HarnessCheck
    from scinfovae.tables.board import Board
    from scinfovae.tables.document import Origin, Table
    from scinfovae.tables.records import Records

PUBLISHED = "published"
ABLATION = ("scinfovae",)
_ABLATION_CLAIM = "infovae_above_vae"
_ABLATION_METRICS = ("ari", "nmi")
_FINE_TUNING = "without_fine_tuning"
# elsewhere on the page
_SHOWN = (PUBLISHED, _FINE_TUNING)


@dataclass(frozen=True)
class Contents:
    """What the page shows, in its order.

    Attributes
    ----------
    origin
        Where it comes from.
    overview, leaderboard, claims, harness, left_out
        What was run, what it scored, the verdicts, checks of ourselves, and what is no evidence.
    gallery
        Figures.
    published
        Ours beside published scores.
    ablation, ablation_claim, has_ablation
        Tables, the claim they belong to, and whether ablations were run at all.
    tables
        All other tables.
    groups, environments
        The runs with their provenance.
    """

    origin: Origin
    overview: Overview
    leaderboard: Leaderboard
    claims: tuple[ClaimView, ...]
    harness: tuple[HarnessCheck, ...]
    left_out: tuple[str, ...]
    gallery: Gallery
    published: Grid | None
    ablation: tuple[Grid, ...]
    ablation_claim: ClaimView | None
    has_ablation: bool
    tables: tuple[Grid, ...]
    groups: tuple[RunGroup, ...]
    environments: tuple[Environment, ...]

    def verdicts(self) -> dict[str, int]:
        """Count the verdicts.

        Returns
        -------
        How many claims by verdict, every verdict included.
        """
        names = ("holds", "does not hold", "undecided", "not run")
        found = [claim.verdict for claim in self.claims]
        return {name: found.count(name) for name in names}  # type: ignore[arg-type]


def gather_contents(
    records: Records,
    origin: Origin,
    *,
    measures: Iterable[str],
    allow_partial: bool,
    gallery: Gallery,
    manifests: Sequence[Manifest] = (),
) -> Contents:
    """Gather everything the page shows.

    Parameters
    ----------
    records
        The records.
    origin
        Where they come from.
    measures
        The metrics that are wanted.
    allow_partial
        Whether cells with some of their runs enter means and ranks.
    gallery
        The figures.
    manifests
        What sweeps asked for; empty where only the export is at hand.

    Returns
    -------
    The contents.
    """
    from scinfovae.tables.board import make_boards
    from scinfovae.tables.suite import tables_of

    boards = make_boards(records, tuple(measures), allow_partial)
    final = boards["final"]
    tables = {table.name: table for table in tables_of(boards, "both")}
    groups = make_groups(final, manifests)
    checked = check_runs(records.runs, origin.records)
    claims = {result.claim.name: show_claim(result) for result in checked.claims}
    board_tables = {f"{prefix}{name}" for name in final.measures for prefix in ("", "pretrained_")}
    others = [t for n, t in tables.items() if n not in board_tables and n not in _SHOWN]
    methods = {row[0] for row in final.rows}
    ablations = {method for method in methods if _kind(method) == "ablation"}
    return Contents(
        origin=origin,
        overview=make_overview(records.runs, groups, manifests),
        leaderboard=make_leaderboard(boards, tables),
        claims=tuple(claims.values()),
        harness=checked.harness,
        left_out=checked.left_out,
        gallery=gallery,
        published=published_grid(tables[PUBLISHED]),
        ablation=tuple(_ablation(final, ablations, tables)),
        ablation_claim=claims.get(_ABLATION_CLAIM),
        has_ablation=bool(ablations),
        tables=tuple(make_grid(table) for table in others if table.lines),
        groups=tuple(groups),
        environments=tuple(environments_of(records.runs)),
    )


def _grid(table: Table | None) -> Grid | None:
    return make_grid(table) if table is not None and table.lines else None


def _ablation(board: Board, ablations: set[str], tables: Mapping[str, Table]) -> list[Grid]:
    """List the tables of ScInfoVAE with something taken away."""
    scores = {name: tables[name] for name in _ABLATION_METRICS if name in board.measures}
    grids = ablation_grids(board, {*ABLATION, *ablations}, scores) if ablations else []
    paired = _grid(tables.get(_FINE_TUNING))
    return [*(grid for grid in grids if grid.rows), *([paired] if paired else [])]


def published_grid(table: Table) -> Grid | None:
    """Keep of the published scores what belongs beside ours.

    Parameters
    ----------
    table
        What `scinfovae.tables.beside_published.published_table` gives.

    Returns
    -------
    The lines of ScInfoVAE (with its defaults, where there are any) and of methods that were
    published under the same name; None if there are none.
    """
    grid = _grid(table)
    if grid is None:
        return None
    data = table.data[table.data["metric"].isin(PRINTED)]
    wanted = data["method"].isin(ABLATION)
    if (wanted & (data["variant"] == "")).any():
        wanted &= data["variant"] == ""
    if "same_mean" in data:
        wanted |= data["same_mean"].notna()
    rows = [row for row, keep in zip(grid.rows, wanted, strict=True) if keep]
    n_left = len(grid.rows) - len(rows)
    told = (
        f"{n_left} lines of other methods beside the best published are in the table 'published'."
    )
    notes = (*grid.notes, *([told] if n_left else []))
    return dataclasses.replace(grid, rows=tuple(rows), notes=notes) if rows else None


def _kind(method: str) -> str:
    from scinfovae.methods import METHODS

    return str(getattr(METHODS.get(method), "kind", ""))
