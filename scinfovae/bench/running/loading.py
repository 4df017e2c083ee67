"""The data of a run: loaded once, preprocessed once, kept for the runs that follow."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.dataset_config import overridden
from scinfovae.bench.planning.identity import canonical
from scinfovae.data.content import content_hash
from scinfovae.data.dataset import Dataset, load_dataset
from scinfovae.data.preprocessing import Prepared, pca_space, preprocess
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.methods import InputKind


@dataclass
class LoadedData:
    """A dataset as it is scored and as a method gets it.

    Attributes
    ----------
    dataset
        Counts and labels of all cells.
    prepared
        The cells that survive preprocessing; no labels.
    seconds
        Wall-clock time of ``load`` and ``preprocess``.
    overrides
        Expectations of the registry that were replaced.
    input_kind
        ``"own"`` where the cells are prepared as the authors of a method do.
    made
        What was made of the data and is kept for the runs that follow, by name.
    """

    dataset: Dataset
    prepared: Prepared
    seconds: dict[str, float]
    overrides: dict[str, Any]
    input_kind: InputKind = "common"
    made: dict[str, Any] = field(default_factory=dict, repr=False)
    _common: np.ndarray | None = field(default=None, repr=False)

    @property
    def common(self) -> np.ndarray:
        """The space of all methods: the first 50 principal components of the common input.

        Array of shape (n_cells, 50). Where the cells are prepared by another recipe, the common
        one is followed for this alone, and cells that only the other one keeps have NaN.
        """
        if self._common is None:
            if self.input_kind == "common":
                self._common = pca_space(self.prepared)
            else:
                self._common = _placed_in_common(self.dataset, self.prepared)
        return self._common

    @property
    def cell_ids(self) -> np.ndarray:
        """Names of the cells that survive, array of shape (n_cells,)."""
        names: np.ndarray = self.dataset.adata.obs_names.to_numpy()[self.prepared.cell_index]
        return names.astype(str)

    @property
    def references(self) -> dict[str, np.ndarray]:
        """Reference labels of the cells that survive, by label key."""
        obs = self.dataset.adata.obs
        index = self.prepared.cell_index
        return {
            key: obs[key].astype(str).to_numpy()[index].astype(str)
            for key in self.dataset.label_keys
        }

    @property
    def truth(self) -> dict[str, np.ndarray]:
        """True coordinates of the cells that survive, by axis; empty where there are none."""
        adata = self.dataset.adata
        if "truth" not in adata.obsm:
            return {}
        points = adata.obsm["truth"][self.prepared.cell_index]
        return dict(zip(("x", "y"), points.T, strict=True))

    @property
    def facts(self) -> dict[str, Any]:
        """What a reader wants to know of the data."""
        return {
            "name": self.dataset.name,
            "content_hash": self.dataset.content_hash,
            "n_clusters": self.dataset.n_clusters,
            "label_keys": list(self.dataset.label_keys),
            "overridden": self.overrides,
            "input": self.input_kind,
            **self.prepared.report,
        }


@dataclass
class DataCache:
    """Keeps the last dataset and its last preprocessing."""

    _name: str = ""
    _dataset: Dataset | None = None
    _load_seconds: float = 0.0
    _recipe: str = ""
    _loaded: LoadedData | None = None
    _hashes: dict[str, str] = field(default_factory=dict)

    def content_hash(self, recipe: Recipe) -> str:
        """Name the bytes of the dataset of a recipe; each file is read for it once."""
        name = canonical([recipe.resolved["dataset"], recipe.resolved["data"]])
        if name not in self._hashes:
            self._hashes[name] = content_hash(recipe.dataset)
        return self._hashes[name]

    def dataset(self, recipe: Recipe, log: RunLog) -> Dataset:
        """Load the dataset of a recipe, or give the one at hand.

        Parameters
        ----------
        recipe
            What is asked for.
        log
            Hears progress and warnings.

        Returns
        -------
        The dataset.

        Raises
        ------
        UsageError, DataError
            If it cannot be had or used.
        """
        name = canonical([recipe.resolved["dataset"], recipe.resolved["data"]])
        if self._dataset is None or name != self._name:
            self._dataset, self._loaded, self._recipe = None, None, ""
            start = time.perf_counter()
            log.progress("load", 0, 1)
            self._dataset = load_dataset(recipe.dataset)
            log.progress("load", 1, 1)
            self._name, self._load_seconds = name, time.perf_counter() - start
        return self._dataset

    def prepared(self, recipe: Recipe, log: RunLog) -> LoadedData:
        """Load and preprocess the dataset of a recipe, or give the one at hand.

        Parameters
        ----------
        recipe
            What is asked for.
        log
            Hears progress and warnings.

        Returns
        -------
        The data.

        Raises
        ------
        UsageError, DataError
            If it cannot be had or used, or K does not fit the cells that are left.
        """
        dataset = self.dataset(recipe, log)
        name = canonical([recipe.preprocessing, recipe.input_kind])
        if self._loaded is None or name != self._recipe:
            start = time.perf_counter()
            log.progress("preprocess", 0, 1)
            prepared = preprocess(dataset.adata, recipe.preprocessing)
            log.progress("preprocess", 1, 1)
            _check_k(dataset, prepared)
            seconds = {"load": self._load_seconds, "preprocess": time.perf_counter() - start}
            replaced = overridden(recipe.resolved["dataset"])
            self._loaded = LoadedData(dataset, prepared, seconds, replaced, recipe.input_kind)
            self._recipe = name
            log.listener.dataset(self._loaded.facts)
        return self._loaded


def _placed_in_common(dataset: Dataset, prepared: Prepared) -> np.ndarray:
    """Give each prepared cell its place in the common space, or NaN."""
    import numpy as np

    common = preprocess(dataset.adata)
    space = pca_space(common)
    placed = np.full((len(prepared.cell_index), space.shape[1]), np.nan)
    _, here, there = np.intersect1d(
        prepared.cell_index, common.cell_index, assume_unique=True, return_indices=True
    )
    placed[here] = space[there]
    return placed


def _check_k(dataset: Dataset, prepared: Prepared) -> None:
    n_cells = len(prepared.cell_index)
    if dataset.n_clusters > n_cells:
        raise UsageError(
            f"K={dataset.n_clusters} is more than the {n_cells} cells of dataset "
            f"'{dataset.name}' that survive preprocessing; give dataset.n_clusters=K."
        )
