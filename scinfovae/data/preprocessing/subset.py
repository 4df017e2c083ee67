"""Rows and columns of a sparse matrix, counted and taken without copies on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 22
"""Stored values handled at once where a copy in float64 or of another length is needed."""


def row_sums(
    matrix: sparse.csr_matrix, columns: np.ndarray | None = None, *, stored: bool = False
) -> np.ndarray:
    """Sum each row over some columns, in float64.

    Parameters
    ----------
    matrix
        CSR matrix of shape (n_rows, n_columns).
    columns
        Which columns count, boolean array of shape (n_columns,); all if left out.
    stored
        Count the stored values instead of adding them.

    Returns
    -------
    Array of shape (n_rows,).
    """
    # scipy adds float32 in float32
    sums = np.zeros(matrix.shape[0])
    for rows, values in row_blocks(matrix):
        bounds = matrix.indptr[rows.start : rows.stop + 1]
        row = np.repeat(np.arange(bounds.size - 1), np.diff(bounds))
        weights = None if stored else matrix.data[values]
        if columns is not None:
            counted = columns[matrix.indices[values]]
            weights = counted if weights is None else weights * counted
        sums[rows] = np.bincount(row, weights, minlength=bounds.size - 1)
    return sums


def column_sums(matrix: sparse.csr_matrix) -> np.ndarray:
    """Sum each column in float64.

    Parameters
    ----------
    matrix
        CSR matrix of shape (n_rows, n_columns).

    Returns
    -------
    Array of shape (n_columns,).
    """
    sums = np.zeros(matrix.shape[1])
    for first in range(0, matrix.nnz, BLOCK):
        part = slice(first, first + BLOCK)
        sums += np.bincount(matrix.indices[part], matrix.data[part], minlength=sums.size)
    return sums


def take(matrix: sparse.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> sparse.csr_matrix:
    """Take rows and columns into a new matrix; nothing else as large is made on the way.

    Parameters
    ----------
    matrix
        Canonical CSR matrix of shape (n_rows, n_columns).
    rows, columns
        What is taken, each in ascending order and without repeats.

    Returns
    -------
    Canonical CSR matrix of shape (rows.size, columns.size) that shares no memory.
    """
    kept_row = np.zeros(matrix.shape[0], dtype=bool)
    kept_row[rows] = True
    position = np.full(matrix.shape[1], -1, dtype=matrix.indices.dtype)
    position[columns] = np.arange(columns.size)
    lengths = row_sums(matrix, position >= 0, stored=True)[rows].astype(np.int64)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    data = np.empty(ends[-1], dtype=matrix.data.dtype)
    indices = np.empty(ends[-1], dtype=matrix.indices.dtype)
    start = 0
    for some_rows, values in row_blocks(matrix):
        bounds = matrix.indptr[some_rows.start : some_rows.stop + 1]
        column = position[matrix.indices[values]]
        wanted = np.repeat(kept_row[some_rows], np.diff(bounds)) & (column >= 0)
        stop = start + int(np.count_nonzero(wanted))
        indices[start:stop] = column[wanted]
        data[start:stop] = matrix.data[values][wanted]
        start = stop
    indptr = ends.astype(matrix.indptr.dtype)
    return sparse.csr_matrix((data, indices, indptr), shape=(rows.size, columns.size))


def row_blocks(matrix: sparse.csr_matrix) -> Iterator[tuple[slice, slice]]:
    """Walk over rows and where their stored values lie, about `BLOCK` of them at a time.

    Parameters
    ----------
    matrix
        CSR matrix of shape (n_rows, n_columns).

    Yields
    ------
    Some rows, and the part of ``data`` and ``indices`` that is theirs.
    """
    n_rows = matrix.shape[0]
    step = max(1, BLOCK * n_rows // max(1, matrix.nnz))
    for first in range(0, n_rows, step):
        last = min(first + step, n_rows)
        yield slice(first, last), slice(matrix.indptr[first], matrix.indptr[last])
