"""DESC (Li et al. 2020): stacked autoencoder, Louvain clusters, then self-training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods._checks import (
    check_above_zero,
    check_at_least,
    check_fraction,
    check_widths,
)
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class DESCConfig:
    """Choices of DESC; the defaults are its authors'.

    Attributes
    ----------
    hidden
        Widths of the encoder's hidden layers (ReLU); the decoder mirrors them.
    latent_dim
        Dimensions of the embedding, which lies between -1 and 1 (tanh).
    dropout
        Share of the values left out before either layer while a pair of layers is trained alone.
    batch_size
        Cells in a minibatch.
    pretrain_epochs
        Passes over the cells with all layers, 50 at each learning rate from 1 down by tens; each
        pair of layers has half as many before, a third of them at .1, .01 and .001.
    pretrain_patience
        Leave a learning rate of a pair of layers when its loss has not improved by .0001 for so
        many epochs; 0 never does.
    n_neighbors
        Size of the neighbourhoods of the graph for Louvain.
    resolution
        Of Louvain: larger values give more and smaller clusters.
    search_resolution
        Search the resolution that gives K clusters instead, by bisection.
    max_updates
        Most refreshes of the target distribution.
    epochs_per_update
        Passes over the cells between two refreshes.
    learning_rate
        Of stochastic gradient descent (momentum .9) in self-training.
    t_dof
        Degrees of freedom of the Student kernel (the authors call it alpha).
    tolerance
        Stop when less than this share of cells changes cluster between two refreshes; 0 never
        stops.
    """

    hidden: tuple[int, ...] = (64,)
    latent_dim: int = 32
    dropout: float = 0.2
    batch_size: int = 256
    pretrain_epochs: int = 300
    pretrain_patience: int = 10
    n_neighbors: int = 10
    resolution: float = 1.0
    search_resolution: bool = False
    max_updates: int = 1000
    epochs_per_update: int = 5
    learning_rate: float = 0.01
    t_dof: float = 1.0
    tolerance: float = 0.005

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_widths(self, "hidden")
        check_fraction(self, "dropout")
        check_at_least(self, latent_dim=1, batch_size=1, n_neighbors=2, epochs_per_update=1)
        check_at_least(self, pretrain_epochs=0, pretrain_patience=0, max_updates=0, tolerance=0)
        check_above_zero(self, "resolution", "learning_rate", "t_dof")


class DESCMethod:
    """Autoencoder of the scaled values whose embedding is then drawn to Louvain's clusters."""

    def __init__(self, config: DESCConfig) -> None:
        self.config = config

    def fit(
        self,
        prepared: Prepared,
        *,
        n_clusters: int,
        seeds: Sequence[int],
        device: str,
        progress: Callable[[str, int, int], None],
    ) -> list[MethodResult]:
        """Train one model for each seed; see `Method.fit`."""
        import torch

        from scinfovae.methods._desc import train

        scaled = torch.as_tensor(prepared.scaled).to(device, torch.float32)

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return train(scaled, self.config, n_clusters, seed, report)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="desc",
    title="DESC",
    version=1,
    citation="Li et al. 2020, Nature Communications 11:2338, doi 10.1038/s41467-020-15851-3",
    summary="Stacked autoencoder, then self-training from Louvain's clusters, which say how many.",
    needs_k=False,
    stochastic=True,
    own_labels=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "normalize_total": False,
        "n_hvg": 1000,
        "clip": 6.0,
    },
    config_class=DESCConfig,
    method_class=DESCMethod,
)
