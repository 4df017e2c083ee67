"""From a source of records to drawings: read, choose, draw one figure after the other."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.bench.records.imported import EXPORT, IMPORTED
from scinfovae.bench.records.select import of_sweep
from scinfovae.errors import ScInfoVAEError, UsageError
from scinfovae.figures.drawing import Drawing, NotDrawn
from scinfovae.figures.style import styled
from scinfovae.figures.writing import free_stem, write_drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pandas as pd

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo


@dataclass
class Outcome:
    """What became of one figure.

    Attributes
    ----------
    info
        The figure.
    files
        What was written.
    reasons
        Why something was not drawn, a sentence each.
    error
        What went wrong, if anything did.
    """

    info: FigureInfo
    files: list[Path] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    error: ScInfoVAEError | None = None


def find_records(given: Path | None, results: Path) -> tuple[Path, Path | None]:
    """Choose where records come from; unlike tables, figures can do with none.

    Parameters
    ----------
    given
        What was asked for, a results folder or an export, or None.
    results
        The results folder, where nothing was asked for.

    Returns
    -------
    The source, and the folder with embeddings; None for an export.

    Raises
    ------
    UsageError
        If what was asked for does not exist.
    """
    if given is not None and not given.exists():
        raise UsageError(f"there is no '{given}'; --from takes a results folder or a {EXPORT}.")
    folder = results if given is None else given
    if folder.is_file():
        return folder, None
    has_store = any((folder / name).exists() for name in ("runs", "sweeps", IMPORTED))
    if not has_store and (folder / EXPORT).is_file():
        return folder / EXPORT, None
    return folder, folder


def read_runs(source: Path, sweep: str | None) -> pd.DataFrame:
    """Read the runs, or those of one sweep.

    Parameters
    ----------
    source
        A results folder, which may be empty or absent, or an export.
    sweep
        Name of a sweep, its first digits, or its experiment.

    Returns
    -------
    What `scinfovae.bench.records.frame.runs_frame` gives.

    Raises
    ------
    UsageError
        If there is no such sweep.
    """
    from scinfovae.bench.records.frame import frame_of, runs_frame

    frame = runs_frame(source) if source.exists() else frame_of([])
    if sweep is None:
        return frame
    return of_sweep(frame, sweep)


def draw_figures(
    infos: Iterable[FigureInfo],
    material: Material,
    folder: Path,
    told: Callable[[Outcome], None] | None = None,
) -> tuple[list[Outcome], dict[str, tuple[FigureInfo, Drawing]]]:
    """Draw and write figures; one that fails does not stop the others.

    Parameters
    ----------
    infos
        The figures.
    material
        What they are drawn from.
    folder
        Where they go.
    told
        Called after each.

    Returns
    -------
    What became of each, and the pages by stem.
    """
    outcomes: list[Outcome] = []
    drawn: dict[str, tuple[FigureInfo, Drawing]] = {}
    for info in infos:
        outcome = Outcome(info)
        try:
            with styled():
                for page in importlib.import_module(f"scinfovae.figures.{info.module}").draw(
                    material, info
                ):
                    if isinstance(page, NotDrawn):
                        outcome.reasons.append(page.reason)
                        continue
                    stem = free_stem(page.stem, list(drawn))
                    outcome.files += write_drawing(folder, page, stem)
                    drawn[stem] = (info, page)
        except ScInfoVAEError as error:
            outcome.error = error
            outcome.reasons.append(str(error))
        outcomes.append(outcome)
        if told is not None:
            told(outcome)
    return outcomes, drawn
