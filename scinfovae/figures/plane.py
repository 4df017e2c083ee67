"""Embeddings brought to the plane for the eye: t-SNE, UMAP, and which cells are shown."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from scinfovae.figures.stored import Stored

MOST_CELLS = 5000
_FEWEST = 5


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


def some_cells(n_cells: int, seed: int, most: int = MOST_CELLS) -> np.ndarray:
    """Choose cells to be shown; t-SNE of more would take longer than it shows.

    Parameters
    ----------
    n_cells
        How many there are.
    seed
        The seed of the run.
    most
        How many are shown at most.

    Returns
    -------
    Their positions, ascending.
    """
    if n_cells <= most:
        return np.arange(n_cells)
    generator = np.random.default_rng(derive_seed(seed, "figure/cells"))
    return np.sort(generator.choice(n_cells, most, replace=False))


def umap_dimensions(embedding: np.ndarray, seed: int) -> np.ndarray:
    """Bring an embedding to the plane by UMAP (McInnes, Healy & Melville 2018).

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    seed
        The seed of the run.

    Returns
    -------
    Array of shape (n_cells, 2).
    """
    points = np.asarray(embedding, np.float64)
    if len(points) < _FEWEST or not points.std(axis=0).max() > 0:
        return two_dimensions(points, seed)
    with warnings.catch_warnings():
        # it says that TensorFlow is absent, and of which parts a graph consists
        warnings.simplefilter("ignore")
        from umap import UMAP

        layout = UMAP(
            n_neighbors=min(15, len(points) - 1),
            random_state=derive_seed(seed, "figure/umap"),
            n_jobs=1,
            init="pca" if points.shape[1] >= 2 and len(points) < 50 else "spectral",
        )
        found: np.ndarray = np.asarray(layout.fit_transform(points))
    return found


def principal_components(embedding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring an embedding to the plane of its first principal components.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).

    Returns
    -------
    Array of shape (n_cells, 2), and the share of the variance along each axis.
    """
    centred = np.asarray(embedding, np.float64) - np.mean(embedding, axis=0)
    if centred.shape[1] == 1:
        centred = np.column_stack([centred, np.zeros(len(centred))])
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    variance = values**2
    return left[:, :2] * values[:2], variance[:2] / max(float(variance.sum()), 1e-300)


def plane_of(stored: Stored, most: int = MOST_CELLS) -> tuple[np.ndarray, np.ndarray]:
    """Give the t-SNE of a finished run: the one drawn with it if there is one, else a new one.

    Parameters
    ----------
    stored
        The run.
    most
        How many cells are shown at most, where t-SNE is to be computed.

    Returns
    -------
    Positions of the cells that are shown, and an array of shape (n_shown, 2).
    """
    drawn = _drawn(stored)
    if drawn is not None:
        return drawn
    shown = some_cells(len(stored.embedding), stored.seed, most)
    return shown, two_dimensions(stored.embedding[shown], stored.seed)


def _drawn(stored: Stored) -> tuple[np.ndarray, np.ndarray] | None:
    """Read the coordinates that `run` wrote beside its picture."""
    import pandas as pd

    path = stored.record.plot.with_suffix(".csv")
    try:
        cells = pd.read_csv(path, usecols=["cell_id", "x", "y"], dtype={"cell_id": str})
    except (OSError, ValueError):
        return None
    shown = some_cells(len(stored.labels), stored.seed)
    names = stored.labels["cell_id"].astype(str).to_numpy()[shown]
    if len(cells) != len(shown) or not (cells["cell_id"].to_numpy() == names).all():
        return None
    return shown, cells[["x", "y"]].to_numpy()
