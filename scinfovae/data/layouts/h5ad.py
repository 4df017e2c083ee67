"""AnnData files; counts are taken from ``X``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from scinfovae.data.layouts.common import RawCounts, check_shape, missing_key, one_line
from scinfovae.data.layouts.hdf5 import member, open_hdf5
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import anndata as ad

_REMEDY = "An .h5ad file was expected; another layout is chosen with dataset.layout=..."


def _load(path: Path) -> ad.AnnData:
    """Read the file whole, or only what is needed of it where its version allows that."""
    import anndata as ad

    with open_hdf5(path) as handle:
        parts = {key: member(handle, key, path, _REMEDY) for key in ("X", "obs", "var")}
        shape = parts["X"].attrs.get("shape", getattr(parts["X"], "shape", None))
        if shape is not None:
            check_shape(path, tuple(int(extent) for extent in shape), "X")
        # files of before anndata 0.7 name no encoding; only the whole-file reader knows them
        if all("encoding-type" in node.attrs for node in parts.values()):
            read = {key: ad.io.read_elem(node) for key, node in parts.items()}
            return ad.AnnData(X=read["X"], obs=read["obs"], var=read["var"])
    return ad.read_h5ad(path)


def read(path: Path, label_keys: Sequence[str] | None) -> RawCounts:
    """Read counts, names and labels.

    Parameters
    ----------
    path
        An .h5ad file.
    label_keys
        Columns of ``obs``; None reads no labels.

    Returns
    -------
    Counts, names and labels.

    Raises
    ------
    DataError
        If the file is no sound AnnData file.
    """
    with warnings.catch_warnings():
        # repeated names and old encodings: the first is reported by our reader, the second is fine
        warnings.simplefilter("ignore")
        try:
            adata = _load(path)
            if sparse.issparse(adata.X):
                # scipy would follow indices that lead outside the matrix
                adata.X.check_format(full_check=True)
        except DataError:
            raise
        except Exception as error:  # anndata raises many types for a file it cannot parse
            raise DataError(
                f"'{path}' is no .h5ad file anndata can read: {one_line(error)}"
            ) from error
    if adata.X is None or getattr(adata.X, "dtype", np.dtype("O")).kind not in "biuf":
        raise DataError(f"'X' in '{path}' holds no numbers; counts are expected there.")
    labels = {}
    for key in label_keys or ():
        if key not in adata.obs:
            remedy = "Give the labels with dataset.label_key=NAME."
            raise missing_key(path, key, adata.obs.columns, remedy)
        labels[key] = np.asarray(adata.obs[key].astype(object))
    counts = sparse.csr_matrix(adata.X)
    return RawCounts(counts, labels, np.asarray(adata.obs_names), np.asarray(adata.var_names))
