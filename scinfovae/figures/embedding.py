"""The picture of one run: its cells in two dimensions, by reference class and by cluster."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.bench.records.files import atomic_path
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from scinfovae.bench.records.store import Record

# Okabe & Ito's colours, readable with every common colour blindness; beyond them the shape changes
COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#000000",
)
MARKERS = ("o", "^", "s", "D", "v", "P", "*", "X")
MOST_CELLS = 5000
_LEGEND_COLUMNS = 5


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
    shown = _some_cells(len(labels), seed)
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


def two_dimensions(embedding: np.ndarray, seed: int) -> np.ndarray:
    """Bring an embedding to the plane.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    seed
        The seed of the run.

    Returns
    -------
    Array of shape (n_cells, 2): the embedding itself if it has at most two dimensions, else its
    t-SNE (van der Maaten & Hinton 2008), started from its principal components.
    """
    points = np.asarray(embedding, np.float64)
    n_cells, width = points.shape
    if width == 1:
        return np.column_stack([points[:, 0], np.zeros(n_cells)])
    spread = float(points.std(axis=0).max())
    if width == 2 or n_cells < 5 or spread == 0:
        return points[:, :2]
    from sklearn.manifold import TSNE

    # distances keep their order whatever the scale, but the solver's constants assume a common one
    tsne = TSNE(
        init="pca",
        perplexity=min(30.0, (n_cells - 1) / 3),
        random_state=derive_seed(seed, "figure/tsne"),
        n_jobs=1,
    )
    found: np.ndarray = tsne.fit_transform(points / spread)
    return found


def match_clusters(reference: np.ndarray, predicted: np.ndarray) -> dict[Any, int]:
    """Give each cluster the index of the class it shares most cells with, each class once.

    Parameters
    ----------
    reference, predicted
        Arrays of shape (n_cells,).

    Returns
    -------
    Index of a class in the order of `ordered`, by cluster; further clusters get further indices.
    """
    from scipy.optimize import linear_sum_assignment

    classes = ordered(reference)
    place = {name: i for i, name in enumerate(classes)}
    row = np.array([place[name] for name in reference.tolist()])
    clusters, column = np.unique(predicted, return_inverse=True)
    together = np.zeros((len(classes), len(clusters)), dtype=np.int64)
    np.add.at(together, (row, column), 1)
    which, whose = linear_sum_assignment(-together.T)
    matched = dict(zip(which.tolist(), whose.tolist(), strict=True))
    free = iter(range(len(classes), len(classes) + len(clusters)))
    return {
        cluster: matched[i] if i in matched else next(free)
        for i, cluster in enumerate(clusters.tolist())
    }


def ordered(labels: np.ndarray) -> list[Any]:
    """Sort the different labels, those that are numbers by their value.

    Parameters
    ----------
    labels
        Array of shape (n_cells,).

    Returns
    -------
    Each label once.
    """
    different = np.unique(labels).tolist()
    if all(str(label).isdigit() for label in different):
        return sorted(different, key=int)
    return list(different)


def _some_cells(n_cells: int, seed: int) -> np.ndarray:
    """Choose at most `MOST_CELLS` cells; t-SNE of more would take longer than it shows."""
    if n_cells <= MOST_CELLS:
        return np.arange(n_cells)
    generator = np.random.default_rng(derive_seed(seed, "figure/cells"))
    return np.sort(generator.choice(n_cells, MOST_CELLS, replace=False))


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
    figure = Figure(figsize=(3.4 * columns, 3.5 * rows + 1.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    first = next(iter(panels.values()))
    handles: list[Any] = []
    for axis, (title, column) in zip(axes, panels.items(), strict=False):
        values = cells[column].to_numpy()
        places = (
            {value: i for i, value in enumerate(ordered(values))}
            if column == first
            else match_clusters(cells[first].to_numpy(), values)
        )
        drawn = _scatter(axis, cells, values, places)
        handles = handles or drawn
        axis.set_title(title, fontsize=10)
        axis.set_xticks([])
        axis.set_yticks([])
    for axis in axes[len(panels) :]:
        axis.remove()
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=_LEGEND_COLUMNS,
        fontsize=7,
        frameon=False,
        # markers that are small among thousands of cells would not be seen alone
        markerscale=float(np.sqrt(20 / _marker_size(len(cells)))),
    )
    figure.suptitle(note, fontsize=8)
    for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
        with atomic_path(record.folder / f"embedding_plot{suffix}") as temporary:
            figure.savefig(temporary, dpi=200, metadata=metadata)
    return record.plot


def _colour(place: int) -> tuple[float, ...]:
    """Give the colour of a class; every further round of the palette is darker."""
    from matplotlib.colors import to_rgb

    lap, index = divmod(place, len(COLOURS))
    return tuple(0.6**lap * channel for channel in to_rgb(COLOURS[index]))


def _marker_size(n_cells: int) -> float:
    """Give the area of a marker in points^2; the more cells, the smaller."""
    return float(np.clip(9000 / n_cells, 2, 20))


def _scatter(axis: Any, cells: pd.DataFrame, values: np.ndarray, places: dict[Any, int]) -> Any:
    """Draw the cells of one panel class by class; returns what the legend shows."""
    size = _marker_size(len(cells))
    handles = []
    for value, place in sorted(places.items(), key=lambda pair: pair[1]):
        of_class = values == value
        marker = MARKERS[place // len(COLOURS) % len(MARKERS)]
        handles.append(
            axis.scatter(
                cells["x"][of_class],
                cells["y"][of_class],
                s=size,
                color=_colour(place),
                marker=marker,
                linewidths=0,
                alpha=0.75,
                rasterized=True,
                label=str(value)[:28],
            )
        )
    return handles
