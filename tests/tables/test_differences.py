"""How far ScInfoVAE, and the suite's own preset, are ahead of every other row."""

from __future__ import annotations

import pytest
from scipy import stats

from scinfovae.methods import METHODS
from scinfovae.tables.significance import differences_tables


def test_how_far_scinfovae_is_ahead(bench, row_of):
    for dataset, ahead in (("worm_neuron", 0.1), ("young", 0.3)):
        bench.run(dataset, "scinfovae", 0, {"kmeans": 0.5 + ahead})
        bench.run(dataset, "pca", 0, {"kmeans": 0.5})
    (table,) = differences_tables(bench.board())
    pca = row_of(table, "ARI", "PCA")
    assert pca["ScInfoVAE ahead by"] == "+0.200"
    own = table.data[table.data["method"] == "pca"].iloc[0]
    student = stats.ttest_1samp([0.1, 0.3], 0).confidence_interval()
    found = (own["difference_low"], own["difference_high"])
    assert found == pytest.approx((student.low, student.high))
    assert row_of(table, "ARI", "ScInfoVAE")["ScInfoVAE ahead by"] == "–"


def test_without_scinfovae_nothing_is_ahead(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    (table,) = differences_tables(bench.board())
    assert "ScInfoVAE ahead by" not in table.columns


def test_how_far_the_own_preset_is_ahead(bench, row_of):
    for dataset, ahead in (("worm_neuron", 0.1), ("young", 0.3)):
        bench.run(dataset, "scinfovae_consensus", 0, {"kmeans": 0.5 + ahead, "own": 0.9})
        bench.run(dataset, "pca", 0, {"kmeans": 0.5})
        bench.run(dataset, "scanpy_leiden", 0, {"own": 0.4})
    tables = {table.name: table for table in differences_tables(bench.board())}
    assert list(tables) == ["differences", "differences_consensus"]
    title = METHODS["scinfovae_consensus"].title
    rows = tables["differences_consensus"]
    assert row_of(rows, "ARI", "PCA")[f"{title} ahead by"] == "+0.200"
    # K-means of ours, where a method has labels of its own
    assert row_of(rows, "ARI", METHODS["scanpy_leiden"].title)[f"{title} ahead by"] == "+0.300"
