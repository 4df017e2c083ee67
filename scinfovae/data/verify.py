"""Published predictions against our labels and metrics: cell order, labels and scores at once."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scinfovae.data.layouts.common import one_line
from scinfovae.data.registry import load_registry
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scinfovae.data.dataset import Dataset

# Four decimals: some published scores were rounded to them. The rest is for the last bit.
TOLERANCE = 5e-5 + 1e-9
# Their cells are shuffled (graph-sc's "gae_optimal" runs) or only some of the cells (RaceID).
_SHUFFLED = "[gae_optimal]"
_COLUMNS = ("method", "dataset", "run", "n_cells", "ari", "nmi")


@dataclass(frozen=True)
class Verification:
    """One published clustering, scored again.

    Attributes
    ----------
    key
        Which: ``method|dataset|run`` of the published file.
    dataset
        The dataset whose labels were used.
    ari_expected, ari, nmi_expected, nmi
        The published scores and ours.
    ok
        Whether both agree to four decimals.
    """

    key: str
    dataset: str
    ari_expected: float
    ari: float
    nmi_expected: float
    nmi: float
    ok: bool


def published_name(dataset: Dataset) -> str | None:
    """Say under which name published predictions for the cells of a dataset stand.

    Parameters
    ----------
    dataset
        A registered dataset.

    Returns
    -------
    Its published name, or that of the dataset it is a variant of if it has all its cells; None
    if there is none.
    """
    spec = dataset.spec
    if spec is None:
        return None
    if spec.variant_of is not None:
        parent = load_registry()[spec.variant_of]
        return parent.published_name if parent.n_cells == spec.n_cells else None
    return spec.published_name


def _read_index(path: Path) -> pd.DataFrame:
    """Read the table of published scores."""
    if not path.is_file():
        raise DataError(
            f"there is no file '{path}' with the published scores of the predictions; put it "
            "beside them or name it with --index FILE."
        )
    try:
        index = pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"'{path}' cannot be read as a table: {one_line(error)}") from error
    absent = [column for column in _COLUMNS if column not in index]
    if absent:
        raise DataError(
            f"'{path}' lacks the column(s) {', '.join(absent)}; published scores have "
            f"{', '.join(_COLUMNS)}."
        )
    return index


def _open_predictions(path: Path) -> np.lib.npyio.NpzFile:
    """Open the archive of predictions; nothing in it is ever unpickled."""
    if not path.is_file():
        raise DataError(f"there is no file '{path}' of predictions; check the path.")
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"'{path}' is no .npz archive of plain arrays (pickles are never loaded): "
            f"{one_line(error)}"
        ) from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DataError(f"'{path}' is a single array; an .npz archive of predictions is expected.")
    return archive


def _usable(row: pd.Series, n_cells: int) -> bool:
    return _SHUFFLED not in str(row["method"]) and int(row["n_cells"]) == n_cells


def verify_predictions(
    predictions: Path, datasets: Iterable[Dataset], index: Path | None = None
) -> list[Verification]:
    """Score published per-cell predictions against the labels of datasets.

    Equality with the published scores proves at once that the labels, the order of the cells and
    the metrics are those of the publication. Predictions that cannot be compared are left out:
    graph-sc's "gae_optimal" runs, whose cells are shuffled, and runs on some of the cells only.

    Parameters
    ----------
    predictions
        An ``.npz`` archive with one array of shape (n_cells,) per key ``method|dataset|run``.
    datasets
        Datasets as loaded, before any cell is filtered.
    index
        Table of the published ``ari`` and ``nmi`` per ``method``, ``dataset`` and ``run``; by
        default the file beside the predictions whose name ends in ``_index.csv``.

    Returns
    -------
    One row per published clustering of these datasets; empty where there is none.

    Raises
    ------
    DataError
        If a file is missing or not in this form.
    """
    from scinfovae.metrics.external import adjusted_rand_index, normalized_mutual_information

    rows = []
    with _open_predictions(predictions) as archive:
        scores = _read_index(index or predictions.with_name(f"{predictions.stem}_index.csv"))
        for dataset in datasets:
            name = published_name(dataset)
            if name is None or not dataset.label_keys:
                continue
            labels = dataset.adata.obs[dataset.label_keys[0]].to_numpy()
            for _, row in scores[scores["dataset"] == name].iterrows():
                if not _usable(row, len(labels)):
                    continue
                key = f"{row['method']}|{name}|{row['run']}"
                predicted = _prediction(archive, key, predictions, len(labels))
                ari = adjusted_rand_index(labels, predicted)
                nmi = normalized_mutual_information(labels, predicted)
                expected = float(row["ari"]), float(row["nmi"])
                ok = abs(ari - expected[0]) <= TOLERANCE and abs(nmi - expected[1]) <= TOLERANCE
                rows.append(Verification(key, dataset.name, expected[0], ari, expected[1], nmi, ok))
    return rows


def _prediction(archive: np.lib.npyio.NpzFile, key: str, path: Path, n_cells: int) -> np.ndarray:
    """Take one clustering out of the archive."""
    try:
        predicted = archive[key]
    except KeyError as error:
        raise DataError(
            f"'{path}' has no predictions '{key}', although the table of published scores has; "
            "the two files do not belong together."
        ) from error
    except (ValueError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise DataError(
            f"'{path}', '{key}': cannot be read as a plain array: {one_line(error)}"
        ) from error
    if predicted.shape != (n_cells,):
        raise DataError(
            f"'{path}', '{key}' has shape {predicted.shape}, but {n_cells} cells are expected."
        )
    return predicted
