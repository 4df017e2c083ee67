"""Careful access to HDF5 files: what is no HDF5 is named, what is damaged is said to be."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from scipy import sparse

from scinfovae.data.layouts.common import check_shape, missing_key, one_line
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK_BYTES = 64 * 2**20


def _describe(path: Path) -> str:
    """Say what a file is that is not HDF5."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        return "is empty"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "is a Python pickle, which is never loaded because it can run any code"
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the data it points to"
    if head.startswith(b"\x1f\x8b"):
        return "is a gzip archive"
    if head.startswith(b"PK"):
        return "is a zip archive"
    if all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        line = head.decode("utf-8", errors="replace").strip().split("\n")[0]
        return f"is a text file (it begins with {line[:40]!r})"
    return "is no HDF5 file"


@contextlib.contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading and turn its low-level failures into plain sentences.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    The open file.

    Raises
    ------
    DataError
        If it is no HDF5 file, is truncated, or fails while it is read.
    """
    try:
        if not h5py.is_hdf5(path):
            raise DataError(
                f"'{path}' {_describe(path)}, not HDF5; fetch it again or give its real layout "
                "(dataset.layout=...)."
            )
        with h5py.File(path, "r") as handle:
            yield handle
    except (OSError, RuntimeError, KeyError) as error:
        # h5py reports a truncated file, a bad checksum and a damaged link by these three
        raise DataError(
            f"'{path}' is truncated or damaged and cannot be read; fetch it again. "
            f"({one_line(error)})"
        ) from error


def member(node: h5py.Group, key: str, path: Path, remedy: str) -> h5py.Group | h5py.Dataset:
    """Take one member of a group, or say which there are.

    Parameters
    ----------
    node
        The group (or the file).
    key
        Name of the member.
    path
        The file, for the message.
    remedy
        One sentence with the way out.

    Returns
    -------
    The group or dataset of that name.

    Raises
    ------
    DataError
        If there is none, or some of its bytes lie in another file.
    """
    if key not in node:
        raise missing_key(path, key, node.keys(), remedy)
    foreign = _foreign(node, key, node.get(key, getlink=True))
    if foreign is None and isinstance(found := node[key], h5py.Group):
        # an exception would not find its way out of the C library, a name does
        foreign = found.visititems_links(lambda name, link: _foreign(found, name, link))
    if foreign is not None:
        raise DataError(f"'{foreign}' in '{path}' points to another file, which is never followed.")
    return node[key]


def _foreign(group: h5py.Group, name: str, link: Any) -> str | None:
    """Give the name of what HDF5 would silently read from another file, else None."""
    if isinstance(link, h5py.ExternalLink):
        return name
    node = group[name] if isinstance(link, h5py.HardLink) else None
    if isinstance(node, h5py.Dataset) and (node.external or node.is_virtual):
        return name
    return None


def read_vector(node: Any, what: str, path: Path) -> np.ndarray:
    """Read a 1-D dataset; byte strings become text.

    Parameters
    ----------
    node
        An HDF5 dataset.
    what
        Its name, for the message.
    path
        The file, for the message.

    Returns
    -------
    Array of shape (n,), numeric or of Python strings.

    Raises
    ------
    DataError
        If it is no vector of numbers or texts.
    """
    if not isinstance(node, h5py.Dataset) or node.ndim != 1:
        shape = f"shape {node.shape}" if isinstance(node, h5py.Dataset) else "a group"
        raise DataError(f"'{what}' in '{path}' is {shape}; a vector was expected.")
    values = node[()]
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind not in "SUO":
        raise DataError(f"'{what}' in '{path}' holds {values.dtype}, not numbers or texts.")
    texts = [v.decode("utf-8", errors="replace") if isinstance(v, bytes) else v for v in values]
    return np.array(texts, dtype=object)


def read_dense(node: h5py.Dataset, what: str, path: Path) -> sparse.csr_matrix:
    """Read a dense matrix of cells x genes row block by row block into a sparse one.

    Parameters
    ----------
    node
        An HDF5 dataset.
    what
        Its name, for the message.
    path
        The file, for the message.

    Returns
    -------
    Sparse matrix of shape (n_cells, n_genes) in the type of the file.

    Raises
    ------
    DataError
        If it is no numeric matrix.
    """
    check_shape(path, node.shape, what)
    if node.dtype.kind not in "biuf":
        raise DataError(f"'{what}' in '{path}' holds {node.dtype}, not numbers.")
    n_cells, n_genes = node.shape
    row_bytes = n_genes * node.dtype.itemsize
    rows = max(1, _BLOCK_BYTES // row_bytes)
    if node.chunks is not None:
        rows = max(rows // node.chunks[0], 1) * node.chunks[0]
    blocks = [
        sparse.csr_matrix(node[start : min(start + rows, n_cells)])
        for start in range(0, n_cells, rows)
    ]
    return sparse.vstack(blocks, format="csr") if len(blocks) > 1 else blocks[0]
