"""Methods ranked with one row each, against ranks by hand; what is not ranked."""

from __future__ import annotations

from scinfovae.tables.one_row_each import methods_table
from scinfovae.tables.overview import ranks_table
from scinfovae.tables.score_tables import score_table


def test_methods_are_ranked_by_one_row_each(bench, row_of):
    # by hand: own labels of desc, K-means of pca; spectral clustering counts nowhere
    for dataset, desc, pca in (("worm_neuron", 0.7, 0.4), ("young", 0.5, 0.6), ("adam", 0.6, 0.5)):
        scores = {"own": {"ari": desc, "nmi": desc}, "kmeans": {"ari": 0.1, "nmi": 0.9}}
        bench.run(dataset, "desc", 0, scores)
        kmeans = {"ari": pca, "nmi": pca}
        bench.run(dataset, "pca", 0, {"kmeans": kmeans, "spectral": {"ari": 0.99, "nmi": 0.99}})
        bench.run(dataset, "oracle_labels", 0, {"own": {"ari": 1.0, "nmi": 1.0}})
        bench.run(dataset, "pca", 0, None, setting="b", variant="x=1", status="failed")
    table = methods_table(bench.board("ari", "nmi"))
    assert [one.cells[0].text for one in table.lines][:2] == ["DESC", "PCA"]
    desc, pca = row_of(table, "DESC"), row_of(table, "PCA")
    assert (desc["labels"], pca["labels"]) == ("own", "K-means")
    assert (desc["ARI"], pca["ARI"]) == ("0.600", "0.500")
    assert desc["mean rank"] == "1.33"  # 1, 2, 1
    assert pca["mean rank"] == "1.67"
    # K-means: pca first in ARI and second in NMI everywhere
    assert (desc["mean rank, K-means"], pca["mean rank, K-means"]) == ("1.50", "1.50")
    oracle = row_of(table, "Reference labels [control]")
    assert (oracle["ARI"], oracle["mean rank"]) == ("1.000", "–")
    assert methods_table(bench.board("silhouette")) is None


def test_scores_without_a_common_scale_have_no_ranks(bench):
    for dataset in ("worm_neuron", "young"):
        for method in ("pca", "scinfovae"):
            bench.run(dataset, method, 0, {"kmeans": {"ari": 0.5, "silhouette": 0.5}})
    board = bench.board("ari", "silhouette")
    assert "silhouette (own)" not in ranks_table(board).columns
    table = score_table(board, "silhouette")
    assert table.columns[-1] == "mean"
    assert any(note.startswith("Mean over 2 datasets") for note in table.notes)
