"""The picture of one run: its cells in two dimensions, by reference class and by cluster."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.bench.records.files import atomic_path
from scinfovae.figures.classes import (
    class_legend,
    marker_size,
    match_clusters,
    ordered,
    scatter_classes,
)
from scinfovae.figures.fitting import wrapped
from scinfovae.figures.panels import Panel
from scinfovae.figures.plane import some_cells, two_dimensions
from scinfovae.figures.style import FONT_SIZE, MM, clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from scinfovae.bench.records.store import Record

__all__ = ["draw_record", "match_clusters", "ordered", "two_dimensions"]

_LEGEND_COLUMNS = 5
_PANEL_INCHES, _TITLE_POINTS = 3.4, 9.0


def draw_record(record: Record, clusterers: Sequence[str], seed: int = 0) -> Path:
    """Draw the final embedding of a record, and write it beside the numbers it shows.

    Parameters
    ----------
    record
        A finished record.
    clusterers
        Keys of the clusterers to show, one panel each.
    seed
        The seed of the run; t-SNE starts from it.

    Returns
    -------
    ``embedding_plot.png`` in the folder of the record; ``.pdf`` and ``.csv`` stand beside it.
    """
    labels, embedding = record.labels(), record.embeddings()["final"]
    shown = some_cells(len(labels), seed)
    points = two_dimensions(embedding[shown], seed)
    names = {f"final.{key}": key for key in (*clusterers, "own")}
    predicted = {name: column for column, name in names.items() if column in labels}
    references = [name for name in labels.columns if name.startswith("label.")]
    chosen = labels.iloc[shown].reset_index(drop=True)
    scores = _scores(record)
    panels = {f"reference {name.removeprefix('label.')}": name for name in references[:1]}
    for name, column in predicted.items():
        ari = scores.get(column)
        panels[name if ari is None else f"{name}, ARI {ari:.3f}"] = column
    coordinates = chosen[["cell_id", *panels.values()]].copy()
    coordinates.insert(1, "x", points[:, 0])
    coordinates.insert(2, "y", points[:, 1])
    with atomic_path(record.folder / "embedding_plot.csv") as temporary:
        coordinates.to_csv(temporary, index=False)
    note = "" if len(shown) == len(labels) else f"{len(shown)} of {len(labels)} cells; "
    axis = "embedding" if embedding.shape[1] <= 2 else "t-SNE of the embedding"
    return _write(record, coordinates, panels, f"{note}{axis}, seed {seed}")


def record_title(record: Record) -> list[str]:
    """Name the data and the method of a record as the other figures do.

    Parameters
    ----------
    record
        A finished record.

    Returns
    -------
    E.g. ``["Worm neuron, ScInfoVAE (latent_dim=2)"]``, and what these names abbreviate.
    """
    from scinfovae.bench.records.columns import empty_row
    from scinfovae.bench.records.frame import frame_of
    from scinfovae.bench.records.rows import row_of
    from scinfovae.tables.records import prepare

    identity = record.folder.parent
    dataset, method = identity.parents[1].name, identity.parent.name
    name = (dataset, method, identity.name, int(record.folder.name.partition("=")[2]))
    row, _ = row_of(record.folder, name)
    records = prepare(frame_of([row or empty_row(*name)]))
    run, entry = records.runs.iloc[0], records.entries.iloc[0]
    title = f"{Panel(run['base'], run['data']).title}, {entry['label']}"
    return [title, *(legend for legend in (run["data_legend"], entry["legend"]) if legend)]


def _scores(record: Record) -> dict[str, float]:
    """Take the ARI of each clustering, against the first labels, by column."""
    metrics = record.metrics()
    keys = metrics.get("label_keys") or [None]
    found = {
        entry["column"]: entry.get("external", {}).get(keys[0], {}).get("ari")
        for entry in metrics.get("clusterings", [])
    }
    return {column: ari for column, ari in found.items() if ari is not None}


def _write(record: Record, cells: pd.DataFrame, panels: dict[str, str], note: str) -> Path:
    """Draw the panels and write both files."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(4, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(_PANEL_INCHES * columns, 3.5 * rows + 1.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    first = next(iter(panels.values()))
    legend: list[tuple[Any, str]] = []
    points = cells[["x", "y"]].to_numpy()
    for axis, (title, column) in zip(axes, panels.items(), strict=False):
        values = cells[column].to_numpy()
        places = (
            {value: i for i, value in enumerate(ordered(values))}
            if column == first
            else match_clusters(cells[first].to_numpy(), values)
        )
        scatter_classes(axis, points, values, places, marker_size(len(cells)))
        legend = legend or class_legend(places)
        axis.set_title(title, fontsize=10)
        axis.set_xticks([])
        axis.set_yticks([])
    for axis in axes[len(panels) :]:
        axis.remove()
    figure.legend(
        handles=[handle for handle, _ in legend],
        labels=[label for _, label in legend],
        loc="outside lower center",
        ncols=_LEGEND_COLUMNS,
        fontsize=7,
        frameon=False,
    )
    room = 0.94 * _PANEL_INCHES * columns / MM * FONT_SIZE / _TITLE_POINTS
    above = [line for text in record_title(record) for line in wrapped(clean(text), room)]
    # a name may hold dollars
    figure.suptitle("\n".join([*above, note]), fontsize=_TITLE_POINTS, parse_math=False)
    for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
        with atomic_path(record.folder / f"embedding_plot{suffix}") as temporary:
            figure.savefig(temporary, dpi=200, metadata=metadata)
    return record.plot
