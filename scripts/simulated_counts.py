"""Sparse counts of any size, density and type, built in place, for benchmark_preprocessing.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

BLOCK_CELLS = 500


def simulated_counts(n_cells: int, n_genes: int, density: float, types: str) -> Any:
    """Sparse counts with genes of uneven expression, built in place."""
    import numpy as np
    from scipy import sparse

    rng = np.random.default_rng(0)
    chance = expressed_shares(n_genes, density, rng)
    value_type, index_type = types.split("/")
    by_gene = index_type == "csc"
    rows, columns = (n_genes, n_cells) if by_gene else (n_cells, n_genes)
    room = int(1.01 * n_cells * chance.sum()) + 10_000
    data = np.empty(room, dtype=value_type)
    indices = np.empty(room, dtype=np.int32 if by_gene else index_type)
    ends = [0]
    # one cell in a hundred is nearly empty, so that cells are dropped too
    depth = np.where(np.arange(n_cells) % 100 == 0, 0.01, 1.0).astype(np.float32)[:, None]
    for first in range(0, rows, BLOCK_CELLS):
        size = min(BLOCK_CELLS, rows - first)
        some = slice(first, first + size)
        shares = chance[some, None] * depth.T if by_gene else depth[some] * chance
        row, column = np.nonzero(rng.random((size, columns), dtype=np.float32) < shares)
        start, stop = ends[-1], ends[-1] + column.size
        indices[start:stop] = column
        data[start:stop] = rng.geometric(0.5, column.size)
        ends.extend((start + np.cumsum(np.bincount(row, minlength=size))).tolist())
    kind = sparse.csc_matrix if by_gene else sparse.csr_matrix
    matrix = kind((n_cells, n_genes), dtype=value_type)
    # set one by one: the constructor would copy 64-bit indices into 32-bit ones
    matrix.data, matrix.indices = data[: ends[-1]], indices[: ends[-1]]
    matrix.indptr = np.array(ends, dtype=indices.dtype)
    return matrix


def expressed_shares(n_genes: int, density: float, rng: np.random.Generator) -> np.ndarray:
    """Share of the cells that express each gene; `density` on average, and at most 0.95."""
    import numpy as np

    shape = rng.gamma(0.5, size=n_genes)
    low, high = 0.0, 1e6
    for _ in range(60):
        middle = (low + high) / 2
        too_many = np.minimum(shape * middle, 0.95).mean() > density
        low, high = (low, middle) if too_many else (middle, high)
    return np.minimum(shape * low, 0.95).astype(np.float32)
