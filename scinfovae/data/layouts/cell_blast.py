"""The Cell BLAST layout: ``exprs`` (CSR group or dense), ``obs``, ``obs_names``, ``var_names``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
from scipy import sparse

from scinfovae.data.layouts.common import RawCounts, check_shape
from scinfovae.data.layouts.hdf5 import member, open_hdf5, read_dense, read_vector
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REMEDY = "The Cell BLAST layout was expected; another is chosen with dataset.layout=..."
_DEFAULT_LABEL = "cell_type1"


def _read_csr(group: h5py.Group, path: Path) -> sparse.csr_matrix:
    """Build the count matrix from its parts, none of which is trusted."""
    parts = {
        key: read_vector(member(group, key, path, _REMEDY), f"exprs/{key}", path)
        for key in ("data", "indices", "indptr", "shape")
    }
    data, indices, indptr, shape = parts.values()
    for key, values in parts.items():
        kinds = "biuf" if key == "data" else "iu"
        if values.dtype.kind not in kinds:
            wanted = "numbers" if key == "data" else "whole numbers"
            raise DataError(f"'exprs/{key}' in '{path}' holds {values.dtype}, not {wanted}.")
    if len(shape) != 2:
        raise DataError(f"'exprs/shape' in '{path}' has {len(shape)} numbers; two were expected.")
    n_cells, n_genes = (int(extent) for extent in shape)
    check_shape(path, (n_cells, n_genes), "exprs")
    problem = None
    if len(indptr) != n_cells + 1:
        problem = f"'indptr' has {len(indptr)} entries for {n_cells} cells (cells + 1 expected)"
    elif indptr[0] != 0 or indptr[-1] != len(data) or np.any(indptr[1:] < indptr[:-1]):
        problem = "'indptr' does not rise from 0 to the number of values"
    elif len(indices) != len(data):
        problem = f"'indices' has {len(indices)} entries but 'data' {len(data)}"
    elif len(indices) and not (0 <= int(indices.min()) and int(indices.max()) < n_genes):
        problem = f"'indices' leave the range 0 to {n_genes - 1} of the {n_genes} genes"
    if problem:
        raise DataError(
            f"'exprs' in '{path}' is no sound sparse matrix: {problem}; fetch the file again."
        )
    return sparse.csr_matrix((data, indices, indptr), shape=(n_cells, n_genes))


def read(path: Path, label_keys: Sequence[str] | None) -> RawCounts:
    """Read counts, names and labels.

    Parameters
    ----------
    path
        An HDF5 file.
    label_keys
        Names of the label vectors in ``obs``; None takes ``cell_type1`` where there is one.

    Returns
    -------
    Counts, names and labels.

    Raises
    ------
    DataError
        If the file is not in this layout or its parts contradict each other.
    """
    with open_hdf5(path) as handle:
        node = member(handle, "exprs", path, _REMEDY)
        dense = isinstance(node, h5py.Dataset)
        counts = read_dense(node, "exprs", path) if dense else _read_csr(node, path)
        names = {}
        for key, length in (("obs_names", counts.shape[0]), ("var_names", counts.shape[1])):
            names[key] = read_vector(member(handle, key, path, _REMEDY), key, path)
            if len(names[key]) != length:
                raise DataError(
                    f"'{key}' in '{path}' has {len(names[key])} names but 'exprs' is "
                    f"{counts.shape[0]} cells x {counts.shape[1]} genes; fetch the file again."
                )
        labels = {}
        if label_keys is None or len(label_keys):
            obs = member(handle, "obs", path, _REMEDY)
            if not isinstance(obs, h5py.Group):
                raise DataError(f"'obs' in '{path}' is no group of label vectors. {_REMEDY}")
            if label_keys is None:
                label_keys = (_DEFAULT_LABEL,) if _DEFAULT_LABEL in obs else ()
            for key in label_keys:
                found = member(obs, key, path, "Give the labels with dataset.label_key=NAME.")
                labels[key] = read_vector(found, f"obs/{key}", path)
    return RawCounts(counts, labels, names["obs_names"], names["var_names"])
