"""The objectives of the ablation with their reconstructions: ARI by dataset, and means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.figures.colours import OURS
from scinfovae.tables.shared import shared_datasets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.figures.material import Material
    from scinfovae.tables.board import Board, Entry, Stage

OBJECTIVES = ("ae", "vae", "beta_vae", "infovae_mmd", "infovae_js", "infovae_stein", OURS)


@dataclass
class Scored:
    """One objective with one reconstruction: its mean ARI by stage and dataset."""

    entry: Entry
    reconstruction: str
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    means: dict[str, float] = field(default_factory=dict)


def scored_objectives(
    boards: Mapping[Stage, Board | None], clusterer: str, material: Material
) -> list[Scored]:
    """Collect objectives with their reconstructions, all else at the defaults.

    Parameters
    ----------
    boards
        Cells by stage.
    clusterer
        The clusterer of all of them.
    material
        With the words.

    Returns
    -------
    Those with a complete cell; of a short preset only where there is nothing else.
    """
    final = boards["final"]
    if final is None:
        return []
    found: dict[tuple[str, str, bool], Scored] = {}
    for entry in final.entries.values():
        tokens = [token for token in entry.variant.split(", ") if token]
        rest = [token for token in tokens if not token.startswith("likelihood=")]
        named = bool({"preset", "variant"} & set(material.choice.wanted))
        if entry.method not in OBJECTIVES or (rest and not (entry.short or named)):
            continue
        told = [t.partition("=")[2] for t in tokens if t.startswith("likelihood=")]
        key = (entry.method, (told or ["zinb"])[0], entry.short)
        scored = found.setdefault(key, Scored(entry, key[1]))
        for stage, board in boards.items():
            row = (scored.entry.method, scored.entry.setting, clusterer)
            for data in board.data if board is not None else ():
                cell = board.cell("ari", data, row) if board is not None else None
                if cell is not None and cell["complete"] and data not in final.apart:
                    scored.scores.setdefault(stage, {})[data] = float(cell["mean"])
    full = {key[:2] for key in found if not key[2]}
    return [s for key, s in found.items() if s.scores and (not key[2] or key[:2] not in full)]


def average(found: Sequence[Scored], board: Board | None) -> tuple[list[str], dict[str, str]]:
    """Average over the datasets that most have, variants of one dataset once.

    Parameters
    ----------
    found
        What `scored_objectives` gives; their means are filled in.
    board
        The cells after fine-tuning.

    Returns
    -------
    The data that are averaged, and the dataset that each is a variant of.
    """
    if board is None:
        return [], {}
    base = {data: board.base(data) for data in board.data}
    covered = [frozenset(s.scores.get("final", {})) for s in found]
    shared = shared_datasets(covered, base)
    for scored in found:
        for stage, scores in scored.scores.items():
            if shared and set(shared) <= set(scores):
                by_base: dict[str, list[float]] = {}
                for data in shared:
                    by_base.setdefault(base[data], []).append(scores[data])
                scored.means[stage] = float(np.mean([np.mean(v) for v in by_base.values()]))
    return shared, base
