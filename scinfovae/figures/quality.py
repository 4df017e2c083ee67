"""Cells before and after filtering: Fig. 1b."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.data.preprocessing.counts import count_matrix
from scinfovae.data.preprocessing.subset import row_sums
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

# human and mouse by their prefix, C. elegans by the twelve genes of its mitochondria
_MITOCHONDRIAL = re.compile(
    r"^(mt[-.].+|mtce\..+|ctc-[123]|ctb-1|atp-6|nduo-[1-6]|ndfl-4)$", re.IGNORECASE
)
_QUANTITIES = {
    "genes": ("genes per cell", True),
    "counts": ("counts per cell", True),
    "mitochondrial": ("mitochondrial counts, %", False),
}
_NO_NAMES = "no mitochondrial gene names"
_BEFORE, _AFTER = "#9AA5B1", "#D55E00"
MOST = 6
_BINS = 50


def draw(material: Material, info: FigureInfo) -> list[Drawing | NotDrawn]:
    """Draw histograms over cells, a line of panels per dataset.

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
    from matplotlib.patches import Patch

    found, told = material.measured(cell_quality, MOST)
    if not found:
        return [NotDrawn(NO_COUNTS)]
    if all(isinstance(one, str) for one in found.values()):
        return [NotDrawn(f"no data are at hand of {', '.join(found)}")]
    notes = [
        "Filters: genes in fewer than 1 % of the cells are dropped, then cells that express fewer "
        "than 1 % of the remaining genes. After: the cells that are left, over the genes that are "
        "left. Counts are summed over all measured genes; files with selected genes hold no more.",
        *told,
    ]
    legend = [(Patch(color=_BEFORE), "before"), (Patch(fill=False, edgecolor=_AFTER), "after")]
    page = Page(len(found) * 34.0, info.title, notes, legend)
    grid = page.body.subplots(len(found), len(_QUANTITIES), squeeze=False)
    shown = dict(zip(found, shortened(list(found), 30), strict=True))
    tables = []
    for (name, cells), line in zip(found.items(), grid, strict=True):
        if isinstance(cells, str):
            for axes in line:
                bare(axes)
                not_run(axes, "not at hand")
            line[0].set_ylabel(shown[name])
            tables.append(pd.DataFrame({"dataset": [name], "problem": [cells]}))
            continue
        for axes, (quantity, (title, is_log)) in zip(line, _QUANTITIES.items(), strict=True):
            tables.append(_histogram(axes, cells, quantity, title, is_log).assign(dataset=name))
        line[0].set_ylabel(f"{shown[name]}\ncells")
        n = int(cells["after"].sum())
        line[0].set_title(f"{len(cells)} cells before, {n} after", loc="left")
    data = stack(tables, "dataset")
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def cell_quality(loaded: LoadedData) -> Any:
    """Compute what quality control looks at, cell by cell.

    Parameters
    ----------
    loaded
        The data.

    Returns
    -------
    One row a cell: ``after`` (whether it is kept), ``genes``, ``counts`` and ``mitochondrial``
    (percent) over all genes, and ``genes_after`` and ``counts_after`` over the genes that survive;
    ``mitochondrial`` is NaN where no gene name tells it.
    """
    import pandas as pd

    counts, _ = count_matrix(loaded.dataset.adata)
    names = loaded.dataset.adata.var_names
    of_mitochondria = np.array([bool(_MITOCHONDRIAL.match(str(name))) for name in names])
    surviving = np.isin(names.to_numpy().astype(str), loaded.prepared.reference.surviving_genes)
    total = np.asarray(row_sums(counts), dtype=np.float64)
    share = np.full(len(total), math.nan)
    if of_mitochondria.any():
        of_those = np.asarray(row_sums(counts, of_mitochondria), dtype=np.float64)
        share = 100 * of_those / np.maximum(total, 1)
    after = np.zeros(len(total), dtype=bool)
    after[loaded.prepared.cell_index] = True
    return pd.DataFrame(
        {
            "after": after,
            "genes": np.diff(counts.indptr),
            "counts": total,
            "mitochondrial": share,
            "genes_after": row_sums(counts, surviving, stored=True),
            "counts_after": row_sums(counts, surviving),
            "mitochondrial_after": share,
        }
    )


def _histogram(axes: Axes, cells: Any, quantity: str, title: str, is_log: bool) -> Any:
    """Draw one quantity before and after; gives the bins."""
    import pandas as pd
    from matplotlib.ticker import MaxNLocator

    before = cells[quantity].to_numpy(dtype=float)
    after = cells[f"{quantity}_after"].to_numpy(dtype=float)[cells["after"]]
    axes.set_xlabel(title)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    if not np.isfinite(before).all():
        bare(axes)
        not_run(axes, _NO_NAMES)
        return pd.DataFrame({"quantity": [quantity], "problem": [_NO_NAMES]})
    values = np.concatenate([before, after])
    if is_log:
        positive = values[values > 0]
        edges = np.geomspace(positive.min(), positive.max() * 1.0001, _BINS + 1)
    else:
        edges = np.linspace(0, max(values.max(), 1.0), _BINS + 1)
    table: dict[str, Any] = {"quantity": quantity, "from": edges[:-1], "to": edges[1:]}
    for name, some in (("before", before), ("after", after)):
        height, _ = np.histogram(some, edges)
        table[name] = height
    axes.stairs(np.asarray(table["before"]), edges, fill=True, color=_BEFORE)
    axes.stairs(np.asarray(table["after"]), edges, color=_AFTER, linewidth=1.0)
    if is_log:
        plain_log(axes, "x")
    return pd.DataFrame(table)
