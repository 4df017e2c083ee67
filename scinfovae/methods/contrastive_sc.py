"""contrastive-sc (Ciortan & Defrance 2021): two views of a cell lie close, those of others far."""

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
class ContrastiveSCConfig:
    """Choices of contrastive-sc; the defaults are its authors'.

    Attributes
    ----------
    hidden
        Widths of the hidden layers, each normalised over the minibatch before its ReLU.
    latent_dim
        Dimensions of the embedding, whose rows have length 1.
    dropout
        Share of the scaled genes set to 0 in each of the two views of a cell.
    temperature
        Of the similarities in the loss.
    batch_size
        Cells in a minibatch; those of the same minibatch are the negative examples.
    epochs
        Passes over the cells.
    learning_rate
        Of Adam, at the start.
    schedule_epochs
        Length of the cosine along which the learning rate falls to a thousandth; it is longer
        than the training, during which the rate hardly changes.
    """

    hidden: tuple[int, ...] = (200, 40)
    latent_dim: int = 60
    dropout: float = 0.9
    temperature: float = 0.07
    batch_size: int = 200
    epochs: int = 30
    learning_rate: float = 0.4
    schedule_epochs: int = 500

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_widths(self, "hidden")
        check_at_least(self, latent_dim=1, batch_size=2, epochs=0, schedule_epochs=1)
        check_above_zero(self, "temperature", "learning_rate")
        check_fraction(self, "dropout")


class ContrastiveSCMethod:
    """Encoder trained without a decoder, by telling a cell from the others of its minibatch."""

    def __init__(self, config: ContrastiveSCConfig) -> None:
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
        """Train one encoder for each seed; see `Method.fit`."""
        import torch

        from scinfovae.methods._contrastive_sc import train

        scaled = torch.as_tensor(prepared.scaled).to(device, torch.float32)

        def fit_one(seed: int, report: Callable[[str, int, int], None]) -> MethodResult:
            return train(scaled, self.config, seed, report)

        return each_seed(seeds, progress, fit_one)


INFO = MethodInfo(
    name="contrastive_sc",
    title="contrastive-sc",
    version=1,
    citation="Ciortan & Defrance 2021, BMC Bioinformatics 22:280, doi 10.1186/s12859-021-04210-8",
    summary="Encoder trained to match two random views of each cell, with genes dropped out.",
    needs_k=False,
    stochastic=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 1,
        "min_cell_counts": 1,
        "clip": None,
    },
    config_class=ContrastiveSCConfig,
    method_class=ContrastiveSCMethod,
)
