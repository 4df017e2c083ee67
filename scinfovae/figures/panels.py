"""Which data get a panel: the 15 of the paper, run or not, or those that words name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.data.registry import group_members, load_registry

if TYPE_CHECKING:
    from scinfovae.figures.material import Material
    from scinfovae.tables.board import Board

TITLES = {
    "10x_pbmc": "10x PBMC",
    "mouse_es": "Mouse ES",
    "mouse_bladder": "Mouse bladder",
    "worm_neuron": "Worm neuron",
    "adam": "Adam",
    "muraro": "Muraro",
    "quake_10x_bladder": "Quake 10x bladder",
    "quake_10x_limb_muscle": "Quake 10x limb muscle",
    "quake_10x_spleen": "Quake 10x spleen",
    "quake_smartseq2_diaphragm": "Quake Smart-seq2 diaphragm",
    "quake_smartseq2_limb_muscle": "Quake Smart-seq2 limb muscle",
    "quake_smartseq2_lung": "Quake Smart-seq2 lung",
    "quake_smartseq2_trachea": "Quake Smart-seq2 trachea",
    "romanov": "Romanov",
    "young": "Young",
}


@dataclass(frozen=True)
class Panel:
    """One dataset of a figure.

    Attributes
    ----------
    base
        The full dataset, under which published values stand.
    data
        What of it was run, or None.
    """

    base: str
    data: str | None

    @property
    def title(self) -> str:
        """Its name in figures; what was run, where that is not the full dataset."""
        name = TITLES.get(self.base, self.base)
        if self.data is None or self.data == self.base:
            return name
        if self.data.startswith(f"{self.base}_") and self.base in TITLES:
            return f"{name} ({self.data.removeprefix(f'{self.base}_')})"
        return self.data


def panels_of(board: Board | None, material: Material) -> list[Panel]:
    """Choose the panels.

    Parameters
    ----------
    board
        The cells; None if there is no run.
    material
        With the words.

    Returns
    -------
    By default the 15 datasets of the paper, each with the full data if they were run, else with a
    registered variant of them. Where words name datasets, all data of theirs that were run, and
    those that were not.
    """
    paper, registry = group_members("paper15"), load_registry()
    run = list(board.data) if board is not None else []
    base = {data: board.base(data) for data in run} if board is not None else {}
    wanted = material.chosen("dataset")
    if wanted:
        found = [Panel(base[data], data) for data in run]
        names = {p.data for p in found}
        left = [name for name in wanted if name not in names and name in registry]
        lone = [n for n in left if not (n in paper and any(p.base == n for p in found))]
        found += [Panel(registry[n].variant_of or n, None) for n in lone]
        unique = dict.fromkeys(found)
        return [p for p in unique if p.data or not any(q.data and q.base == p.base for q in unique)]
    chosen = []
    for name in paper:
        candidates = [data for data in run if base[data] == name and data in registry]
        whole = [data for data in candidates if data == name]
        chosen.append(Panel(name, next(iter(whole or candidates), None)))
    return chosen


def left_out(panels: list[Panel], board: Board | None) -> str:
    """Tell which data were run and have no panel.

    Parameters
    ----------
    panels
        Those of the figure.
    board
        The cells.

    Returns
    -------
    A sentence; empty if there are none.
    """
    if board is None:
        return ""
    shown = {panel.data for panel in panels}
    rest = [data for data in board.data if data not in shown]
    if not rest:
        return ""
    told = ", ".join(rest[:4]) + (f" and {len(rest) - 4} more" if len(rest) > 4 else "")
    return f"Also run, without a panel here: {told}; dataset=NAME shows them."
