"""From a file in any known layout to validated counts with labels, as AnnData."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from scinfovae.data.layouts.common import TABLES, RawCounts, missing_key, one_line
from scinfovae.data.layouts.hdf5 import open_hdf5
from scinfovae.data.layouts.table import UNREADABLE, separator
from scinfovae.data.registry import LAYOUTS, Layout
from scinfovae.errors import DataError, ScInfoVAEWarning, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import anndata as ad

_MODULES: dict[Layout, str] = {
    "scdeepcluster": "scdeepcluster",
    "cell_blast": "cell_blast",
    "h5ad": "h5ad",
    "10x_h5": "tenx",
    "csv": "table",
}
# Logarithms of counts hardly exceed this; real counts of a study hardly stay below it.
_LOG_LIKE_MAXIMUM = 20.0


def detect_layout(path: Path) -> Layout:
    """Tell the layout of a file from its name and, for HDF5, from what it holds.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The layout.

    Raises
    ------
    DataError
        If no layout fits.
    """
    if path.name.endswith(TABLES):
        return "csv"
    if path.suffix == ".h5ad":
        return "h5ad"
    with open_hdf5(path) as handle:
        keys = list(handle.keys())
        if "exprs" in keys:
            return "cell_blast"
        if {"X", "obs", "var"} <= set(keys):
            return "h5ad"
        if "X" in keys:
            return "scdeepcluster"
        if any("barcodes" in getattr(handle[key], "keys", tuple)() for key in keys):
            return "10x_h5"
    raise DataError(
        f"the layout of '{path}' is none that is known; it holds "
        f"{', '.join(repr(key) for key in keys[:12]) or 'nothing'}. Known layouts: "
        "scdeepcluster (X, Y), cell_blast (exprs, obs), h5ad (X, obs, var), 10x_h5 (matrix), csv."
    )


def _read_label_file(
    path: Path, label_keys: Sequence[str] | None, cells: pd.Index
) -> dict[str, np.ndarray]:
    """Read labels from a table of their own, matched by cell name."""
    if not path.is_file():
        raise DataError(f"there is no file '{path}' (dataset.labels_path).")
    try:
        table = pd.read_csv(path, sep=separator(path), index_col=0, dtype=str)
    except UNREADABLE as error:
        raise DataError(
            f"'{path}' cannot be read as a table of labels: {one_line(error)}"
        ) from error
    if table.shape[1] == 0:
        raise DataError(
            f"'{path}' has a single column; a table of labels has the cell's name first and then "
            "its label, with a header, separated by commas (.csv) or tabs (.tsv)."
        )
    table.index = table.index.astype(str)
    for key in label_keys or ():
        if key not in table:
            raise missing_key(path, key, table.columns, "Give its name with dataset.label_key=...")
    if not table.index.is_unique:
        repeated = table.index[table.index.duplicated()][0]
        raise DataError(f"'{path}' names the cell '{repeated}' more than once; keep one line each.")
    absent = cells.difference(table.index)
    if len(absent):
        raise DataError(
            f"'{path}' has no label for {len(absent)} of {len(cells)} cells, e.g. '{absent[0]}'; "
            "its first column must hold the names of all cells of the counts."
        )
    keys = list(label_keys) if label_keys else [table.columns[0]]
    matched = table.loc[cells]
    return {key: matched[key].to_numpy(dtype=object) for key in keys}


def _clean_labels(path: Path, key: str, values: np.ndarray, n_cells: int) -> pd.Categorical[str]:
    """Check one label vector and turn it into classes with text names."""
    if len(values) != n_cells:
        raise DataError(
            f"the labels '{key}' of '{path}' are {len(values)} for {n_cells} cells; there must be "
            "one per cell, in the order of the counts."
        )
    missing = pd.isna(values)
    if values.dtype.kind == "O":
        missing |= np.array([isinstance(v, str) and not v.strip() for v in values], dtype=bool)
    if missing.any():
        raise DataError(
            f"the labels '{key}' of '{path}' are missing for {int(missing.sum())} of {n_cells} "
            "cells; remove these cells or label them."
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(f"the labels '{key}' of '{path}' hold infinite values; label these cells.")
    if values.dtype.kind == "f" and np.array_equal(values, np.rint(values)):
        values = values.astype(np.int64)  # 3.0 and 3 name the same class
    classes, codes = np.unique(
        values.astype(str) if values.dtype.kind == "O" else values, return_inverse=True
    )
    return pd.Categorical.from_codes(codes, categories=pd.Index([str(name) for name in classes]))


def _names(path: Path, names: np.ndarray | None, length: int, what: str) -> pd.Index:
    """Return unique names of cells or genes, with a warning where they had to be changed."""
    if names is None:
        return pd.Index([f"{what}_{i}" for i in range(length)], dtype=object)
    index = pd.Index([str(name) for name in names], dtype=object)
    if index.is_unique:
        return index
    from anndata.utils import make_index_unique

    n_repeated = int(index.duplicated().sum())
    first = index[index.duplicated()][0]
    warnings.warn(
        f"'{path}' repeats {n_repeated} {what} name(s), e.g. '{first}'; a number was appended to "
        "tell them apart.",
        ScInfoVAEWarning,
        stacklevel=4,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata warns about names that end in -1 already
        return make_index_unique(index)


def validate_counts(counts: sparse.csr_matrix, source: str, hint: str = "") -> sparse.csr_matrix:
    """Check that a matrix can be counts and store it as compactly as is exact.

    Parameters
    ----------
    counts
        Sparse matrix of shape (n_cells, n_genes).
    source
        What the matrix is, for the messages, e.g. a file name in quotes.
    hint
        Where else the counts stand, for the messages; a sentence, or empty.

    Returns
    -------
    A CSR matrix in canonical form without stored zeros; float32 where that holds every value
    exactly, else float64.

    Raises
    ------
    DataError
        If there are fewer than two cells, or values that are not finite, are negative, or are
        all zero.
    """
    if counts.shape[0] < 2:
        raise DataError(f"{source} holds {counts.shape[0]} cell(s); at least 2 are needed.")
    counts = counts.astype(np.float64)
    counts.sum_duplicates()
    counts.eliminate_zeros()
    values = counts.data
    if not np.isfinite(values).all():
        number = int(np.count_nonzero(~np.isfinite(values)))
        raise DataError(
            f"{source} holds {number} value(s) that are not finite (NaN or infinite); counts must "
            "be finite: remove or repair these cells or genes."
        )
    if values.size == 0:
        raise DataError(f"all counts of {source} are zero; there is nothing to learn from.")
    if values.min() < 0:
        raise DataError(
            f"{source} holds negative values (down to {values.min():g}), so these are no counts; "
            f"give the raw counts, not scaled or corrected values. {hint}".rstrip()
        )
    is_whole = np.array_equal(values, np.rint(values))
    if not is_whole and (hint or values.max() < _LOG_LIKE_MAXIMUM):
        warnings.warn(
            f"{source} holds values that are not whole numbers, the largest {values.max():.3g}: "
            "they look log-transformed or normalised, but raw counts are expected. "
            f"{hint}".rstrip(),
            ScInfoVAEWarning,
            stacklevel=3,
        )
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if np.array_equal(single.astype(np.float64), values):
        counts = sparse.csr_matrix((single, counts.indices, counts.indptr), shape=counts.shape)
    return counts


def _read_raw(
    path: Path, layout: Layout | None, label_keys: Sequence[str] | None, layer: str | None
) -> RawCounts:
    """Read what stands in the file with the module of its layout."""
    if layout is not None and layout not in LAYOUTS:
        raise UsageError(
            f"there is no layout '{layout}'.{did_you_mean(layout, LAYOUTS)} "
            f"Known are {', '.join(LAYOUTS)}."
        )
    if not path.exists():
        raise DataError(f"there is no file '{path}'; check the path (dataset.path=FILE).")
    if not path.is_file():
        raise DataError(f"'{path}' is a folder, not a file of counts (dataset.path=FILE).")
    layout = layout or detect_layout(path)
    if layer is not None and layout != "h5ad":
        raise UsageError(
            f"dataset.layer={layer} goes with .h5ad files; '{path}' is read as '{layout}'."
        )
    module = importlib.import_module(f"scinfovae.data.layouts.{_MODULES[layout]}")
    named = {} if layer is None else {"layer": layer}
    raw: RawCounts = module.read(path, label_keys, **named)
    return raw


def read_counts(
    path: Path,
    layout: Layout | None = None,
    label_key: str | Sequence[str] | None = None,
    labels_path: Path | None = None,
    layer: str | None = None,
) -> ad.AnnData:
    """Read raw counts and reference labels from a file.

    Parameters
    ----------
    path
        The file.
    layout
        How it is laid out; None tells it from the name and the content.
    label_key
        One or several names of reference labelings; None takes the usual one of the layout
        (``Y`` for scDeepCluster, ``cell_type1`` for Cell BLAST) where the file has it, an empty
        sequence takes none.
    labels_path
        A table of labels, matched by cell name: the cell's name, then labels; `label_key` then
        names its columns (by default the first).
    layer
        Of an .h5ad file the layer that holds the counts, ``"raw"`` for its ``raw``; None takes
        ``X``.

    Returns
    -------
    Counts in ``X`` as a CSR matrix of shape (n_cells, n_genes), not rounded; one categorical
    column of ``obs`` per label key, in the order given.

    Raises
    ------
    UsageError
        If `layout` is unknown, or has no layers and one is named.
    DataError
        If the file cannot be read, or is no matrix of counts with such labels.
    """
    import anndata as ad

    keys = (label_key,) if isinstance(label_key, str) else label_key
    raw = _read_raw(path, layout, keys if labels_path is None else (), layer)
    matrix = validate_counts(raw.counts, f"'{path}'", raw.hint)
    n_cells, n_genes = matrix.shape
    cells = _names(path, raw.cell_names, n_cells, "cell")
    genes = _names(path, raw.gene_names, n_genes, "gene")
    labels, source = raw.labels, path
    if labels_path is not None:
        labels, source = _read_label_file(labels_path, keys, cells), labels_path
    columns = {key: _clean_labels(source, key, v, n_cells) for key, v in labels.items()}
    return ad.AnnData(
        X=matrix, obs=pd.DataFrame(columns, index=cells), var=pd.DataFrame(index=genes)
    )
