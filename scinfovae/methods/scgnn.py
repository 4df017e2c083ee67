"""scGNN (Wang et al. 2021): an autoencoder and a pruned cell graph, in turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from scinfovae.errors import UsageError, did_you_mean
from scinfovae.methods._checks import check_above_zero, check_at_least, check_widths
from scinfovae.methods.base import MethodInfo, MethodResult
from scinfovae.methods.each_seed import each_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared

Space = Literal["feature", "graph", "both"]


@dataclass(frozen=True)
class GraphAutoencoderConfig:
    """Choices of the graph autoencoder.

    Attributes
    ----------
    hidden_dim, latent_dim
        Widths of its two graph convolutions.
    epochs
        Steps, each with all cells, every time the cell graph is new.
    learning_rate
        Of Adam.
    """

    hidden_dim: int = 32
    latent_dim: int = 16
    epochs: int = 200
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, hidden_dim=1, latent_dim=1, epochs=0)
        check_above_zero(self, "learning_rate")


@dataclass(frozen=True)
class ScGNNConfig:
    """Choices of scGNN; the defaults are those with which the published scores were made.

    Attributes
    ----------
    hidden
        Widths of the hidden layers of the feature autoencoder; the decoder mirrors them.
    latent_dim
        Dimensions of its embedding, none of them negative (ReLU).
    reconstruction_weight
        Weight of the squared error, summed over cells and genes.
    l1, l2
        Weights of the sums of all weights' and biases' absolute values and squares. They count
        the more, the fewer cells and genes there are.
    learning_rate
        Of Adam.
    batch_size
        Cells in a minibatch, in their given order.
    pretrain_epochs
        Passes over the cells before the first clusters.
    em_iterations
        Most rounds of clustering, training and rebuilding the cell graph.
    em_epochs
        Passes over the cells within a round.
    cluster_epochs
        Passes of an autoencoder of each cluster's own over what is reconstructed of its cells,
        in each round; the feature autoencoder then learns from their output. 0 leaves them out
        (the authors' quick mode), and it stays with the data.
    agreement
        Stop when the clusters of two rounds agree by an adjusted Rand index above this.
    n_neighbors
        Neighbours of a cell in the graph; those farther than mean + standard deviation of their
        distances are pruned.
    community_share
        K-means gets this share of the number of Louvain's communities; 0 is .8 below 2000 cells
        and .5 from there on.
    most_clusters, least_members
        Smaller clusters, and those beyond so many, are put together where there are too many.
    embedding
        What is clustered and returned: of the ``"feature"`` autoencoder, of the ``"graph"``
        autoencoder (the paper), or ``"both"`` side by side.
    graph
        The graph autoencoder.
    """

    hidden: tuple[int, ...] = (512,)
    latent_dim: int = 128
    reconstruction_weight: float = 0.1
    l1: float = 1.0
    l2: float = 0.0
    learning_rate: float = 1e-3
    batch_size: int = 6000
    pretrain_epochs: int = 500
    em_iterations: int = 2
    em_epochs: int = 20
    cluster_epochs: int = 0
    agreement: float = 0.99
    n_neighbors: int = 10
    community_share: float = 0.0
    most_clusters: int = 30
    least_members: int = 5
    embedding: Space = "feature"
    graph: GraphAutoencoderConfig = field(default_factory=GraphAutoencoderConfig)

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_widths(self, "hidden")
        check_at_least(self, latent_dim=1, batch_size=1, n_neighbors=1, em_iterations=1)
        check_at_least(self, pretrain_epochs=0, em_epochs=0, cluster_epochs=0, agreement=0)
        check_at_least(self, l1=0, l2=0, community_share=0, most_clusters=2, least_members=1)
        check_above_zero(self, "reconstruction_weight", "learning_rate")
        if self.embedding not in get_args(Space):
            raise UsageError(
                f"embedding={self.embedding!r} is not known: give one of "
                f"{', '.join(get_args(Space))}.{did_you_mean(self.embedding, get_args(Space))}"
            )


class ScGNNMethod:
    """Autoencoder whose clusters and cell graph are renewed in turns."""

    def __init__(self, config: ScGNNConfig) -> None:
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

        from scinfovae.methods._scgnn import train

        values = torch.from_numpy(prepared.normalized())
        if not prepared.reference.config.log1p:  # genes are then ranked by the variance of counts
            values.log1p_()
        values = values.to(device)

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return train(values, self.config, seed, report)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="scgnn",
    title="scGNN",
    version=1,
    citation="Wang et al. 2021, Nature Communications 12:1882, doi 10.1038/s41467-021-22197-x",
    summary="Autoencoder of the logged counts, whose cell graph says how many clusters there are.",
    needs_k=False,
    stochastic=True,
    own_labels=True,
    own_recipe={
        "normalize_total": False,
        "log1p": False,
        "hvg_flavor": "variance",
        "n_hvg": 2000,
        "scale_axis": "none",
        "clip": None,
    },
    config_class=ScGNNConfig,
    method_class=ScGNNMethod,
)
