"""The neighbour graph of scanpy, and the same for igraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from anndata import AnnData
    from igraph import Graph


def neighbour_graph(embedding: np.ndarray, n_neighbors: int, seed: int) -> AnnData:
    """Build scanpy's neighbour graph.

    Parameters
    ----------
    embedding
        Array of shape (n_cells, n_dimensions).
    n_neighbors
        Size of the neighbourhoods; smaller where there are fewer cells.
    seed
        Of the search for neighbours, below 2**31.

    Returns
    -------
    The cells with scanpy's ``connectivities`` and ``distances``.
    """
    import warnings

    import anndata as ad
    import scanpy as sc
    from scipy import sparse

    adata = ad.AnnData(obsm={"X": np.asarray(embedding, dtype=np.float32)})
    n_neighbors = min(n_neighbors, len(embedding) - 1)
    with warnings.catch_warnings():
        # scanpy's own way of building the graph above 4096 cells
        warnings.simplefilter("ignore", sparse.SparseEfficiencyWarning)
        sc.pp.neighbors(adata, n_neighbors=n_neighbors, use_rep="X", random_state=seed)
    return adata


def network_of(graph: AnnData) -> Graph:
    """Turn a neighbour graph into igraph's; every connection is one edge with its ``weight``."""
    import igraph
    from scipy import sparse

    edges = sparse.triu(graph.obsp["connectivities"], k=1, format="coo")
    network = igraph.Graph(graph.n_obs, np.stack([edges.row, edges.col], axis=1))
    network.es["weight"] = edges.data.tolist()
    return network
