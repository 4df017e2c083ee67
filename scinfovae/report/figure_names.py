"""What is known of figures: those of the project, and what a folder says of those it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import read_json
from scinfovae.tables.data_names import natural

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX = "index.json"


@dataclass(frozen=True)
class KnownFigure:
    """A figure of the registry.

    Attributes
    ----------
    name, title
        Its name in commands, and its heading.
    draws
        A sentence on what it shows.
    commands
        What makes the runs, and what draws them.
    """

    name: str
    title: str
    draws: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Caption:
    """What is said of a picture.

    Attributes
    ----------
    title, draws, notes
        Its heading, a sentence on what it shows, and what a reader has to know.
    command, records
        What drew it, and from what; empty if the folder does not say.
    """

    title: str
    draws: str = ""
    notes: tuple[str, ...] = ()
    command: str = ""
    records: str = ""


def known_figures() -> dict[str, KnownFigure]:
    """List the figures that ``scinfovae-bench figures`` can draw.

    Returns
    -------
    The figures by name, in the order of the registry.
    """
    from scinfovae.figures.registry import FIGURES

    return {
        info.name: KnownFigure(
            info.name,
            info.title,
            info.draws,
            (info.command, f"scinfovae-bench figures {info.name}"),
        )
        for info in FIGURES.values()
    }


def read_captions(folder: Path) -> tuple[dict[str, Caption], tuple[KnownFigure, ...]]:
    """Find out what the pictures of a folder are.

    Parameters
    ----------
    folder
        With ``NAME.png``, and perhaps the list that ``scinfovae-bench figures`` writes.

    Returns
    -------
    Captions by name, known figures first, and the known figures without a picture.
    """
    known = known_figures()
    listed = (read_json(folder / INDEX) or {}).get("figures")
    entries: dict[str, Any] = listed if isinstance(listed, dict) else {}
    stems = sorted((path.stem for path in folder.glob("[!.]*.png")), key=natural)
    figures = {stem: _figure_of(stem, entries.get(stem), known) for stem in stems}
    place = {name: i for i, name in enumerate(known)}
    stems.sort(key=lambda stem: place.get(figures[stem], len(place)))
    captions = {stem: _caption(stem, entries.get(stem), known.get(figures[stem])) for stem in stems}
    there = set(figures.values())
    return captions, tuple(one for name, one in known.items() if name not in there)


def _figure_of(stem: str, entry: Any, known: Mapping[str, KnownFigure]) -> str:
    """Name the figure that a file is of: as listed, else the longest name that it begins with."""
    if isinstance(entry, dict) and entry.get("figure") in known:
        return str(entry["figure"])
    fits = [name for name in known if stem == name or stem.startswith(f"{name}_")]
    return max(fits, key=len, default="")


def _caption(stem: str, entry: Any, known: KnownFigure | None) -> Caption:
    if isinstance(entry, dict):
        told = {key: str(entry.get(key) or "") for key in ("title", "draws", "command", "records")}
        notes = entry.get("notes")
        told["title"] = told["title"] or stem
        listed = tuple(str(note) for note in notes) if isinstance(notes, list) else ()
        return Caption(notes=listed, **told)
    if known is None:
        return Caption(stem.replace("_", " "))
    # of a figure with several pages, what the file adds to the name
    more = stem.removeprefix(known.name).replace("_", " ").strip()
    return Caption(f"{known.title} ({more})" if more else known.title, known.draws)
