"""The layout of the scDeepCluster files: dense ``X`` (cells x genes) and 1-D labels ``Y``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py

from scinfovae.data.layouts.common import RawCounts
from scinfovae.data.layouts.hdf5 import member, open_hdf5, read_dense, read_vector
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read(path: Path, label_keys: Sequence[str] | None) -> RawCounts:
    """Read counts and labels.

    Parameters
    ----------
    path
        An HDF5 file.
    label_keys
        Names of the label vectors; None takes ``Y`` where the file has it.

    Returns
    -------
    Counts and labels; such files name neither cells nor genes.

    Raises
    ------
    DataError
        If the file is not in this layout.
    """
    with open_hdf5(path) as handle:
        node = member(handle, "X", path, "The scDeepCluster layout keeps its counts in 'X'.")
        if not isinstance(node, h5py.Dataset):
            raise DataError(
                f"'X' in '{path}' is a group, not a dense matrix; this may be an .h5ad file "
                "(dataset.layout=h5ad)."
            )
        counts = read_dense(node, "X", path)
        if label_keys is None:
            label_keys = ("Y",) if "Y" in handle else ()
        labels = {}
        for key in label_keys:
            found = member(handle, key, path, "Give the labels with dataset.label_key=NAME.")
            labels[key] = read_vector(found, key, path)
    for key, values in labels.items():
        if len(values) == counts.shape[1] != counts.shape[0]:
            raise DataError(
                f"'X' in '{path}' is {counts.shape[0]} x {counts.shape[1]} and '{key}' has "
                f"{len(values)} labels: the matrix seems to be stored as genes x cells; "
                "transpose it."
            )
    return RawCounts(counts, labels)
