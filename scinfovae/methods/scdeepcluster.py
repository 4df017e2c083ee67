"""scDeepCluster (Tian et al. 2019): denoising autoencoder of counts, then self-training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods._checks import check_above_zero, check_at_least, check_widths
from scinfovae.methods._from_counts import CountMethod
from scinfovae.methods.base import MethodInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.base import MethodResult
    from scinfovae.model.cells import TrainingData


@dataclass(frozen=True)
class ScDeepClusterConfig:
    """Choices of scDeepCluster; the defaults are those of its authors' PyTorch code.

    Attributes
    ----------
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    latent_dim
        Dimensions of the embedding.
    input_noise
        Standard deviation of the Gaussian noise added to the scaled input while training.
    hidden_noise
        The same for the hidden pre-activations of the encoder; the authors' first code has 2.5.
    batch_size
        Cells in a minibatch.
    pretrain_epochs
        Passes over the cells without the clustering term, with Adam (AMSGrad).
    pretrain_learning_rate
        Of Adam.
    pretrain_patience
        Stop pretraining when its loss has not improved for so many epochs; 0 never stops (the
        authors' first code has 50).
    max_epochs
        Most passes over the cells with the clustering term, with Adadelta (rho .95).
    learning_rate
        Of Adadelta.
    gamma
        Weight of the clustering term.
    t_dof
        Degrees of freedom of the Student kernel (the authors call it alpha).
    update_interval
        Epochs between two refreshes of the target distribution.
    tolerance
        Stop when less than this share of cells changes cluster between two refreshes; 0 never
        stops.
    centre_starts
        K-means starts for the initial centres.
    """

    hidden: tuple[int, ...] = (256, 64)
    latent_dim: int = 32
    input_noise: float = 2.5
    hidden_noise: float = 0.0
    batch_size: int = 256
    pretrain_epochs: int = 300
    pretrain_learning_rate: float = 1e-3
    pretrain_patience: int = 0
    max_epochs: int = 2000
    learning_rate: float = 1.0
    gamma: float = 1.0
    t_dof: float = 1.0
    update_interval: int = 1
    tolerance: float = 1e-3
    centre_starts: int = 20

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_widths(self, "hidden")
        check_at_least(self, latent_dim=1, batch_size=1, update_interval=1, centre_starts=1)
        check_at_least(self, input_noise=0, hidden_noise=0, gamma=0, tolerance=0)
        check_at_least(self, pretrain_epochs=0, pretrain_patience=0, max_epochs=0)
        check_above_zero(self, "pretrain_learning_rate", "learning_rate", "t_dof")


class ScDeepClusterMethod(CountMethod):
    """Denoising ZINB autoencoder whose embedding is then drawn to K centres."""

    config: ScDeepClusterConfig

    def train(
        self,
        prepared: Prepared,
        data: TrainingData,
        n_clusters: int,
        seed: int,
        report: Callable[[str, int, int], None],
    ) -> MethodResult:
        """Pretrain, then self-train; see `CountMethod.train`."""
        from scinfovae.methods._scdeepcluster import train

        return train(data, self.config, n_clusters, seed, report)


INFO = MethodInfo(
    name="scdeepcluster",
    title="scDeepCluster",
    version=1,
    citation=(
        "Tian, Wan, Song & Wei 2019, Nature Machine Intelligence 1:191, "
        "doi 10.1038/s42256-019-0037-0"
    ),
    summary="Denoising autoencoder of the counts (ZINB), then self-training on K clusters.",
    needs_k=True,
    stochastic=True,
    own_labels=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 1,
        "min_cell_counts": 1,
        "n_hvg": None,
        "clip": None,
    },
    config_class=ScDeepClusterConfig,
    method_class=ScDeepClusterMethod,
)
