"""How the authors of each method prepare cells, as numbers, and what of it reaches a run."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.methods import METHODS

# genes (None: all), how they are ranked, counts scaled to one total, log1p, scaled by, clipped at
COLUMNS = ("n_hvg", "hvg_flavor", "normalize_total", "log1p", "scale_axis", "clip")
# what drops genes and cells: counts of a gene, cells of a gene, counts of a cell
FILTERS = ("min_gene_counts", "min_cells", "min_cell_counts")
RECIPES = {
    "contrastive_sc": ((500, "seurat", True, True, "gene", None), (1, 0, 1)),
    "dca": ((None, "seurat", True, True, "gene", None), (1, 0, 1)),
    "desc": ((1000, "seurat", False, True, "gene", 6.0), (0, 0, 0)),
    "graph_sc": ((3000, "seurat", True, True, "none", None), (3, 0, 1)),
    "scanpy_leiden": ((None, "seurat", True, True, "gene", 10.0), (0, 3, 0)),
    "scanpy_louvain": ((None, "seurat", True, True, "gene", 10.0), (0, 3, 0)),
    "scdeepcluster": ((None, "seurat", True, True, "gene", None), (1, 0, 1)),
    "scgnn": ((2000, "variance", False, False, "none", None), (0, 0, 0)),
    "scvae": ((None, "seurat", True, True, "gene", None), (1, 0, 1)),
    "scvi": ((2000, "seurat_v3", True, True, "gene", 10.0), (3, 0, 0)),
    "sczidesk": ((500, "seurat", True, True, "gene", None), (1, 0, 1)),
}
# filters by a share of the cells or genes are the suite's own; scGNN's harness keeps them too
FRACTIONS = dict.fromkeys(RECIPES, 0.0) | {"scgnn": 0.01}
# what none of them does
NEVER = {"min_genes": 0, "values": "counts"}
BY_THRESHOLDS = {"target_sum": 10_000.0, "hvg_thresholds": (0.0125, 3.0, 0.5)}
NEITHER = {"target_sum": None, "hvg_thresholds": None}


def test_every_recipe_stands_here():
    assert {n for n, info in METHODS.items() if info.own_recipe is not None} == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_with_its_own_input_has_the_recipe_of_the_authors(name):
    steps, filters = RECIPES[name]
    (group,) = make_plan([f"method={name}", "input=own"])
    assert asdict(group.recipe.preprocessing) == {
        **dict(zip(COLUMNS, steps, strict=True)),
        **dict(zip(FILTERS, filters, strict=True)),
        "min_cell_fraction": FRACTIONS[name],
        "min_gene_fraction": FRACTIONS[name],
        **NEVER,
        **(BY_THRESHOLDS if name.startswith("scanpy") else NEITHER),
    }
