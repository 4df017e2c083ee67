"""Principal components, and the space of them in which label-free metrics are also taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scinfovae.data.preprocessing.prepared import Prepared


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of prepared cells.

    Attributes
    ----------
    scores
        The cells on them, float64 array of shape (n_cells, n_components).
    mean
        Mean of the cells, array of shape (n_genes,).
    axes
        Array of shape (n_components, n_genes); the largest loading of each is positive.
    """

    scores: np.ndarray
    mean: np.ndarray
    axes: np.ndarray

    def project(self, prepared: Prepared) -> np.ndarray:
        """Place other cells, prepared alike; array of shape (n_cells, n_components)."""
        placed: np.ndarray = (prepared.scaled.astype(np.float64) - self.mean) @ self.axes.T
        return placed


def pca_space(prepared: Prepared, n_components: int = 50, seed: int = 0) -> np.ndarray:
    """Project the scaled matrix on its first principal components.

    Parameters
    ----------
    prepared
        Preprocessed cells.
    n_components
        Number of components; fewer where the data has fewer cells or genes.
    seed
        Start of the iterative solver that is used above 2000 genes; below, the solution is exact.

    Returns
    -------
    Float64 array of shape (n_cells, at most n_components). Signs are fixed: the largest loading
    of each component is positive.

    Raises
    ------
    UsageError
        If ``n_components`` is below 1.
    """
    return pca_components(prepared, n_components, seed).scores


def pca_components(prepared: Prepared, n_components: int = 50, seed: int = 0) -> Components:
    """Find the first principal components of the scaled matrix; see `pca_space`.

    Parameters
    ----------
    prepared, n_components, seed
        As for `pca_space`.

    Returns
    -------
    The components, on which new cells can be placed.

    Raises
    ------
    UsageError
        If ``n_components`` is below 1.
    """
    return principal_components(prepared.scaled, n_components, seed)


def principal_components(values: np.ndarray, n_components: int = 50, seed: int = 0) -> Components:
    """Find the first principal components of a matrix; see `pca_space`.

    Parameters
    ----------
    values
        Array of shape (n_cells, n_features).
    n_components, seed
        As for `pca_space`; the bound of 2000 is one of features.

    Returns
    -------
    The components.

    Raises
    ------
    UsageError
        If ``n_components`` is below 1.
    """
    from sklearn.decomposition import PCA

    from scinfovae.errors import UsageError

    if n_components < 1:
        raise UsageError(f"n_components={n_components} is not allowed: give 1 or more.")
    n_cells, n_features = values.shape
    exact = n_features <= 2000
    solver = PCA(
        n_components=max(1, min(n_components, n_cells - 1, n_features - (not exact))),
        svd_solver="covariance_eigh" if exact else "arpack",
        random_state=seed,
    )
    scores = solver.fit_transform(values.astype(np.float64))
    largest = np.argmax(np.abs(solver.components_), axis=1)
    signs = np.sign(solver.components_[np.arange(largest.size), largest])
    return Components(scores * signs, solver.mean_, solver.components_ * signs[:, None])
