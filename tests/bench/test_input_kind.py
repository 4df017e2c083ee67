"""The suite's recipe or the authors': what is resolved, recorded, named and scored."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import yaml

from scinfovae.bench.planning.identity import identity, recipe_facts
from scinfovae.bench.planning.plan import build_recipe, make_plan
from scinfovae.bench.running.listener import Listener, RunLog
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.lookup import identity_of
from scinfovae.cli.main import main
from scinfovae.data.preprocessing import PreprocessingConfig, pca_space, preprocess
from scinfovae.errors import ScInfoVAEWarning, UsageError
from scinfovae.methods import METHODS
from scinfovae.metrics import internal_scores

OWN = ["method=scanpy_leiden", "input=own"]


def recipe_of(*words):
    return make_plan(words)[0].recipe


def test_the_common_recipe_is_the_default_and_names_runs_as_before():
    recipe = recipe_of("method=scanpy_leiden")
    assert (recipe.input_kind, recipe.preprocessing) == ("common", PreprocessingConfig())
    # the recipe as it was before it gained keys for other methods
    assert recipe_facts(recipe.preprocessing) == {
        "min_cell_fraction": 0.01,
        "min_gene_fraction": 0.01,
        "normalize_total": True,
        "log1p": True,
        "hvg_flavor": "seurat",
        "n_hvg": 500,
        "scale_axis": "gene",
        "clip": 10.0,
    }


def test_the_own_recipe_is_resolved_where_a_record_can_show_it():
    recipe = recipe_of(*OWN)
    assert recipe.input_kind == recipe.resolved["input"] == "own"
    assert recipe.preprocessing.hvg_thresholds == (0.0125, 3.0, 0.5)
    assert recipe.resolved["preprocessing"]["target_sum"] == 10_000
    assert recipe.resolved["preprocessing"]["n_hvg"] is None
    facts = recipe_facts(recipe.preprocessing)
    assert facts["min_cells"] == 3
    assert "min_genes" not in facts


def test_the_own_recipe_replaces_what_a_preset_says_and_words_replace_it():
    literal = recipe_of(*OWN, "preset=literal")
    assert literal.preprocessing == recipe_of(*OWN).preprocessing
    changed = recipe_of(*OWN, "preprocessing.min_cells=5", "preset=literal")
    assert changed.preprocessing.min_cells == 5
    assert changed.preprocessing.target_sum == 10_000


def test_a_worker_gets_the_same_recipe_from_the_resolved_configuration():
    recipe = recipe_of(*OWN, "preprocessing.min_cells=5")
    resolved = {key: value for key, value in recipe.resolved.items() if key != "seed"}
    assert build_recipe(resolved) == recipe


def test_a_method_without_a_recipe_has_the_common_one_which_is_told():
    with pytest.warns(ScInfoVAEWarning, match="common input for pca, genes, which") as heard:
        groups = make_plan(["method=pca,genes,scanpy_leiden", "input=own,common"])
    assert len(heard) == 1
    found = sorted((g.recipe.method.name, g.recipe.input_kind) for g in groups)
    # and its runs are those of the common input, not runs beside them
    assert found == [
        ("genes", "common"),
        ("pca", "common"),
        ("scanpy_leiden", "common"),
        ("scanpy_leiden", "own"),
    ]


def test_the_kind_is_part_of_the_name_of_a_run():
    def name(*words):
        recipe = recipe_of("dataset=worm_neuron", "method=scanpy_leiden", *words)
        return identity_of(recipe, DataCache(), RunLog(Listener()))

    assert len({name(), name("input=own"), name("input=own", "preprocessing.min_cells=4")}) == 3
    facts = {
        "content_hash": "x",
        "n_clusters": 2,
        "method": "m",
        "method_version": 1,
        "method_config": {},
        "preprocessing": {"n_hvg": 3},
        "preprocessing_version": 1,
    }
    assert identity(**facts) == identity(**facts, input_kind="common")
    assert identity(**facts) != identity(**facts, input_kind="own")


def test_a_kind_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match="input=owm must be one of common, own"):
        make_plan(["method=pca", "input=owm"])


def test_a_run_on_its_own_recipe_is_scored_over_its_cells_and_placed_in_the_common_space(
    tmp_path, monkeypatch
):
    recipe = {"min_cell_fraction": 0.0, "min_gene_fraction": 0.0, "min_cells": 3, "n_hvg": 60}
    info = dataclasses.replace(METHODS["pca"], own_recipe=recipe)
    monkeypatch.setitem(METHODS, "pca", info)
    # cell 0 expresses one gene of 150, so the common recipe drops it and the own one keeps it
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(1.0, 1.0, (2, 150))[rng.integers(0, 2, 80)])
    counts[0] = 0
    counts[0, 3] = 9
    names = [f"c{i}" for i in range(80)]
    table = pd.DataFrame(counts, index=names, columns=[f"g{j}" for j in range(150)])
    table.to_csv(tmp_path / "counts.csv")
    labels = pd.DataFrame({"type": rng.integers(0, 2, 80).astype(str)}, index=names)
    labels.to_csv(tmp_path / "labels.csv")
    words = [
        "dataset=custom",
        f"dataset.path={tmp_path / 'counts.csv'}",
        f"dataset.labels_path={tmp_path / 'labels.csv'}",
        "dataset.label_key=type",
        f"results.dir={tmp_path / 'r'}",
        "method=pca",
        "input=own",
        "clusterers=[kmeans]",
        "figures=false",
    ]
    assert main(["run", *words]) == 0
    (record,) = tmp_path.glob("r/runs/custom/pca/*/seed=0")
    config = yaml.safe_load((record / "config.yaml").read_text())
    assert (config["input"], config["preprocessing"]["min_cells"]) == ("own", 3)
    provenance = json.loads((record / "provenance.json").read_text())
    assert provenance["dataset"]["input"] == "own"
    metrics = json.loads((record / "metrics.json").read_text())
    assert metrics["n_cells"] == 80
    (entry,) = metrics["clusterings"]
    assert entry["internal"]["common_cells"] == 79
    own = pd.read_parquet(record / "labels.parquet")["final.kmeans"].to_numpy()
    import anndata as ad

    with pytest.warns(ScInfoVAEWarning, match="n_hvg=500"):
        common = preprocess(ad.AnnData(counts.astype(np.float32)))
    assert common.cell_index.tolist() == list(range(1, 80))
    expected = internal_scores(pca_space(common), own[1:])
    for metric in ("silhouette", "calinski_harabasz"):
        assert entry["internal"][f"{metric}_common"] == pytest.approx(expected[metric], rel=1e-6)
