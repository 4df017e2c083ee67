"""The ``.h5`` matrices that 10x Cell Ranger writes, versions 2 and 3."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from scinfovae.data.layouts.common import RawCounts, one_line
from scinfovae.data.layouts.hdf5 import member, open_hdf5
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read(path: Path, label_keys: Sequence[str] | None) -> RawCounts:
    """Read counts and names; only gene expression is kept.

    Parameters
    ----------
    path
        A filtered feature-barcode matrix.
    label_keys
        Must be empty: such files hold no labels.

    Returns
    -------
    Counts and names.

    Raises
    ------
    DataError
        If the file is not in this layout, or labels are asked of it.
    """
    if label_keys:
        raise DataError(
            f"'{path}' is a 10x matrix, which holds no labels such as '{label_keys[0]}'; give them "
            "as a table of barcode and label with dataset.labels_path=FILE.csv."
        )
    with open_hdf5(path) as handle:  # its messages on what is no HDF5 are the better ones
        for key in handle:
            member(handle, key, path, "")
    import scanpy as sc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # repeated gene names: our reader reports them
        try:
            adata = sc.read_10x_h5(path, gex_only=False)
            # scipy would follow indices that lead outside the matrix
            adata.X.check_format(full_check=True)
        except Exception as error:  # scanpy raises many types for a file it cannot parse
            raise DataError(
                f"'{path}' is no 10x .h5 matrix scanpy can read: {one_line(error)}"
            ) from error
    if "feature_types" in adata.var:
        adata = adata[:, adata.var["feature_types"] == "Gene Expression"]
    counts = sparse.csr_matrix(adata.X)
    return RawCounts(counts, {}, np.asarray(adata.obs_names), np.asarray(adata.var_names))
