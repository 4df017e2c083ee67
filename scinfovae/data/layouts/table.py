"""Counts as a text table: one row per cell, first column the cell's name, header the genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from scinfovae.data.layouts.common import RawCounts, missing_key, one_line
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_VALUES_PER_BLOCK = 8_000_000
# What cannot be parsed as a table at all; EOFError and OSError come from a truncated gzip stream.
UNREADABLE = (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OSError, EOFError)


def separator(path: Path) -> str:
    """Tell the separator of a table from its name.

    Parameters
    ----------
    path
        A file ``*.csv``, ``*.tsv`` or ``*.txt``, possibly with ``.gz``.

    Returns
    -------
    A comma or a tab.
    """
    stem = path.name.removesuffix(".gz")
    return "\t" if stem.endswith((".tsv", ".txt")) else ","


def _genes_of(block: pd.DataFrame, path: Path) -> sparse.csr_matrix:
    """Turn one block of rows into counts, or name the column that holds none."""
    for column, kind in block.dtypes.items():
        if kind.kind not in "biuf":
            raise DataError(
                f"column '{column}' of '{path}' holds texts such as {block[column].iloc[0]!r}, not "
                "counts; if it holds labels, name it with dataset.label_key="
                f"{column}, else remove it."
            )
    return sparse.csr_matrix(block.to_numpy(dtype=np.float64))


def read(path: Path, label_keys: Sequence[str] | None) -> RawCounts:
    """Read counts, names and labels block by block, so that only sparse blocks stay in memory.

    Parameters
    ----------
    path
        A ``.csv`` (commas) or ``.tsv`` (tabs) file, possibly gzipped.
    label_keys
        Columns that hold labels; None reads none.

    Returns
    -------
    Counts, names and labels.

    Raises
    ------
    DataError
        If the file is no such table.
    """
    keys = list(label_keys or ())
    sep = separator(path)
    try:
        # pandas renames repeated columns silently; the plain header keeps them
        header = pd.read_csv(path, sep=sep, header=None, nrows=1, dtype=str)
        names = header.iloc[0].astype(str).to_numpy()
        if len(names) < 2:
            raise DataError(
                f"'{path}' has a single column; a table of counts has the cell's name first and "
                "then one column per gene, separated by commas (.csv) or tabs (.tsv)."
            )
        for key in keys:
            if key not in names[1:]:
                remedy = (
                    "Give the labels with dataset.label_key=COLUMN or dataset.labels_path=FILE."
                )
                raise missing_key(path, key, names[1:], remedy)
        is_label = np.isin(names[1:], keys)
        blocks, cells = [], []
        labels: dict[str, list[np.ndarray]] = {key: [] for key in keys}
        rows = max(1, _VALUES_PER_BLOCK // len(names))
        as_text = dict.fromkeys(keys, "object")
        with pd.read_csv(path, sep=sep, index_col=0, dtype=as_text, chunksize=rows) as reader:
            for block in reader:
                if block.empty:
                    continue
                if block.shape[1] != len(is_label):
                    raise DataError(
                        f"the rows of '{path}' have {block.shape[1] + 1} fields and its header "
                        f"{len(names)}; the header must name the first column too, the cells'."
                    )
                blocks.append(_genes_of(block.loc[:, ~is_label], path))
                cells.append(block.index.to_numpy())
                for key in keys:
                    labels[key].append(block[key].to_numpy())
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(
            f"'{path}' cannot be read as a table of counts: {one_line(error)}"
        ) from error
    if not blocks:
        raise DataError(f"'{path}' holds a header but no cell.")
    return RawCounts(
        sparse.vstack(blocks, format="csr"),
        {key: np.concatenate(parts) for key, parts in labels.items()},
        np.concatenate(cells).astype(str),
        names[1:][~is_label],
    )
