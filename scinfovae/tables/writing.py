"""Write tables to a folder, which then holds the tables of one command and no older ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.bench.records.files import read_json, told_oserror, write_json, write_text
from scinfovae.tables import latex, markdown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from scinfovae.tables.document import Origin, Table

INDEX = "index.json"
OVERVIEW = "README.md"
# what the overview shows besides the main table
SHOWN = ("summary", "ranks", "runs")


def write_tables(folder: Path, tables: Sequence[Table], origin: Origin) -> list[Path]:
    """Write every table as CSV, Markdown and LaTeX, and an overview of them.

    Parameters
    ----------
    folder
        Where; made if it is not there. Files that an earlier command listed in ``index.json`` and
        this one does not write again are removed; other files are left alone.
    tables
        The tables, the main one first.
    origin
        Where they come from; it stands in every file.

    Returns
    -------
    The files, the overview first.

    Raises
    ------
    ScInfoVAEError
        If the disk refuses.
    """
    texts = {OVERVIEW: _overview(tables, origin)}
    for table in tables:
        texts[f"{table.name}.csv"] = _csv(table.data, origin)
        lines = [*markdown.section(table), *markdown.origin(origin)]
        texts[f"{table.name}.md"] = "\n".join(lines)
        texts[f"{table.name}.tex"] = latex.document(table, origin)
    _remove_older(folder, set(texts))
    # listed before they are written: a command that is interrupted leaves nothing unlisted
    facts = {"command": origin.command, "records": origin.records, "version": origin.version}
    write_json(folder / INDEX, {**facts, "files": sorted(texts)})
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def _remove_older(folder: Path, kept: set[str]) -> None:
    """Remove what an earlier command wrote and this one does not."""
    listed = (read_json(folder / INDEX) or {}).get("files") or []
    for name in listed:
        # only plain names of our kinds, whatever somebody wrote into the list
        is_ours = isinstance(name, str) and name.endswith((".csv", ".md", ".tex"))
        if is_ours and "/" not in name and "\\" not in name and name not in kept:
            path = folder / name
            with told_oserror(path):
                path.unlink(missing_ok=True)


def _csv(data: pd.DataFrame, origin: Origin) -> str:
    """Write the data as CSV; the origin fills the last columns, so that any reader can read it."""
    import pandas as pd

    # a table without a row still says where it comes from
    whole = pd.DataFrame(index=[0]) if data.empty else data
    told = whole.assign(records=origin.records, command=origin.command)
    text: str = told.to_csv(index=False, lineterminator="\n")
    return text


def _overview(tables: Sequence[Table], origin: Origin) -> str:
    lines = ["# Tables", "", *markdown.origin(origin)]
    lines += ["| table | files |", "|:---|:---|"]
    for table in tables:
        files = ", ".join(f"[{kind}]({table.name}.{kind})" for kind in ("md", "csv", "tex"))
        lines.append(f"| {markdown.escape(table.title)} | {files} |")
    lines.append("")
    for table in tables:
        if table is tables[0] or table.name in SHOWN:
            lines += markdown.section(table, level=2)
    return "\n".join(lines)
