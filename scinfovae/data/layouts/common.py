"""What every layout hands to the reader, and the errors they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from scipy import sparse

# Far above any real study; a header that claims more is damaged or hostile, not big.
MAX_CELLS = 100_000_000
MAX_GENES = 5_000_000
# Names of text tables; everything else is HDF5.
TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")


@dataclass(frozen=True)
class RawCounts:
    """Counts and labels as they stand in a file, not yet validated.

    Attributes
    ----------
    counts
        Sparse matrix of shape (n_cells, n_genes).
    labels
        For each label key an array of shape (n_cells,), in the type of the file.
    cell_names, gene_names
        Arrays of shape (n_cells,) and (n_genes,), or None where the file names none.
    hint
        Where in the file counts stand, if these look like none; a sentence, or empty.
    """

    counts: sparse.csr_matrix
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    cell_names: np.ndarray | None = None
    gene_names: np.ndarray | None = None
    hint: str = ""


def one_line(error: BaseException) -> str:
    """Return the message of another library's error without its line breaks.

    Parameters
    ----------
    error
        What was raised.

    Returns
    -------
    At most 300 characters.
    """
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:297] + "..."


def missing_key(path: Path, key: str, present: Iterable[str], remedy: str) -> DataError:
    """Build the error for a key that a file does not hold.

    Parameters
    ----------
    path
        The file.
    key
        What was looked for.
    present
        What the file holds in that place.
    remedy
        One sentence with the way out.

    Returns
    -------
    The error, ready to be raised.
    """
    present = [str(name) for name in present]
    listed = ", ".join(f"'{name}'" for name in present[:12]) or "nothing"
    more = f" and {len(present) - 12} more" if len(present) > 12 else ""
    hint = did_you_mean(key, present)
    return DataError(f"'{path}' has no '{key}'; it holds {listed}{more}.{hint} {remedy}")


def check_shape(path: Path, shape: tuple[int, ...], what: str) -> None:
    """Refuse a count matrix that is not two-dimensional, is empty or is implausibly large.

    Parameters
    ----------
    path
        The file.
    shape
        The shape it claims, cells x genes.
    what
        Name of the matrix inside the file.

    Raises
    ------
    DataError
        If the shape cannot be that of counts.
    """
    if len(shape) != 2:
        raise DataError(
            f"'{what}' in '{path}' has {len(shape)} dimensions; counts are a matrix, cells x genes."
        )
    if not (0 < shape[0] <= MAX_CELLS and 0 < shape[1] <= MAX_GENES):
        raise DataError(
            f"'{what}' in '{path}' claims {shape[0]} cells x {shape[1]} genes, which cannot be: "
            "the file is damaged or not a count matrix."
        )
