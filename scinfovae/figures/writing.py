"""Drawings as files: PNG and PDF with the CSV they show, a list of them, and an overview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import atomic_path, read_json, write_json, write_text
from scinfovae.figures.registry import FIGURES
from scinfovae.tables.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from scinfovae.figures.drawing import Drawing
    from scinfovae.figures.registry import FigureInfo

INDEX, OVERVIEW, MISSING = "index.json", "README.md", "missing.csv"
KINDS = ("png", "pdf", "csv")
PNG_DPI, PDF_DPI = 200, 300
_MANY_ROWS = 1000


@dataclass(frozen=True)
class Origin:
    """Where figures come from.

    Attributes
    ----------
    command
        The command that drew them, without places of this machine.
    records
        How many records it read, and how they ended.
    version
        The version of the project.
    """

    command: str
    records: str
    version: str


def write_drawing(folder: Path, drawing: Drawing, stem: str) -> list[Path]:
    """Write the three files of one page, each whole or not at all.

    Parameters
    ----------
    folder
        Where; made if it is not there.
    drawing
        The page.
    stem
        Of the files.

    Returns
    -------
    The files: PNG, PDF, CSV.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    metadata: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}}
    paths = []
    for kind, dpi in (("png", PNG_DPI), ("pdf", PDF_DPI)):
        path = folder / f"{stem}.{kind}"
        with atomic_path(path) as temporary:
            drawing.figure.savefig(temporary, format=kind, dpi=dpi, metadata=metadata[kind])
        paths.append(path)
    path = folder / f"{stem}.csv"
    write_text(path, _rounded(drawing.data).to_csv(index=False, lineterminator="\n"))
    return [*paths, path]


def _rounded(data: pd.DataFrame) -> pd.DataFrame:
    """Write the places of thousands of cells with as many digits as can be seen."""
    if len(data) < _MANY_ROWS:
        return data
    return data.round({column: 4 for column in ("x", "y", "z") if column in data})


def write_index(
    folder: Path,
    drawn: Mapping[str, tuple[FigureInfo, Drawing]],
    origin: Origin,
    missing: pd.DataFrame,
    looked_at: Collection[str],
) -> list[Path]:
    """Write what the folder holds: a list for machines, an overview for people, missing runs.

    Figures that an earlier command drew stay listed as long as their files are there.

    Parameters
    ----------
    folder
        Where.
    drawn
        Figures and pages by stem.
    origin
        Where they come from.
    missing
        What `scinfovae.figures.missing.missing_table` gives.
    looked_at
        The experiments it is about; what an earlier command missed of others stays listed.

    Returns
    -------
    The files, the overview first.
    """
    entries = _earlier(folder)
    for stem, (info, drawing) in drawn.items():
        entries[stem] = {
            "figure": info.name,
            "title": drawing.title,
            "draws": info.draws,
            "notes": list(drawing.notes),
            "runs": info.command,
            "files": [f"{stem}.{kind}" for kind in KINDS],
            "command": origin.command,
            "records": origin.records,
            "version": origin.version,
        }
    place = {name: i for i, name in enumerate(FIGURES)}
    order = sorted(entries, key=lambda s: (place.get(entries[s]["figure"], len(place)), s))
    entries = {stem: entries[stem] for stem in order}
    missing = _with_earlier(folder / MISSING, missing, looked_at)
    write_text(folder / MISSING, missing.to_csv(index=False, lineterminator="\n"))
    write_json(folder / INDEX, {"schema": 1, "figures": entries})
    write_text(folder / OVERVIEW, _overview(entries))
    return [folder / name for name in (OVERVIEW, INDEX, MISSING)]


def _with_earlier(path: Path, missing: pd.DataFrame, looked_at: Collection[str]) -> pd.DataFrame:
    """Add the runs of other experiments that an earlier command listed."""
    import pandas as pd

    try:
        before = pd.read_csv(path, keep_default_na=False)
    except (OSError, ValueError):
        return missing
    if list(before) != list(missing):
        return missing
    others = before[~before["experiment"].isin(list(looked_at))]
    return pd.concat([others, missing]) if len(others) else missing


def _earlier(folder: Path) -> dict[str, Any]:
    """Read the list there is, and keep what is still there."""
    figures = (read_json(folder / INDEX) or {}).get("figures")
    if not isinstance(figures, dict):
        return {}
    known = {"figure", "title", "draws", "notes", "runs", "files", "command", "records"}
    return {
        stem: entry
        for stem, entry in figures.items()
        if isinstance(entry, dict)
        and known <= set(entry)
        and "/" not in stem
        and (folder / f"{stem}.png").is_file()
    }


def _overview(entries: Mapping[str, Any]) -> str:
    """Write the overview: every figure with its notes and commands."""
    lines = ["# Figures", ""]
    for stem, entry in entries.items():
        lines += [
            f"## {escape(entry['title'])}",
            "",
            f"![{escape(entry['title'])}]({stem}.png)",
            "",
        ]
        lines += [escape(entry["draws"]), ""]
        lines += [f"- {escape(str(note))}" for note in entry["notes"]]
        lines += [
            f"- from {escape(entry['records'])}",
            f"- runs: `{entry['runs']}`",
            f"- drawn by `{entry['command']}`",
            f"- [PDF]({stem}.pdf), [numbers]({stem}.csv)",
            "",
        ]
    return "\n".join(lines)


def free_stem(stem: str, used: Sequence[str]) -> str:
    """Find a name no other page of the command has.

    Parameters
    ----------
    stem
        The wanted one.
    used
        Those that are taken.

    Returns
    -------
    The stem, with a number where it is taken.
    """
    names, number = stem, 2
    while names in used:
        names, number = f"{stem}_{number}", number + 1
    return names
