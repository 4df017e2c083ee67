"""Equal identity and equal numerics are equal bytes, whoever does the run and how often."""

from __future__ import annotations

import json

import pytest

from scinfovae.cli.main import main

WORDS = (
    "dataset=simulated",
    "dataset.simulation.n_cells=80",
    "dataset.simulation.n_genes=100",
    "dataset.simulation.n_clusters=3",
    "method=scinfovae",
    "method.hidden=[32,16,8]",
    "method.pretrain.epochs=6",
    "method.pretrain.warmup_epochs=2",
    "method.fine_tune.epochs=3",
    "clusterers=[kmeans,spectral,rsc]",
    "seed=0,1",
)


def numerics(root):
    files = root.glob("runs/*/*/*/seed=*/provenance.json")
    return {json.loads(file.read_text())["numerics"]["hash"] for file in files}


def sweep(root, *words):
    assert main(["sweep", *WORDS, f"results.dir={root}", *words]) == 0


def test_a_repeated_run_is_the_same_to_the_last_bit(results_of, tmp_path):
    sweep(tmp_path / "once")
    sweep(tmp_path / "again")
    first, second = (results_of(tmp_path / name) for name in ("once", "again"))
    assert len(first) == 2
    assert first == second
    sweep(tmp_path / "once", "--force")
    assert results_of(tmp_path / "once") == first
    assert len(numerics(tmp_path / "once") | numerics(tmp_path / "again")) == 1


def test_the_order_of_the_seeds_and_their_neighbours_change_nothing(results_of, tmp_path):
    sweep(tmp_path / "both")
    main(["sweep", *WORDS[:-1], "seed=1", f"results.dir={tmp_path / 'alone'}"])
    both, alone = results_of(tmp_path / "both"), results_of(tmp_path / "alone")
    assert alone == {name: found for name, found in both.items() if name.endswith("seed=1")}


@pytest.mark.slow
def test_a_worker_does_the_same_run(results_of, tmp_path):
    sweep(tmp_path / "inline")
    sweep(tmp_path / "processes", "executor=processes", "executor.workers=2")
    assert results_of(tmp_path / "inline") == results_of(tmp_path / "processes")
    assert numerics(tmp_path / "inline") == numerics(tmp_path / "processes")


def test_other_numerics_have_another_name(tmp_path):
    sweep(tmp_path / "one")
    sweep(tmp_path / "two", "stack_width=2")
    assert not numerics(tmp_path / "one") & numerics(tmp_path / "two")
