"""graph-sc (Ciortan & Defrance 2022): a graph autoencoder of genes and cells."""

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
class GraphSCConfig:
    """Choices of graph-sc; the defaults are its authors'.

    Attributes
    ----------
    n_features
        Principal components that describe a gene, and through its genes a cell; fewer where there
        are fewer genes or cells.
    hidden_dim
        Width of the graph convolution from the genes to the cells (ReLU).
    dense
        Widths of the dense layers after it, without activations; the last is the embedding.
    dropout
        Share of the features set to 0 in training.
    decoder_dropout
        The same for the embedding before its inner products.
    batch_size
        Cells in a minibatch, each with all its genes.
    epochs
        Passes over the cells.
    learning_rate
        Of Adam.
    """

    n_features: int = 50
    hidden_dim: int = 200
    dense: tuple[int, ...] = (300,)
    dropout: float = 0.1
    decoder_dropout: float = 0.1
    batch_size: int = 128
    epochs: int = 10
    learning_rate: float = 1e-5

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_widths(self, "dense")
        check_at_least(self, n_features=1, hidden_dim=1, batch_size=2, epochs=0)
        check_above_zero(self, "learning_rate")
        check_fraction(self, "dropout", "decoder_dropout")


class GraphSCMethod:
    """Cells embedded by a graph convolution over the genes they express."""

    def __init__(self, config: GraphSCConfig) -> None:
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
        import time

        import torch

        from scinfovae.methods._graph_sc import train
        from scinfovae.methods._graph_sc_graph import GeneCellGraph

        start = time.perf_counter()
        counts = torch.from_numpy(prepared.counts)
        graph = GeneCellGraph.of(counts, self.config.n_features).to(torch.device(device))
        seconds = time.perf_counter() - start  # the graph is the same for all seeds

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return train(graph, self.config, seed, seconds / len(seeds), report)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="graph_sc",
    title="graph-sc",
    version=1,
    citation="Ciortan & Defrance 2022, Bioinformatics 38:1037, doi 10.1093/bioinformatics/btab787",
    summary="Graph autoencoder in which the genes pass their features to the cells.",
    needs_k=False,
    stochastic=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 3,
        "min_cell_counts": 1,
        "n_hvg": 3000,
        "scale_axis": "none",
        "clip": None,
    },
    config_class=GraphSCConfig,
    method_class=GraphSCMethod,
)
