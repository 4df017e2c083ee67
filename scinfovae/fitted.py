"""Training on prepared cells, and the trained model as a thing to keep and to use on new cells."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from scinfovae.clustering import kmeans_centres
from scinfovae.data.preprocessing import PreprocessingReference
from scinfovae.errors import DataError, NoCountsError
from scinfovae.model.cells import TrainingData
from scinfovae.model.config import FineTuneConfig, ModelConfig, PretrainConfig
from scinfovae.model.device import resolve_device
from scinfovae.model.network import Network
from scinfovae.model.training import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from anndata import AnnData

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.model.snapshots import Kept
    from scinfovae.model.training import TrainedSeed

_FORMAT = "scinfovae-model/1"
_ROWS = 8192


def train_models(
    prepared: Prepared,
    config: ModelConfig,
    n_clusters: int,
    seeds: Sequence[int],
    device: str = "auto",
    progress: Callable[[str, int, int], None] | None = None,
    *,
    keep_snapshots: Kept = "nothing",
) -> list[TrainedSeed]:
    """Train ScInfoVAE on prepared cells, one model per seed in one stack.

    Parameters
    ----------
    prepared
        Cells as `scinfovae.data.preprocessing.preprocess` gives them.
    config
        Network, objective and schedule.
    n_clusters
        Number of self-training centres, started from K-means on the pretrained embedding.
    seeds
        One model each.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    progress
        Called as ``progress(stage, epochs_done, epochs_total)``.
    keep_snapshots
        What to keep on the way; see `scinfovae.model.snapshots.Snapshots`.

    Raises
    ------
    NoCountsError
        If the cells hold continuous values and the likelihood is one of counts.
    """
    if prepared.has_counts:
        counts = prepared.counts
    elif config.likelihood in ("mse", "gaussian"):
        counts = np.zeros((len(prepared.scaled), 1), np.float32)
    else:
        raise NoCountsError(
            f"likelihood={config.likelihood} is one of counts, and the data hold continuous "
            "values; choose likelihood=gaussian."
        )
    data = TrainingData.from_arrays(
        prepared.scaled, counts, prepared.size_factors, resolve_device(device)
    )

    def choose_centres(embedding: torch.Tensor, seed: int) -> torch.Tensor:
        starts = config.fine_tune.centre_starts
        return torch.from_numpy(kmeans_centres(embedding.numpy(), n_clusters, seed, starts))

    return train(data, config, seeds, choose_centres, progress, keep_snapshots=keep_snapshots)


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A trained model of one seed, with all that new cells need.

    Attributes
    ----------
    config
        Of the model.
    reference
        Genes, scaling and size-factor reference of the training cells.
    weights
        Of the network, by name.
    centres
        Cluster centres in the embedding, array of shape (n_clusters, latent_dim).
    """

    config: ModelConfig
    reference: PreprocessingReference
    weights: dict[str, torch.Tensor]
    centres: np.ndarray

    def embed(self, adata: AnnData) -> np.ndarray:
        """Embed cells measured on (nearly) the same genes.

        Parameters
        ----------
        adata
            Counts in ``X``; not modified.

        Returns
        -------
        Posterior means, float32 array of shape (n_cells, latent_dim).

        Raises
        ------
        DataError
            If more than 20 % of the model's genes are missing.
        """
        network = self._network()
        scaled = torch.from_numpy(self.reference.transform(adata).scaled)
        with torch.no_grad():
            parts = [network.encode(part.unsqueeze(0))[0][0] for part in scaled.split(_ROWS)]
        return torch.cat(parts).numpy()

    def expected_counts(self, embedding: np.ndarray) -> np.ndarray:
        """Decode positions into the mean counts of a cell of mean size (size factor 1).

        Parameters
        ----------
        embedding
            Array of shape (n_cells, latent_dim).

        Returns
        -------
        mu of the count likelihood, before dropout, float32 array of shape (n_cells, n_genes).

        Raises
        ------
        NoCountsError
            If the likelihood is not one of counts.
        """
        if self.config.likelihood in ("mse", "gaussian"):
            raise NoCountsError(f"likelihood={self.config.likelihood} expects no counts.")
        network, parts = self._network(), []
        with torch.no_grad():
            for part in torch.as_tensor(embedding, dtype=torch.float32).split(_ROWS):
                decoded = network.decode(part.unsqueeze(0), torch.zeros(1, len(part), 1))
                parts.append(decoded.mean[0].exp())
        return torch.cat(parts).numpy()

    def assign(self, embedding: np.ndarray) -> np.ndarray:
        """Give each row of an embedding its nearest centre, int32 array of shape (n_cells,)."""
        distances = torch.cdist(
            torch.as_tensor(embedding, dtype=torch.float64),
            torch.as_tensor(self.centres, dtype=torch.float64),
        )
        return distances.argmin(1).numpy().astype(np.int32)

    def check(self) -> None:
        """Raise an error if weights, genes and configuration do not fit together."""
        self._network()

    def _network(self) -> Network:
        n_genes = len(self.reference.gene_names)
        network = Network(n_genes, self.config, [torch.Generator()])
        network.load_state_dict({name: w.unsqueeze(0) for name, w in self.weights.items()})
        return network.eval()

    def save(self, path: Path) -> None:
        """Write weights and metadata to one safetensors file; nothing is pickled."""
        arrays, described = self.reference.to_arrays()
        tensors = {f"network.{name}": value.contiguous() for name, value in self.weights.items()}
        tensors |= {f"reference.{k}": torch.tensor(np.asarray(v)) for k, v in arrays.items()}
        tensors["centres"] = torch.tensor(self.centres)
        metadata = {
            "format": _FORMAT,
            "config": json.dumps(asdict(self.config)),
            "reference": json.dumps(described),
        }
        # written by Python, so that a full disk is an OSError like any other
        path.write_bytes(save(tensors, metadata))


def load_fitted(path: Path) -> FittedModel:
    """Read a model written by `FittedModel.save`.

    Raises
    ------
    DataError
        If the file is missing or is not such a model.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist; a model is kept when results.keep_model=true.")
    try:
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata() or {}
            tensors = {name: handle.get_tensor(name) for name in handle.keys()}
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} is not a readable model file ({error}).") from error
    if metadata.get("format") != _FORMAT:
        found = metadata.get("format", "none")
        raise DataError(f"{path} is no ScInfoVAE model: format '{found}', expected '{_FORMAT}'.")
    try:
        model = FittedModel(
            config=_read_config(json.loads(metadata["config"])),
            reference=PreprocessingReference.from_arrays(
                {name: value.numpy() for name, value in _part(tensors, "reference.").items()},
                json.loads(metadata["reference"]),
            ),
            weights=_part(tensors, "network."),
            centres=tensors["centres"].numpy(),
        )
        model.check()
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{path} is damaged or of another version ({error}).") from error
    return model


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _read_config(values: dict[str, Any]) -> ModelConfig:
    values["hidden"] = tuple(values["hidden"])
    values["pretrain"] = PretrainConfig(**values["pretrain"])
    values["fine_tune"] = FineTuneConfig(**values["fine_tune"])
    return ModelConfig(**values)
