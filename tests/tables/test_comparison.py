"""Means and ranks over datasets: only like is compared with like."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scinfovae.tables.shared import shared_datasets

REAL = ("worm_neuron", "young", "muraro", "adam")


def add(bench, method, dataset, ari, *, n=1, **options):
    for seed in range(n):
        bench.run(dataset, method, seed, {"kmeans": ari}, **options)


def row(board, method, **options):
    want = {"clusterer": "kmeans", "setting": None} | options
    (found,) = [
        r
        for r in board.rows
        if r[0] == method and r[2] == want["clusterer"] and want["setting"] in (None, r[1])
    ]
    return found


def test_means_and_ranks_by_hand(bench):
    for dataset, pca, scinfovae in (("worm_neuron", 0.2, 0.4), ("young", 0.6, 0.5)):
        add(bench, "pca", dataset, pca)
        add(bench, "scinfovae", dataset, scinfovae)
    board = bench.board()
    compared = board.comparison("ari", row(board, "pca"))
    assert compared.mean(row(board, "pca")) == pytest.approx(0.4)
    assert compared.mean(row(board, "scinfovae")) == pytest.approx(0.45)
    assert compared.rank(row(board, "pca")) == compared.rank(row(board, "scinfovae")) == 1.5
    assert compared.told() == "2 datasets: worm_neuron, young"


def test_a_row_that_lacks_a_dataset_has_no_mean_and_costs_the_others_none(bench):
    for dataset in REAL:
        for method in ("pca", "scinfovae", "dca", "desc"):
            add(bench, method, dataset, 0.5)
    for dataset in REAL[:3]:
        add(bench, "scvi", dataset, 0.9)
    board = bench.board()
    compared = board.comparison("ari", row(board, "pca"))
    assert compared.n == 4
    assert compared.outside == {row(board, "scvi")}
    assert math.isnan(compared.mean(row(board, "scvi")))
    assert math.isnan(compared.rank(row(board, "scvi")))


def test_a_dataset_that_only_one_row_has_counts_for_nobody(bench):
    for dataset in REAL[:3]:
        add(bench, "pca", dataset, 0.5)
        add(bench, "scinfovae", dataset, 0.6)
    add(bench, "pca", "adam", 0.0)
    board = bench.board()
    compared = board.comparison("ari", row(board, "pca"))
    assert set(compared.datasets) == set(REAL[:3])
    assert compared.mean(row(board, "pca")) == pytest.approx(0.5)


def test_many_variants_on_one_dataset_do_not_shrink_the_comparison(bench):
    for dataset in REAL:
        add(bench, "pca", dataset, 0.5)
        add(bench, "scinfovae", dataset, 0.6)
    for dim in range(40):
        setting = {"setting": f"s{dim}", "variant": f"latent_dim={dim}"}
        add(bench, "scinfovae", "worm_neuron", 0.3, **setting)
    board = bench.board()
    assert board.comparison("ari", row(board, "pca")).n == 4


def test_variants_of_a_dataset_count_once_and_alike_for_all(bench):
    for method, young, reduced, worm in (("pca", 0.9, 0.1, 0.5), ("scinfovae", None, 0.3, 0.5)):
        if young is not None:
            add(bench, method, "young", young)
        add(bench, method, "young_top2000", reduced)
        add(bench, method, "worm_neuron", worm)
    board = bench.board()
    compared = board.comparison("ari", row(board, "pca"))
    assert compared.n == 2
    # the complete file of pca has no match, so it does not stand for the dataset
    assert compared.used["young"] == ("young_top2000",)
    assert compared.mean(row(board, "pca")) == pytest.approx(0.3)
    assert compared.mean(row(board, "scinfovae")) == pytest.approx(0.4)


def test_short_presets_never_share_a_ranking(bench):
    for dataset in REAL[:2]:
        add(bench, "pca", dataset, 0.5)
        add(bench, "scinfovae", dataset, 0.6)
        short = {"setting": "quick", "variant": "fine_tune.epochs=20", "preset": "quick"}
        add(bench, "scinfovae", dataset, 0.99, short=True, **short)
        add(bench, "dca", dataset, 0.1, short=True, setting="dcaquick", preset="quick")
    board = bench.board()
    full = board.comparison("ari", row(board, "pca"))
    assert full.rank(row(board, "scinfovae", setting="scinfova")) == 1.0
    quick = row(board, "scinfovae", setting="quick")
    assert quick not in full.scores
    short = board.comparison("ari", quick)
    assert (short.rank(quick), short.is_short) == (1.0, True)
    assert short.rank(row(board, "dca")) == 2.0
    assert board.heads(quick)[0] == "ScInfoVAE (quick) [short]"


def test_controls_have_means_and_no_rank(bench, monkeypatch):
    import dataclasses

    from scinfovae.methods import METHODS

    control = dataclasses.replace(METHODS["pca"], name="oracle_labels", kind="control")
    monkeypatch.setitem(METHODS, "oracle_labels", control)
    for dataset in REAL[:2]:
        add(bench, "pca", dataset, 0.5)
        add(bench, "scinfovae", dataset, 0.6)
        add(bench, "oracle_labels", dataset, 1.0)
    board = bench.board()
    compared = board.comparison("ari", row(board, "pca"))
    assert compared.rank(row(board, "scinfovae")) == 1.0
    assert compared.mean(row(board, "oracle_labels")) == 1.0
    assert math.isnan(compared.rank(row(board, "oracle_labels")))


def test_simulated_data_count_in_no_mean_beside_real_ones(bench):
    for method in ("pca", "scinfovae"):
        add(bench, method, "worm_neuron", 0.5)
        add(bench, method, "simulated", 1.0)
    board = bench.board()
    assert board.comparison("ari", row(board, "pca")).datasets == ("worm_neuron",)


def test_simulated_data_alone_are_compared(bench):
    for method in ("pca", "scinfovae"):
        add(bench, method, "simulated", 1.0)
    board = bench.board()
    assert board.comparison("ari", row(board, "pca")).datasets == ("simulated",)


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        ([], []),
        (["abc", "abc", "abc"], ["a", "b", "c"]),
        (["abcd", "abcd", "a"], ["a", "b", "c", "d"]),
        (["ab", "cd"], ["c", "d"]),
        (["", ""], []),
        # one row alone is compared with nobody
        (["abcd", "a"], ["a"]),
        # 3 rows x 2 datasets is as much as 2 x 3: the more datasets
        (["abc", "abc", "ab"], ["a", "b", "c"]),
    ],
)
def test_shared_datasets(covered, expected):
    sets = [frozenset(one) for one in covered]
    assert shared_datasets(sets, {name: name for name in "abcd"}) == expected


def random_bench(bench, rng):
    fates = ("ok", "ok", "ok", "ok", "ok", "ok", "failed", "missing", "not_applicable")
    for dataset in ("worm_neuron", "young", "young_top2000", "muraro"):
        for method in ("pca", "scinfovae", "scvi"):
            for seed in range(int(rng.integers(1, 4))):
                status = str(rng.choice(fates))
                scores = {"kmeans": float(rng.random()), "rsc": float(rng.random())}
                if rng.random() < 0.1:
                    del scores["rsc"]
                given = scores if status == "ok" else None
                bench.run(dataset, method, seed, given, status=status)


@pytest.mark.parametrize("seed", range(15))
def test_no_incomplete_cell_enters_a_mean(bench, seed):
    random_bench(bench, np.random.default_rng(seed))
    board = bench.board()
    complete = board.cells[board.cells["complete"]]
    for pool_row in board.rows:
        compared = board.comparison("ari", pool_row)
        for member in compared.scores:
            own = complete[
                (complete["method"] == member[0]) & (complete["clusterer"] == member[2])
            ].set_index("data")["mean"]
            # recomputed from complete cells alone; one that is not there raises
            values = [np.mean([own[d] for d in used]) for used in compared.used.values()]
            assert compared.mean(member) == pytest.approx(np.mean(values), rel=1e-12)
            assert set(compared.datasets) <= set(own.index)
        assert not compared.partial
        means = [compared.rank(member) for member in compared.scores]
        if compared.n and len(means) > 1:
            assert sum(means) == pytest.approx(len(means) * (len(means) + 1) / 2)


@pytest.mark.parametrize("seed", range(5))
def test_partial_cells_enter_only_where_allowed_and_marked(bench, seed):
    random_bench(bench, np.random.default_rng(seed))
    board = bench.board(allow_partial=True)
    found = board.cells[["method", "clusterer", "data", "complete"]].itertuples(index=False)
    complete = {tuple(key): done for *key, done in found}
    for member in board.rows:
        compared = board.comparison("ari", member)
        if member not in compared.scores:
            continue
        used = [one for names in compared.used.values() for one in names]
        is_whole = all(complete[member[0], member[2], one] for one in used)
        assert is_whole == (member not in compared.partial)
