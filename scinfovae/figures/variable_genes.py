"""Which genes are kept: Fig. 1c."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.data.preprocessing import hvg
from scinfovae.data.preprocessing.counts import count_matrix, filter_counts
from scinfovae.data.preprocessing.moments import mean_and_variance
from scinfovae.data.preprocessing.normalize import normalize_in_place
from scinfovae.figures.drawing import Drawing, NotDrawn, stack
from scinfovae.figures.material import NO_COUNTS
from scinfovae.figures.page import Page
from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import bare, not_run, plain_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scinfovae.bench.running.loading import LoadedData
    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo

MOST = 6
_OTHER, _KEPT = "#B4BCC5", "#D55E00"
_DISPERSION = {
    "seurat": "dispersion, standardised in bins",
    "cell_ranger": "dispersion, standardised in bins",
    "seurat_v3": "standardised variance",
    "variance": "variance of log values",
}


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw mean against dispersion, a panel per dataset.

    Parameters
    ----------
    material
        With the words that say where the data are.
    info
        The figure.

    Returns
    -------
    One page.
    """
    import pandas as pd
    from matplotlib.lines import Line2D

    found, told = material.measured(gene_dispersion, MOST)
    if not found:
        return [NotDrawn(NO_COUNTS)]
    if all(isinstance(one, str) for one in found.values()):
        return [NotDrawn(f"no data are at hand of {', '.join(found)}")]
    notes = [
        "Genes that survive the filters. Mean: of the counts after normalisation to the median "
        "library, before the logarithm. Dispersion: the score by which genes are chosen.",
        *told,
    ]
    dots = [
        (Line2D([], [], linestyle="none", marker="o", markersize=3, color=colour), name)
        for colour, name in ((_KEPT, "kept"), (_OTHER, "not kept"))
    ]
    columns = min(3, len(found))
    lines = math.ceil(len(found) / columns)
    page = Page(lines * 55.0, info.title, notes, dots)
    grid = page.body.subplots(lines, columns, squeeze=False).ravel()
    shown = dict(zip(found, shortened(list(found), 40), strict=True))
    tables = []
    for (name, genes), axes in zip(found.items(), grid, strict=False):
        if isinstance(genes, str):
            bare(axes)
            not_run(axes, "not at hand")
            axes.set_title(shown[name])
            tables.append(pd.DataFrame({"dataset": [name], "problem": [genes]}))
        else:
            _scatter(axes, shown[name], genes)
            tables.append(genes.assign(dataset=name))
    for axes in grid[len(found) :]:
        axes.remove()
    data = stack(tables, "dataset")
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def gene_dispersion(loaded: LoadedData) -> Any:
    """Compute what the choice of genes looks at, gene by gene.

    Parameters
    ----------
    loaded
        The data.

    Returns
    -------
    One row a surviving gene: ``gene``, ``mean``, ``dispersion`` and ``kept``; ``dispersion`` is
    the score of the recipe's flavor.
    """
    import pandas as pd

    config = loaded.prepared.reference.config
    counts, _ = count_matrix(loaded.dataset.adata)
    kept, _, genes = filter_counts(counts, config)
    names = loaded.dataset.adata.var_names.to_numpy().astype(str)[genes]
    if config.hvg_flavor == "seurat_v3":
        scores = hvg.seurat_v3_scores(kept)
    values = normalize_in_place(kept, loaded.prepared.reference.median_total, config)
    if config.hvg_flavor == "seurat":
        scores = hvg.seurat_scores(values, logged=config.log1p)
    elif config.hvg_flavor == "cell_ranger":
        scores = hvg.cell_ranger_scores(values)
    elif config.hvg_flavor == "variance":
        scores = hvg.variance_scores(values)
    undo = np.expm1 if config.log1p else (lambda data: data)
    mean = mean_and_variance(values, undo)[0]
    table = {"gene": names, "mean": mean, "dispersion": scores, "flavor": config.hvg_flavor}
    chosen = np.isin(names, loaded.prepared.gene_names)
    return pd.DataFrame(table).assign(kept=chosen)


def _scatter(axes: Axes, name: str, genes: Any) -> None:
    for is_kept, colour in ((False, _OTHER), (True, _KEPT)):
        some = genes[genes["kept"] == is_kept]
        axes.scatter(
            some["mean"], some["dispersion"], s=3, color=colour, linewidths=0, rasterized=True
        )
    plain_log(axes, "x")
    axes.set_title(f"{name}\n{int(genes['kept'].sum())} of {len(genes)} genes kept")
    axes.set_xlabel("mean normalised count (logarithmic)")
    axes.set_ylabel(_DISPERSION.get(str(genes["flavor"].iloc[0]), "score"))
