"""scziDesk (Chen et al. 2020): autoencoder of counts, soft K-means and in-batch self-training."""

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
class ScziDeskConfig:
    """Choices of scziDesk; the defaults are its authors'.

    Attributes
    ----------
    hidden
        Widths of the encoder's hidden layers; the decoder mirrors them.
    latent_dim
        Dimensions of the embedding.
    noise
        Standard deviation of the Gaussian noise added to the scaled input and to the hidden
        pre-activations of the encoder while training. The paper adds noise and the authors' code
        sets 1.5, but runs in a mode that leaves it out: their results are those of 0.
    ridge
        Weight of the mean squared dropout probability in the reconstruction term.
    kmeans_weight
        Weight of the soft K-means term (the authors call it alpha).
    self_training_weight
        Weight of the self-training term, summed over the cells of a minibatch (gamma).
    t_dof
        Degrees of freedom of the Student kernel between the cells of a minibatch.
    batch_size
        Cells in a minibatch; they are taken in order, and the last of an epoch is filled up from
        the first cells.
    learning_rate
        Of Adam, for weights and cluster centres.
    pretrain_epochs
        Passes over the cells with the reconstruction term alone.
    max_epochs
        Most epochs with all three terms.
    check_every
        Every so many of them is no training but a look at the clusters.
    tolerance
        Stop when less than this share of cells changes cluster between two looks; 0 never stops.
    centre_starts
        K-means starts for the initial centres.
    """

    hidden: tuple[int, ...] = (256, 64)
    latent_dim: int = 32
    noise: float = 0.0
    ridge: float = 1.0
    kmeans_weight: float = 1e-3
    self_training_weight: float = 1e-3
    t_dof: float = 1.0
    batch_size: int = 256
    learning_rate: float = 1e-4
    pretrain_epochs: int = 1000
    max_epochs: int = 2000
    check_every: int = 10
    tolerance: float = 1e-3
    centre_starts: int = 10

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_widths(self, "hidden")
        check_at_least(self, latent_dim=1, batch_size=2, check_every=2, centre_starts=1)
        check_at_least(self, noise=0, ridge=0, kmeans_weight=0, self_training_weight=0)
        check_at_least(self, pretrain_epochs=0, max_epochs=0, tolerance=0)
        check_above_zero(self, "learning_rate", "t_dof")


class ScziDeskMethod(CountMethod):
    """ZINB autoencoder whose embedding is drawn to K centres and to the neighbours of each cell."""

    config: ScziDeskConfig

    def train(
        self,
        prepared: Prepared,
        data: TrainingData,
        n_clusters: int,
        seed: int,
        report: Callable[[str, int, int], None],
    ) -> MethodResult:
        """Pretrain, then self-train; see `CountMethod.train`."""
        from scinfovae.methods._sczidesk import train

        return train(data, self.config, n_clusters, seed, report)


INFO = MethodInfo(
    name="sczidesk",
    title="scziDesk",
    version=1,
    citation=(
        "Chen, Wang, Zhai & Deng 2020, NAR Genomics and Bioinformatics 2:lqaa039, "
        "doi 10.1093/nargab/lqaa039"
    ),
    summary="Autoencoder of the counts (ZINB) with soft K-means and in-batch self-training.",
    needs_k=True,
    stochastic=True,
    own_labels=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 1,
        "min_cell_counts": 1,
        "clip": None,
    },
    config_class=ScziDeskConfig,
    method_class=ScziDeskMethod,
)
