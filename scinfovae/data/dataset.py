"""One dataset as a run needs it: from the registry, from a user's own file, or simulated."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.data.content import content_hash
from scinfovae.data.fraction import check_fraction, keep_fraction
from scinfovae.data.request import custom_path, resolve_spec
from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import anndata as ad

    from scinfovae.data.registry import DatasetSpec
    from scinfovae.data.request import DatasetRequest


@dataclass(frozen=True)
class Dataset:
    """Counts, or continuous values, with what is known about them.

    Attributes
    ----------
    name
        Id of the dataset.
    adata
        Counts in ``X`` (CSR), or continuous values (dense); labels in ``obs``, true coordinates
        of drawn points in ``obsm["truth"]``.
    label_keys
        Columns of ``obs`` that hold reference labels; empty for unlabelled data.
    n_clusters
        Number of clusters K.
    content_hash
        Names the bytes the counts came from, and the share of the cells that was drawn of them.
    spec
        The entry of the registry, or None.
    new_cells
        Draws further cells from where these come from, for models to embed; None where there are
        no more.
    """

    name: str
    adata: ad.AnnData
    label_keys: tuple[str, ...]
    n_clusters: int
    content_hash: str
    spec: DatasetSpec | None
    new_cells: Callable[[], ad.AnnData] | None = None


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
    check_fraction(request.fraction, request.fraction_seed)
    spec, new_cells = None, None
    if request.name == "simulated":
        from scinfovae.data.simulate import SimulationConfig, simulate_counts

        adata = simulate_counts(request.simulation or SimulationConfig())
        keys: tuple[str, ...] = ("cluster",)
    elif request.name == "figure4":
        from scinfovae.data.figure4_cells import Figure4Config, figure4_cells, figure4_new_cells

        points = request.points or Figure4Config()
        adata, keys = figure4_cells(points), ("cluster",)
        new_cells = functools.partial(figure4_new_cells, points)
    else:
        from scinfovae.data.readers import read_counts

        if request.name == "custom":
            path = custom_path(request)
            layout, wanted = request.layout, request.label_key
        else:
            from scinfovae.data.download import fetch

            spec = resolve_spec(request)
            path = fetch(
                spec, cache_dir=request.cache_dir, mirror=request.mirror, offline=request.offline
            )
            layout = spec.layout
            wanted = (spec.label_key,) if request.label_key is None else request.label_key
        adata = read_counts(path, layout, wanted, request.labels_path, request.layer)
        if spec is not None:
            _check_expected(spec, adata, path)
        keys = tuple(adata.obs.columns)
    adata = keep_fraction(adata, request.fraction, request.fraction_seed)
    k = _choose_n_clusters(request, adata, keys)
    return Dataset(request.name, adata, keys, k, content_hash(request), spec, new_cells)
