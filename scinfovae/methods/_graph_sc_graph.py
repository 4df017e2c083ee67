"""The graph of graph-sc: an edge from every gene to every cell that expresses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

_ROWS = 2048
_EXACT_GENES = 1000


class Edges(NamedTuple):
    """Edges into some cells.

    Attributes
    ----------
    weights
        From every gene, 0 where it is not expressed, array of shape (n_cells, n_genes).
    degree
        Genes that the cell expresses, array of shape (n_cells, 1).
    """

    weights: Tensor
    degree: Tensor


@dataclass(frozen=True)
class GeneCellGraph:
    """Genes, cells, and what describes them; edges are made of the counts when they are needed.

    Attributes
    ----------
    counts
        Array of shape (n_cells, n_genes).
    gene_features, cell_features
        Arrays of shape (n_genes, n_features) and (n_cells, n_features).
    cells_of_gene
        Cells that express the gene, array of shape (n_genes,).
    """

    counts: Tensor
    gene_features: Tensor
    cell_features: Tensor
    cells_of_gene: Tensor

    @classmethod
    def of(cls, counts: Tensor, n_features: int) -> GeneCellGraph:
        """Describe genes by principal components, and cells by the genes that they express.

        Parameters
        ----------
        counts
            Array of shape (n_cells, n_genes).
        n_features
            Components; fewer where there are fewer genes or cells.

        Returns
        -------
        The graph.
        """
        genes = torch.from_numpy(gene_components(counts, n_features)).float()
        cells = torch.cat([log_shares(part) @ genes for part in counts.split(_ROWS)])
        return cls(counts, genes, cells, (counts > 0).sum(0).float())

    def to(self, device: torch.device) -> GeneCellGraph:
        """Move it to a device."""
        return GeneCellGraph(**{name: tensor.to(device) for name, tensor in vars(self).items()})

    def edges_to(self, cells: Tensor) -> Edges:
        """Give the edges into some cells; those into a cell weigh 1 in the mean."""
        counts = self.counts[cells]
        shares = log_shares(counts)
        degree = (counts > 0).sum(1, keepdim=True).to(counts.dtype)
        total = shares.sum(1, keepdim=True)
        return Edges(shares * (degree / total.clamp_min(torch.finfo(total.dtype).tiny)), degree)


def log_shares(counts: Tensor) -> Tensor:
    """Divide log(1 + counts) by its sum over the genes of the cell."""
    logged = counts.log1p()
    return logged / (logged.sum(1, keepdim=True) + 1e-6)


def gene_components(counts: Tensor, n_features: int) -> np.ndarray:
    """Place the genes on their first principal components.

    The matrix has a row for each gene, its log shares scaled to mean 0 and standard deviation 1
    over the cells; principal components then centre the values of each cell.

    Parameters
    ----------
    counts
        Array of shape (n_cells, n_genes).
    n_features
        Components; fewer where there are fewer genes or cells.

    Returns
    -------
    Float64 array of shape (n_genes, at most n_features). Signs are fixed: the gene farthest from
    0 on each component is positive.
    """
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh

    shares = log_shares(counts)
    deviation, mean = torch.std_mean(shares.double(), dim=0, correction=0)
    deviation = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
    products = torch.zeros(counts.shape[1], counts.shape[1], dtype=torch.float64)
    for part in shares.split(_ROWS):
        scaled = (part.double() - mean) / deviation
        scaled -= scaled.mean(1, keepdim=True)
        products.addmm_(scaled.T, scaled)
    n_genes, n_kept = len(products), min(n_features, *counts.shape)
    if n_genes <= _EXACT_GENES or n_kept == n_genes:
        found = eigh(products.numpy(), subset_by_index=(n_genes - n_kept, n_genes - 1))
    else:
        start = np.random.default_rng(0).normal(size=n_genes)
        found = eigsh(products.numpy(), n_kept, v0=start)
    values, vectors = (part[..., ::-1] for part in found)
    largest = vectors[np.abs(vectors).argmax(0), np.arange(n_kept)]
    return vectors * np.sign(largest) * np.sqrt(values.clip(0))
