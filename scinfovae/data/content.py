"""Names for the bytes of a dataset, by which finished runs are found again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING

from scinfovae.data.fraction import FRACTION_VERSION
from scinfovae.data.layouts.common import TABLES
from scinfovae.data.request import custom_path, resolve_spec
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from scinfovae.data.request import DatasetRequest


def content_hash(request: DatasetRequest) -> str:
    """Name the bytes of a dataset without reading it as counts.

    Parameters
    ----------
    request
        What is asked for.

    Returns
    -------
    The git blob SHA-1 of the file (of a registered dataset, the expected one), or the SHA-256
    of the configuration of simulated counts and drawn points. Of a text table with labels the
    SHA-256 of both its SHA-1 and the names of the label columns: without them these columns would
    count as genes. Of a layer of an .h5ad file that of the file's SHA-1 and the layer's name.
    Where only a share of the cells is kept, the SHA-256 of the above, the share and its seed.

    Raises
    ------
    UsageError
        If the dataset is unknown, or a custom one without a file.
    DataError
        If a custom file does not exist or cannot be read.
    """
    whole = _whole_hash(request)
    if request.fraction == 1:
        return whole
    drawn = {
        "fraction": request.fraction,
        "fraction_seed": request.fraction_seed,
        "fraction_version": FRACTION_VERSION,
    }
    text = json.dumps({"of": whole, **drawn}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _whole_hash(request: DatasetRequest) -> str:
    """Name the bytes of all cells."""
    if request.name == "custom":
        path = custom_path(request)
        content = _file_hash(path)
        if columns := _label_columns(request, path):
            text = json.dumps({"file": content, "label_columns": columns})
            return hashlib.sha256(text.encode()).hexdigest()
        if request.layer is not None:
            text = json.dumps({"file": content, "layer": request.layer})
            return hashlib.sha256(text.encode()).hexdigest()
        return content
    if request.name == "simulated":
        from scinfovae.data.simulate import SIMULATOR_VERSION, SimulationConfig

        config = dataclasses.asdict(request.simulation or SimulationConfig())
        text = json.dumps({"simulator": SIMULATOR_VERSION, **config}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
    if request.name == "figure4":
        from scinfovae.data.figure4_cells import FIGURE4_VERSION, Figure4Config

        config = dataclasses.asdict(request.points or Figure4Config())
        text = json.dumps({"figure4": FIGURE4_VERSION, **config}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
    return resolve_spec(request).git_blob_sha1


def labels_hash_of_file(request: DatasetRequest) -> str | None:
    """Name the bytes of the table of labels, so that scores against another one can be told apart.

    Parameters
    ----------
    request
        What is asked for.

    Returns
    -------
    The git blob SHA-1 of the file, or None where labels stand in the file of the counts.

    Raises
    ------
    DataError
        If the file does not exist or cannot be read.
    """
    if request.labels_path is None:
        return None
    if not request.labels_path.is_file():
        raise DataError(f"there is no file '{request.labels_path}' (dataset.labels_path).")
    return _file_hash(request.labels_path)


def _file_hash(path: Path) -> str:
    from scinfovae.data.download import git_blob_sha1

    try:
        return git_blob_sha1(path)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}.") from error


def _label_columns(request: DatasetRequest, path: Path) -> list[str]:
    """List the columns of a text table of counts that hold labels."""
    is_table = request.layout == "csv" or (request.layout is None and path.name.endswith(TABLES))
    if not is_table or request.labels_path is not None:
        return []
    return sorted(set(request.label_key or ()))
