"""The points of Fig. 4 as a dataset: cells with nine continuous values and a known place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.data.figure4 import SHARES, figure4_features, figure4_points, largest_features
from scinfovae.errors import UsageError
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    # numerical libraries are imported where they are used: the help text reads the configuration
    import anndata as ad
    import numpy as np

# Raised whenever the same configuration would give other points.
FIGURE4_VERSION = 1
N_FIGURE4_CLASSES = 7
FEATURES = ("x+y", "x-y", "xy", "x^2", "y^2", "x^2 y", "x y^2", "x^3", "y^3")


@dataclass(frozen=True)
class Figure4Config:
    """What is drawn.

    Attributes
    ----------
    n_cells
        How many points; a multiple of 11.
    n_new
        How many further points are drawn from the same distribution, to be embedded by a model
        that was trained on the first; a multiple of 11.
    seed
        Seed of the draw; independent of the seeds of the runs on it.
    clear_outliers
        Draw outliers only where there are hardly any cluster points; see `figure4_points`.
    """

    n_cells: int = 2200
    n_new: int = 22000
    seed: int = 0
    clear_outliers: bool = False

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        for key in ("n_cells", "n_new"):
            value = getattr(self, key)
            if value < SHARES or value % SHARES:
                raise UsageError(
                    f"dataset.points.{key}={value} must be a positive multiple of {SHARES}."
                )
        if self.seed < 0:
            raise UsageError(
                f"dataset.points.seed={self.seed} is negative; seeds are integers from 0 on."
            )


def figure4_cells(config: Figure4Config) -> ad.AnnData:
    """Draw the points as cells with nine continuous values each.

    Parameters
    ----------
    config
        What is drawn.

    Returns
    -------
    Float64 values in ``X``, array of shape (n_cells, 9); the cluster in ``obs["cluster"]``, the
    true point of the plane in ``obsm["truth"]``.

    Raises
    ------
    UsageError
        If the seed is negative.
    """
    points, labels = figure4_points(
        config.n_cells, config.seed, clear_outliers=config.clear_outliers
    )
    return _as_cells(points, labels, figure4_features(points), "point")


def figure4_new_cells(config: Figure4Config) -> ad.AnnData:
    """Draw further points from the same distribution, on the scale of the first.

    Parameters
    ----------
    config
        What is drawn.

    Returns
    -------
    As `figure4_cells`, with ``config.n_new`` points; features are divided by the largest values
    of the first points, so that a model trained on those can embed these.
    """
    first, _ = figure4_points(config.n_cells, config.seed, clear_outliers=config.clear_outliers)
    points, labels = figure4_points(
        config.n_new,
        derive_seed(config.seed, "figure4/new"),
        clear_outliers=config.clear_outliers,
    )
    return _as_cells(points, labels, figure4_features(points, largest_features(first)), "new")


def _as_cells(
    points: np.ndarray, labels: np.ndarray, features: np.ndarray, name: str
) -> ad.AnnData:
    import anndata as ad
    import pandas as pd

    return ad.AnnData(
        X=features,
        obs=pd.DataFrame(
            {"cluster": pd.Categorical(labels.astype(str))},
            index=[f"{name}_{i}" for i in range(len(points))],
        ),
        var=pd.DataFrame(index=list(FEATURES)),
        obsm={"truth": points},
    )
