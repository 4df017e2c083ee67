"""AnnData files; counts are taken from ``X``, or from the layer that is named."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from scipy import sparse

from scinfovae.data.layouts.common import RawCounts, check_shape, missing_key, one_line
from scinfovae.data.layouts.hdf5 import member, open_hdf5
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import anndata as ad
    from numpy.typing import NDArray

_REMEDY = "An .h5ad file was expected; another layout is chosen with dataset.layout=..."
_CHOOSE = "Choose one with dataset.layer=NAME, or leave it out for X."
# how many values tell counts from other values
_LOOKED_AT = 100_000
RAW = "raw"


def _names(handle: h5py.File, path: Path) -> list[str]:
    """List what holds a matrix beside ``X``."""
    layers = member(handle, "layers", path, _REMEDY) if "layers" in handle else {}
    return [*layers, *([RAW] if RAW in handle else [])]


def _place(handle: h5py.File, layer: str | None, path: Path) -> tuple[str, str]:
    """Say where the counts and the names of their genes stand in the file."""
    if layer is None:
        return "X", "var"
    names = _names(handle, path)
    if layer not in names:
        raise missing_key(path, layer, names, _CHOOSE)
    if names.count(layer) > 1:
        raise DataError(f"'{path}' has '{RAW}' and a layer of that name; rename the layer.")
    return ("raw/X", "raw/var") if layer == RAW else (f"layers/{layer}", "var")


def _deep(handle: h5py.File, name: str, path: Path) -> Any:
    """Follow a name into the file, at most through one group."""
    group, _, rest = name.partition("/")
    node = member(handle, group, path, _REMEDY)
    return member(node, rest, path, _REMEDY) if rest else node


def _load(path: Path, layer: str | None) -> ad.AnnData:
    """Read the file whole, or only what is needed of it where its version allows that."""
    import anndata as ad

    with open_hdf5(path) as handle:
        matrix, genes = _place(handle, layer, path)
        places = {"X": matrix, "var": genes, "obs": "obs"}
        parts = {key: _deep(handle, name, path) for key, name in places.items()}
        shape = parts["X"].attrs.get("shape", getattr(parts["X"], "shape", None))
        if shape is not None:
            check_shape(path, tuple(int(extent) for extent in shape), matrix)
        # files of before anndata 0.7 name no encoding; only the whole-file reader knows them
        if all("encoding-type" in node.attrs for node in parts.values()):
            read = {key: ad.io.read_elem(node) for key, node in parts.items()}
            return ad.AnnData(X=read["X"], obs=read["obs"], var=read["var"])
    whole = ad.read_h5ad(path)
    if layer is None:
        return whole
    if matrix == "raw/X":
        return ad.AnnData(X=whole.raw.X, obs=whole.obs, var=whole.raw.var)
    return ad.AnnData(X=whole.layers[layer], obs=whole.obs, var=whole.var)


def _are_counts(values: NDArray[Any]) -> bool:
    return bool((values >= 0).all() and np.array_equal(values, np.rint(values)))


def _may_be_counts(node: Any) -> bool:
    """Tell whether the first values of a stored matrix are whole and not negative."""
    data = node.get("data") if isinstance(node, h5py.Group) else node
    if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "biuf" or not data.size:
        return False
    rows = _LOOKED_AT if data.ndim == 1 else max(1, _LOOKED_AT // data.shape[-1])
    return _are_counts(data[:rows])


def _counts_elsewhere(path: Path, layer: str | None) -> Iterator[str]:
    """Name the other layers that can be read and look like counts."""
    with open_hdf5(path) as handle, contextlib.suppress(DataError):
        for name in dict.fromkeys(_names(handle, path)):
            if name != layer and _may_be_counts(_deep(handle, _place(handle, name, path)[0], path)):
                yield name


def _hint(path: Path, values: NDArray[Any], layer: str | None) -> str:
    """Say where whole numbers stand, if those that were read are none."""
    if _are_counts(values[:_LOOKED_AT]):
        return ""
    found = list(_counts_elsewhere(path, layer))
    told = " and ".join(f"'{name}'" for name in found)
    return f"Whole numbers stand in {told}: dataset.layer={found[0]}." if found else ""


def read(path: Path, label_keys: Sequence[str] | None, layer: str | None = None) -> RawCounts:
    """Read counts, names and labels.

    Parameters
    ----------
    path
        An .h5ad file.
    label_keys
        Columns of ``obs``; None reads no labels.
    layer
        The layer that holds the counts, ``"raw"`` for ``raw``; None takes ``X``.

    Returns
    -------
    Counts, names and labels.

    Raises
    ------
    DataError
        If the file is no sound AnnData file, or has no such layer.
    """
    with warnings.catch_warnings():
        # repeated names and old encodings: the first is reported by our reader, the second is fine
        warnings.simplefilter("ignore")
        try:
            adata = _load(path, layer)
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
        raise DataError(
            f"'{layer or 'X'}' in '{path}' holds no numbers; counts are expected there."
        )
    labels = {}
    for key in label_keys or ():
        if key not in adata.obs:
            remedy = "Give the labels with dataset.label_key=NAME."
            raise missing_key(path, key, adata.obs.columns, remedy)
        labels[key] = np.asarray(adata.obs[key].astype(object))
    counts = sparse.csr_matrix(adata.X)
    return RawCounts(
        counts,
        labels,
        np.asarray(adata.obs_names),
        np.asarray(adata.var_names),
        _hint(path, counts.data, layer),
    )
