"""ScInfoVAE for people who hold an AnnData and want an embedding and clusters of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from scinfovae.clustering import CLUSTERERS, cluster
from scinfovae.data.preprocessing import PreprocessingConfig, preprocess
from scinfovae.errors import ScInfoVAEError, UsageError, did_you_mean
from scinfovae.fitted import FittedModel, load_fitted, train_models
from scinfovae.model.config import ModelConfig
from scinfovae.model.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

KEY = "scinfovae"


class ScInfoVAE(BaseEstimator):
    """Embed and cluster single cells (Pan, Long & Pan 2023).

    Parameters
    ----------
    n_clusters
        Number of clusters K.
    clusterer
        Labels the embedding: ``"kmeans"``, ``"spectral"``, ``"rsc"``, ``"leiden"``, ``"gmm"`` or
        ``"ward"``.
    preprocessing
        Choices of preprocessing; None for the benchmark's.
    model
        Network, objective and schedule; None for the paper's.
    pretrain_epochs, fine_tune_epochs
        Replace the epochs of `model` where not None.
    device
        ``"auto"`` (a GPU when there is one), ``"cpu"`` or ``"cuda"``.
    progress
        Called as ``progress(stage, done, total)`` while training.
    random_state
        Seed of everything random.

    Attributes
    ----------
    embedding_
        Posterior means, array of shape (n_cells, latent_dim); NaN rows for cells that the
        preprocessing dropped.
    labels_
        Clusters, integer array of shape (n_cells,); -1 for dropped cells.
    model_
        The trained model, a `scinfovae.fitted.FittedModel`.
    diagnostics_, history_
        Of the training; see `scinfovae.model.diagnostics`.

    Examples
    --------
    >>> import scanpy as sc
    >>> from scinfovae import ScInfoVAE
    >>> adata = sc.read_h5ad("counts.h5ad")  # doctest: +SKIP
    >>> ScInfoVAE(n_clusters=8, random_state=0).fit(adata)  # doctest: +SKIP
    >>> adata.obsm["X_scinfovae"], adata.obs["scinfovae"]  # doctest: +SKIP
    """

    def __init__(
        self,
        n_clusters: int,
        *,
        clusterer: str = "kmeans",
        preprocessing: PreprocessingConfig | None = None,
        model: ModelConfig | None = None,
        pretrain_epochs: int | None = None,
        fine_tune_epochs: int | None = None,
        device: str = "auto",
        progress: Callable[[str, int, int], None] | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.clusterer = clusterer
        self.preprocessing = preprocessing
        self.model = model
        self.pretrain_epochs = pretrain_epochs
        self.fine_tune_epochs = fine_tune_epochs
        self.device = device
        self.progress = progress
        self.random_state = random_state

    def fit(self, adata: AnnData, y: None = None) -> ScInfoVAE:
        """Train on raw counts, embed and cluster the cells.

        Parameters
        ----------
        adata
            Raw counts in ``X``, array of shape (n_cells, n_genes). ``obsm["X_scinfovae"]`` and
            ``obs["scinfovae"]`` are written (NaN for cells that the preprocessing drops), and
            nothing else is modified.
        y
            Ignored; here for the habits of scikit-learn.

        Raises
        ------
        UsageError
            If a parameter makes no sense, e.g. more clusters than cells.
        DataError
            If the counts cannot be used.
        """
        self._check(adata)
        prepared = preprocess(adata, self.preprocessing or PreprocessingConfig())
        n_kept = len(prepared.cell_index)
        if self.n_clusters > n_kept:
            raise UsageError(f"n_clusters={self.n_clusters} exceeds the {n_kept} cells kept.")
        config = self._model_config()
        (trained,) = train_models(
            prepared, config, self.n_clusters, [self.random_state], self.device, self.progress
        )
        if trained.message:
            raise ScInfoVAEError(f"training failed: {trained.message}.")
        embedding = trained.stages["final"].mean.numpy()
        labels = cluster(self.clusterer, embedding, self.n_clusters, self.random_state).labels
        weights = {name: value for name, value in trained.state.items() if name != "centres"}
        centres = np.stack([embedding[labels == k].mean(0) for k in np.unique(labels)])
        self.model_ = FittedModel(config, prepared.reference, weights, centres)
        self.diagnostics_, self.history_ = trained.diagnostics, trained.history
        self.embedding_ = np.full((adata.n_obs, embedding.shape[1]), np.nan, dtype=np.float32)
        self.embedding_[prepared.cell_index] = embedding
        self.labels_ = np.full(adata.n_obs, -1, dtype=np.int32)
        self.labels_[prepared.cell_index] = labels
        adata.obsm[f"X_{KEY}"] = self.embedding_.copy()
        adata.obs[KEY] = _as_categorical(self.labels_)
        return self

    def fit_predict(self, adata: AnnData, y: None = None) -> np.ndarray:
        """Fit, and give the clusters: integer array of shape (n_cells,), -1 for dropped cells."""
        return self.fit(adata).labels_

    def fit_transform(self, adata: AnnData, y: None = None) -> np.ndarray:
        """Fit, and give the embedding: array of shape (n_cells, latent_dim)."""
        return self.fit(adata).embedding_

    def transform(self, adata: AnnData) -> np.ndarray:
        """Embed new cells; nothing is written to `adata`.

        Genes are matched by name; scaling and size factors refer to the training cells.

        Returns
        -------
        Posterior means, float32 array of shape (n_cells, latent_dim).

        Raises
        ------
        DataError
            If more than 20 % of the model's genes are missing.
        """
        return self._fitted().embed(adata)

    def predict(self, adata: AnnData) -> np.ndarray:
        """Give new cells the cluster with the nearest centroid; int32 array of shape (n_cells,)."""
        return self._fitted().assign(self.transform(adata))

    def save(self, path: str | Path) -> None:
        """Write the trained model to one safetensors file; nothing is pickled."""
        self._fitted().save(Path(path))

    @classmethod
    def load(cls, path: str | Path) -> ScInfoVAE:
        """Read a model written by `save`; it can `transform` and `predict`.

        Raises
        ------
        DataError
            If the file is missing or is not such a model.
        """
        fitted = load_fitted(Path(path))
        estimator = cls(
            n_clusters=len(fitted.centres),
            preprocessing=fitted.reference.config,
            model=fitted.config,
        )
        estimator.model_ = fitted
        return estimator

    def _check(self, adata: AnnData) -> None:
        if not isinstance(self.n_clusters, (int, np.integer)) or self.n_clusters < 2:
            raise UsageError(f"n_clusters={self.n_clusters!r} must be an integer of at least 2.")
        if self.n_clusters > adata.n_obs:
            raise UsageError(f"n_clusters={self.n_clusters} exceeds the {adata.n_obs} cells.")
        resolve_device(self.device)
        if self.clusterer not in CLUSTERERS:
            raise UsageError(
                f"clusterer={self.clusterer!r} is unknown; choose one of {', '.join(CLUSTERERS)}."
                + did_you_mean(str(self.clusterer), CLUSTERERS)
            )

    def _model_config(self) -> ModelConfig:
        config = self.model or ModelConfig()
        if self.pretrain_epochs is not None:
            config = replace(config, pretrain=replace(config.pretrain, epochs=self.pretrain_epochs))
        if self.fine_tune_epochs is not None:
            config = replace(
                config, fine_tune=replace(config.fine_tune, epochs=self.fine_tune_epochs)
            )
        return config

    def _fitted(self) -> FittedModel:
        if not hasattr(self, "model_"):
            raise UsageError("this ScInfoVAE is not fitted yet; call fit or load first.")
        fitted: FittedModel = self.model_
        return fitted


def _as_categorical(labels: np.ndarray) -> pd.Categorical[Any]:
    names = pd.Index([str(k) for k in range(labels.max() + 1)])
    return pd.Categorical.from_codes(labels, names)
