"""One dataset as a run needs it: from the registry, from a user's own file, or simulated."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.data.layouts.common import TABLES
from scinfovae.data.registry import DatasetSpec, Layout, check_field, get_dataset
from scinfovae.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    import anndata as ad

    from scinfovae.data.simulate import SimulationConfig

# What may be replaced in an entry of the registry, to point it at another copy of a dataset.
_OVERRIDABLE = (
    "urls",
    "git_blob_sha1",
    "sha256",
    "size_bytes",
    "n_cells",
    "n_genes",
    "n_classes",
    "class_sizes",
)


@dataclass(frozen=True)
class DatasetRequest:
    """What is asked for.

    Attributes
    ----------
    name
        Id of a registered dataset, ``"simulated"`` or ``"custom"``.
    cache_dir
        Folder for downloaded files.
    path, layout, labels_path
        For ``custom``: the file, its layout (None: told from the file) and a table of labels.
    label_key
        Names of the reference labelings; None takes what the registry or the layout says.
    n_clusters
        Number of clusters K; None takes the number of reference classes.
    simulation
        For ``simulated``: its configuration; None takes the default one.
    overrides
        Values that replace the expected ones of a registered dataset: addresses, hashes, sizes.
    mirror
        Folder that holds dataset files, used instead of the network.
    offline
        Never touch the network.
    """

    name: str
    cache_dir: Path = field(default_factory=lambda: default_cache_dir())
    path: Path | None = None
    layout: Layout | None = None
    label_key: tuple[str, ...] | None = None
    labels_path: Path | None = None
    n_clusters: int | None = None
    simulation: SimulationConfig | None = None
    overrides: Mapping[str, Any] | None = None
    mirror: Path | None = None
    offline: bool = False


@dataclass(frozen=True)
class Dataset:
    """Counts with what is known about them.

    Attributes
    ----------
    name
        Id of the dataset.
    adata
        Counts in ``X`` (CSR), labels in ``obs``.
    label_keys
        Columns of ``obs`` that hold reference labels; empty for unlabelled data.
    n_clusters
        Number of clusters K.
    content_hash
        Names the bytes the counts came from.
    spec
        The entry of the registry, or None.
    """

    name: str
    adata: ad.AnnData
    label_keys: tuple[str, ...]
    n_clusters: int
    content_hash: str
    spec: DatasetSpec | None

    @property
    def labels_hash(self) -> str:
        """Name the reference labels, so that scores against other labels can be told apart."""
        digest = hashlib.sha256()
        for key in self.label_keys:
            labels = "\x1f".join(self.adata.obs[key].astype(str))
            digest.update(f"{key}\x1e{labels}\x1e".encode())
        return digest.hexdigest()


def default_cache_dir() -> Path:
    """Return the folder of the user for downloaded datasets.

    Returns
    -------
    A folder that need not exist yet.
    """
    import platformdirs

    return Path(platformdirs.user_cache_dir("scinfovae")) / "datasets"


def resolve_spec(request: DatasetRequest) -> DatasetSpec:
    """Return the registry entry of a request with its overrides applied.

    Parameters
    ----------
    request
        A request for a registered dataset.

    Returns
    -------
    The entry.

    Raises
    ------
    UsageError
        If the dataset is unknown or an override is.
    """
    spec = get_dataset(request.name)
    changes: dict[str, Any] = {}
    for key, value in (request.overrides or {}).items():
        if key not in _OVERRIDABLE:
            raise UsageError(
                f"dataset.{key} cannot be replaced.{did_you_mean(key, _OVERRIDABLE)} "
                f"Replaceable are {', '.join(_OVERRIDABLE)}."
            )
        if value is None:
            continue
        given = list(value) if isinstance(value, list | tuple) else value
        check_field(key, given, f"dataset.{key}")
        changes[key] = tuple(given) if isinstance(given, list) else given
    if "class_sizes" in changes:
        changes["class_sizes"] = tuple(sorted(changes["class_sizes"], reverse=True))
    if "git_blob_sha1" in changes:  # other bytes: what else was known of the old ones is void
        changes = {"sha256": None, "size_bytes": None, **changes}
    found = dataclasses.replace(spec, **changes)
    if len(found.class_sizes) != found.n_classes:
        raise UsageError(
            f"dataset '{spec.name}': dataset.n_classes={found.n_classes} contradicts "
            f"dataset.class_sizes with {len(found.class_sizes)} classes; replace both."
        )
    return found


def _custom_path(request: DatasetRequest) -> Path:
    """Return the file of a custom dataset."""
    if request.path is None:
        raise UsageError("dataset=custom needs a file of counts: give dataset.path=FILE.")
    if not request.path.is_file():
        raise DataError(f"there is no file '{request.path}'; check dataset.path=FILE.")
    return request.path


def content_hash(request: DatasetRequest) -> str:
    """Name the bytes of a dataset without reading it as counts.

    Parameters
    ----------
    request
        What is asked for.

    Returns
    -------
    The git blob SHA-1 of the file (of a registered dataset, the expected one), or the SHA-256
    of the configuration of simulated counts. Of a text table with labels the SHA-256 of both its
    SHA-1 and the names of the label columns: without them these columns would count as genes.

    Raises
    ------
    UsageError
        If the dataset is unknown, or a custom one without a file.
    DataError
        If a custom file does not exist or cannot be read.
    """
    if request.name == "custom":
        path = _custom_path(request)
        content = _file_hash(path)
        if columns := _label_columns(request, path):
            text = json.dumps({"file": content, "label_columns": columns})
            return hashlib.sha256(text.encode()).hexdigest()
        return content
    if request.name == "simulated":
        from scinfovae.data.simulate import SIMULATOR_VERSION, SimulationConfig

        config = dataclasses.asdict(request.simulation or SimulationConfig())
        text = json.dumps({"simulator": SIMULATOR_VERSION, **config}, sort_keys=True)
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


def _check_expected(spec: DatasetSpec, adata: ad.AnnData, path: Path) -> None:
    """Compare what was read with what the registry expects."""
    if adata.shape != (spec.n_cells, spec.n_genes):
        raise DataError(
            f"'{path}' holds {adata.n_obs} cells x {adata.n_vars} genes, but dataset "
            f"'{spec.name}' has {spec.n_cells} x {spec.n_genes}; this is another file or version."
        )
    if spec.label_key not in adata.obs:
        return  # other labels were asked for
    sizes = tuple(adata.obs[spec.label_key].value_counts().tolist())
    if sizes != spec.class_sizes:
        raise DataError(
            f"the labels '{spec.label_key}' of '{path}' have {len(sizes)} classes with "
            f"{sizes} cells, but dataset '{spec.name}' has {spec.n_classes} with "
            f"{spec.class_sizes}; this is another file or version."
        )


def _choose_n_clusters(request: DatasetRequest, adata: ad.AnnData, keys: tuple[str, ...]) -> int:
    """Take K from the request, or from the first reference labeling."""
    for key in keys:
        if adata.obs[key].nunique() < 2:
            raise DataError(
                f"the labels '{key}' of dataset '{request.name}' hold one class only; choose "
                "others with dataset.label_key=NAME, or run without labels and give "
                "dataset.n_clusters=K (dataset.label_key=[])."
            )
    if request.n_clusters is None:
        if not keys:
            raise UsageError(
                f"dataset '{request.name}' has no labels, so the number of clusters is not known: "
                "give dataset.n_clusters=K, or labels with dataset.label_key=NAME."
            )
        return int(adata.obs[keys[0]].nunique())
    if not 2 <= request.n_clusters <= adata.n_obs:
        raise UsageError(
            f"dataset.n_clusters={request.n_clusters} is out of range: dataset '{request.name}' "
            f"has {adata.n_obs} cells, so K must lie from 2 to {adata.n_obs}."
        )
    return request.n_clusters


def load_dataset(request: DatasetRequest) -> Dataset:
    """Fetch or make, read and check a dataset.

    Parameters
    ----------
    request
        What is asked for.

    Returns
    -------
    The dataset.

    Raises
    ------
    UsageError
        If the request cannot be meant as given.
    DataError
        If the data cannot be had, read or used.
    """
    if request.n_clusters is not None and request.n_clusters < 2:
        raise UsageError(f"dataset.n_clusters={request.n_clusters}: at least 2 are needed.")
    spec = None
    if request.name == "simulated":
        from scinfovae.data.simulate import SimulationConfig, simulate_counts

        adata = simulate_counts(request.simulation or SimulationConfig())
        keys: tuple[str, ...] = ("cluster",)
    else:
        from scinfovae.data.readers import read_counts

        if request.name == "custom":
            path = _custom_path(request)
            layout, wanted = request.layout, request.label_key
        else:
            from scinfovae.data.download import fetch

            spec = resolve_spec(request)
            path = fetch(
                spec, cache_dir=request.cache_dir, mirror=request.mirror, offline=request.offline
            )
            layout = spec.layout
            wanted = (spec.label_key,) if request.label_key is None else request.label_key
        adata = read_counts(path, layout, wanted, request.labels_path)
        if spec is not None:
            _check_expected(spec, adata, path)
        keys = tuple(adata.obs.columns)
    k = _choose_n_clusters(request, adata, keys)
    return Dataset(request.name, adata, keys, k, content_hash(request), spec)
