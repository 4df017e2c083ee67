"""Embeddings of several datasets and methods, cells coloured by predicted cluster: Fig. 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.classes import MATCHED, marker_size, ordered, places_of, scatter_classes
from scinfovae.figures.colours import OURS
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.page import Page
from scinfovae.figures.panels import TITLES, Panel
from scinfovae.figures.plane import plane_of
from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import bare, clean, not_run
from scinfovae.tables.data_names import data_order
from scinfovae.tables.measures import clusterer_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.stored import Stored

DATASETS = ("muraro", "quake_10x_limb_muscle", "quake_smartseq2_trachea", "young", "adam")
_OF_PAPER = (
    ("scdeepcluster", "own"),
    ("sczidesk", "own"),
    ("scgnn", "own"),
    (OURS, "rsc"),
    (OURS, "kmeans"),
)
MOST_CELLS = 2000
_CELL_MM, _EMPTY_MM, _MOST_ROWS = 30.0, 8.0, 12
REFERENCE = "reference"


@dataclass(frozen=True)
class Column:
    """A method with a clusterer, or the reference classes on the embedding of ScInfoVAE."""

    method: str
    clusterer: str

    @property
    def title(self) -> str:
        """Its heading."""
        from scinfovae.bench.records.columns import method_title

        name = method_title(self.method)
        if self.clusterer in (REFERENCE, "own"):
            return f"reference classes\n({name})" if self.clusterer == REFERENCE else name
        return f"{name}\n({clusterer_title(self.clusterer)})"


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw the grid: datasets down, methods across, one run each.

    Parameters
    ----------
    material
        Runs with their embeddings.
    info
        The figure.

    Returns
    -------
    One page.
    """
    import pandas as pd

    if material.root is None:
        return [NotDrawn("the export holds no embeddings")]
    columns, panels = _columns(material), _panels(material)
    runs = {
        (panel, column.method): material.first(data=panel.data, method=column.method)
        for panel in panels
        for column in columns
        if panel.data
    }
    # what was run first
    panels.sort(key=lambda p: not any(runs.get((p, c.method)) for c in columns))
    is_empty = [not any(runs.get((p, c.method)) for c in columns) for p in panels]
    heights = [_EMPTY_MM if empty else _CELL_MM for empty in is_empty]
    notes = _notes(runs, material)
    page = Page(sum(heights) + 9, info.title, notes)
    grid = page.body.subplots(
        len(panels), len(columns), squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    planes: dict[int, Any] = {}
    tables = []
    for axes, column in zip(grid[0], columns, strict=True):
        axes.set_title("\n".join(clean(part, 26) for part in column.title.split("\n")))
    names = shortened([panel.title for panel in panels], 40)
    for panel, name, line, empty in zip(panels, names, grid, is_empty, strict=True):
        for column, axes in zip(columns, line, strict=True):
            bare(axes)
            stored = runs.get((panel, column.method))
            told = {"panel": panel.title, "data": panel.data, "method": column.method}
            told["column"] = column.clusterer
            cells = None if stored is None else _draw_cells(axes, stored, column, planes)
            if cells is None:
                not_run(axes, _why_empty(material, panel, column, stored))
                tables.append(pd.DataFrame([{**told, "kind": "not run"}]))
            else:
                tables.append(cells.assign(**told, kind="cell"))
        turned = {"rotation": 0, "ha": "right"} if empty else {"rotation": 90, "ha": "center"}
        line[0].set_ylabel(name.replace(" (", "\n("), va="center" if empty else "bottom", **turned)
    data = stack(tables)
    first = ["panel", "data", "method", "column", "kind"]
    data = data[[*first, *(c for c in data if c not in first)]]
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def _why_empty(material: Material, panel: Panel, column: Column, stored: Stored | None) -> str:
    if stored is not None:
        return "no embedding"
    if panel.data is None:
        return "not run"
    why = material.why_none(dataset=panel.data, method=column.method)
    return "embedding\nnot here" if "imported" in why else "not run"


def _columns(material: Material) -> list[Column]:
    """Take the methods of the paper, or those that words name."""
    pairs: Sequence[tuple[str, str]] = _OF_PAPER
    if "method" in material.choice.wanted:
        pairs = []
        for method in material.chosen("method"):
            found = material.stored(method=method)
            keys = found[0].metrics.get("clusterings", []) if found else []
            own = [e["key"] for e in keys if e["stage"] == "final"] or ["own"]
            first = [key for key in ("own", "kmeans") if key in own] or own
            chosen = material.choice.clusterers(own)
            named = "clusterer" in material.choice.wanted
            pairs += [(method, key) for key in (chosen if named else first[:1])]
    methods = [method for method, _ in pairs]
    leading = OURS if OURS in methods or not methods else methods[0]
    return [Column(leading, REFERENCE), *(Column(*pair) for pair in pairs)]


def _panels(material: Material) -> list[Panel]:
    """Take the datasets of the paper, those of them that were run as a variant, then others."""
    names: list[str] = []
    base: dict[str, str] = {}
    if material.records is not None:
        runs = material.records.runs
        done = runs[runs["status"] == "ok"]
        names = data_order(done["data"], runs)
        base = dict(zip(done["data"], done["base"], strict=True))
    if material.chosen("dataset"):
        found = [Panel(base[name], name) for name in names]
        bases = {panel.base for panel in found} | set(names)
        found += [Panel(n, None) for n in material.chosen("dataset") if n not in bases]
        return found[:_MOST_ROWS]
    panels = []
    for name in DATASETS:
        own = [data for data in names if base[data] == name]
        panels.append(Panel(name, next((d for d in own if d == name), next(iter(own), None))))
    shown = {panel.data for panel in panels}
    others = [n for n in names if n not in shown and base[n] not in DATASETS]
    plain = [n for n in others if base[n] in TITLES] or ([] if shown - {None} else others)
    return [*panels, *(Panel(base[n], n) for n in plain)][:_MOST_ROWS]


def _draw_cells(axes: Axes, stored: Stored, column: Column, planes: dict[int, Any]) -> Any:
    """Draw one panel; gives the cells, or None if it has no such labels."""
    import pandas as pd

    reference = stored.reference()
    values = reference if column.clusterer == REFERENCE else stored.predicted(column.clusterer)
    if values is None or not stored.record.stages():
        return None
    key = hash(str(stored.record.folder))
    if key not in planes:
        planes[key] = plane_of(stored, MOST_CELLS)
    shown, points = planes[key]
    if column.clusterer == REFERENCE:
        places = {value: place for place, value in enumerate(ordered(values))}
    else:
        places = places_of(reference, values)
    scatter_classes(axes, points, values[shown], places, marker_size(len(shown)) / 2)
    axes.set_xlabel(_score(stored, column), labelpad=1.0)
    told = {"cell_id": stored.labels["cell_id"].to_numpy()[shown], "seed": stored.seed}
    return pd.DataFrame({**told, "x": points[:, 0], "y": points[:, 1], "label": values[shown]})


def _score(stored: Stored, column: Column) -> str:
    keys = stored.metrics.get("label_keys") or [""]
    if column.clusterer == REFERENCE:
        return f"{len(np.unique(np.asarray(stored.reference())))} classes"
    for entry in stored.metrics.get("clusterings", []):
        if entry["column"] == f"final.{column.clusterer}":
            ari = (entry.get("external") or {}).get(keys[0], {}).get("ari")
            return "" if ari is None else f"ARI {ari:.3f}"
    return ""


def _notes(runs: dict[Any, Stored | None], material: Material) -> list[str]:
    known = [run for run in runs.values() if run is not None]
    seeds = sorted({run.seed for run in known})
    notes = [
        f"t-SNE of each embedding, at most {MOST_CELLS} cells; axes have no unit. {MATCHED} ARI of "
        "the run that is shown."
    ]
    if known:
        told = ", ".join(map(str, seeds))
        notes.append(f"One run each, seed {told}: {material.which_seed}.")
    if any(run.row["short"] for run in known):
        notes.append("Some are runs of a short preset: a first look.")
    return notes
