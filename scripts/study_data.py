"""The data of the study: four development sets and two simulated ones, none of the benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from anndata import AnnData

    from scinfovae.data.preprocessing import Prepared

# file and key of its labels, or how to simulate; hard enough that PCA + K-means has about .7
SETS: dict[str, tuple[str, str] | dict[str, Any]] = {
    "baron_mouse1": ("baron_mouse1.h5", "Y"),
    "sc_celseq2_5cl_p1": ("sc_celseq2_5cl_p1.h5ad", "cell_type"),
    "paul15": ("paul15.h5ad", "cell_type"),
    "cite_cbmc_top2000": ("cite_cbmc_top2000.h5", "Y"),
    "simulated_even": {
        "n_cells": 5000,
        "n_genes": 3000,
        "n_clusters": 8,
        "library_size": 1200.0,
        "de_scale": 0.5,
    },
    "simulated_uneven": {
        "n_cells": 4000,
        "n_genes": 3000,
        "n_clusters": 12,
        "imbalance": 20.0,
        "library_size": 800.0,
        "de_scale": 0.7,
    },
}


def prepared_set(name: str, folder: Path, hvg_flavor: str) -> tuple[Prepared, np.ndarray]:
    """Read or simulate a set and preprocess it to 500 genes.

    Parameters
    ----------
    name
        One of `SETS`.
    folder
        Where the development sets lie.
    hvg_flavor
        How genes are chosen.

    Returns
    -------
    The prepared data, and the labels of its cells, for scoring alone.
    """
    from scinfovae.data.preprocessing import PreprocessingConfig, preprocess

    adata, key = _counts(name, folder)
    prepared = preprocess(adata, PreprocessingConfig(hvg_flavor=hvg_flavor))
    return prepared, adata.obs[key].to_numpy()[prepared.cell_index]


def smaller_set(name: str, folder: Path, n_cells: int) -> tuple[Prepared, np.ndarray]:
    """Read or simulate a set, take at most so many of its cells, and preprocess them.

    Parameters
    ----------
    name
        One of `SETS`.
    folder
        Where the development sets lie.
    n_cells
        The most cells; always the same ones.

    Returns
    -------
    The prepared data, and the labels of its cells, for scoring alone.
    """
    import numpy as np

    from scinfovae.data.preprocessing import PreprocessingConfig, preprocess

    adata, key = _counts(name, folder)
    if adata.n_obs > n_cells:
        kept = np.random.default_rng(0).choice(adata.n_obs, n_cells, replace=False)
        adata = adata[np.sort(kept)].copy()
    prepared = preprocess(adata, PreprocessingConfig())
    return prepared, adata.obs[key].to_numpy()[prepared.cell_index]


def _counts(name: str, folder: Path) -> tuple[AnnData, str]:
    from scinfovae.data.readers import read_counts
    from scinfovae.data.simulate import SimulationConfig, simulate_counts

    source = SETS[name]
    if isinstance(source, dict):
        return simulate_counts(SimulationConfig(**source)), "cluster"
    file, key = source
    return read_counts(folder / file, label_key=key), key
