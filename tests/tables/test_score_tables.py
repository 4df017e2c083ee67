"""What a reader of the score tables sees: numbers, marks, bold, and the words below."""

from __future__ import annotations

import dataclasses

import pytest

from scinfovae.methods import METHODS
from scinfovae.tables.score_tables import score_table


def texts(table):
    return {
        tuple(cell.text for cell in one.cells[: table.n_heads]): [cell.text for cell in one.cells]
        for one in table.lines
    }


def bold(table):
    heads = table.columns
    return {
        (one.cells[0].text, heads[i])
        for one in table.lines
        for i, cell in enumerate(one.cells)
        if cell.bold
    }


def notes(table):
    return " ".join(table.notes)


@pytest.fixture
def two_methods(bench):
    scores = {"worm_neuron": ((0.2, 0.4), (0.5, 0.5)), "young": ((0.6, 0.8), (0.1, 0.3))}
    for dataset, (pca, scinfovae) in scores.items():
        for seed in (0, 1):
            bench.run(dataset, "pca", seed, {"kmeans": pca[seed]})
            bench.run(dataset, "scinfovae", seed, {"kmeans": scinfovae[seed]})
    return bench


def test_mean_and_spread_and_ranks(two_methods, row_of):
    table = score_table(two_methods.board(), "ari")
    pca = row_of(table, "PCA", "K-means")
    assert pca["worm_neuron"] == "0.300 ± 0.141"
    assert (pca["mean"], pca["mean rank"]) == ("0.500", "1.50")
    assert row_of(table, "ScInfoVAE", "K-means")["mean"] == "0.350"
    assert bold(table) == {("ScInfoVAE", "worm_neuron"), ("PCA", "young")}
    assert "Mean and mean rank over 2 datasets: worm_neuron, young" in notes(table)


def test_the_default_method_comes_first(two_methods):
    table = score_table(two_methods.board(), "ari")
    assert [one.cells[0].text for one in table.lines[:2]] == ["ScInfoVAE", "PCA"]


def test_an_incomplete_cell_is_marked_and_neither_bold_nor_averaged(two_methods, row_of):
    two_methods.run("worm_neuron", "scinfovae", 2, status="oom")
    table = score_table(two_methods.board(), "ari")
    scinfovae = row_of(table, "ScInfoVAE", "K-means")
    assert scinfovae["worm_neuron"] == "0.500 ± 0.000 (2/3)"
    assert bold(table) == {("PCA", "young")}
    assert "mean" not in table.columns
    assert "(2/3): 2 of 3 expected runs" in notes(table)
    assert "over 1 dataset: young" in notes(table)


def test_incomplete_cells_where_they_are_allowed(two_methods, row_of):
    two_methods.run("worm_neuron", "scinfovae", 2, status="oom")
    table = score_table(two_methods.board(allow_partial=True), "ari")
    scinfovae = row_of(table, "ScInfoVAE", "K-means")
    assert (scinfovae["mean"], scinfovae["mean rank"]) == ("0.350 †", "1.50 †")
    assert "†: holds cells that are not complete" in notes(table)
    assert bold(table) == {("PCA", "young")}


def test_what_became_of_cells_without_a_score(bench, row_of):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.5})
    bench.run("worm_neuron", "pca", 1, {"kmeans": 0.5})
    for method, status in (("dca", "failed"), ("desc", "missing"), ("scvi", "not_applicable")):
        bench.run("worm_neuron", method, 0, status=status)
        bench.run("worm_neuron", method, 1, status=status)
    bench.run("young", "pca", 0, {"kmeans": 0.5})
    table = score_table(bench.board(), "ari")
    shown = {heads[0]: cells[2:4] for heads, cells in texts(table).items()}
    title = {m: METHODS[m].title if m in METHODS else m for m in ("dca", "desc", "scvi")}
    assert shown[title["dca"]] == ["failed (0/2)", "–"]
    assert shown[title["desc"]] == ["missing (0/2)", "–"]
    assert shown[title["scvi"]] == ["not applicable", "–"]
    assert shown["PCA"] == ["0.500 ± 0.000", "0.500"]
    for words in ("failed (0/3):", "missing (0/3):", "which is no failure", "rests on one seed"):
        assert words in notes(table)


def test_collapsed_runs_are_marked(bench, row_of):
    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.1}, collapsed=True)
    bench.run("worm_neuron", "scinfovae", 1, {"kmeans": 0.3})
    table = score_table(bench.board(), "ari")
    assert row_of(table, "ScInfoVAE")["worm_neuron"] == "0.200 ± 0.141 c1"
    assert "flagged as collapsed; it counts all the same" in notes(table)


def test_ties_are_all_bold(bench):
    for method in ("pca", "scinfovae", "dca"):
        bench.run("worm_neuron", method, 0, {"kmeans": 0.1 if method == "dca" else 0.3})
    table = score_table(bench.board(), "ari")
    assert bold(table) == {("PCA", "worm_neuron"), ("ScInfoVAE", "worm_neuron")}
    (rank,) = {one.cells[-1].text for one in table.lines if one.cells[0].text == "PCA"}
    assert rank == "1.5"


def test_nothing_is_best_among_one(bench):
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.3})
    table = score_table(bench.board(), "ari")
    assert bold(table) == set()
    assert "rank" not in table.columns


def test_own_spaces_are_not_compared(bench):
    for method, value in (("pca", 0.1), ("scinfovae", 0.9)):
        bench.run("worm_neuron", method, 0, {"kmeans": {"silhouette": value}})
    table = score_table(bench.board("silhouette"), "silhouette")
    assert bold(table) == set()
    assert "no common scale" in notes(table)


def test_short_presets_and_controls_are_marked_and_never_bold(bench, monkeypatch, row_of):
    oracle = dataclasses.replace(
        METHODS["pca"], name="oracle_labels", title="Oracle", kind="control"
    )
    monkeypatch.setitem(METHODS, "oracle_labels", oracle)
    bench.run("worm_neuron", "pca", 0, {"kmeans": 0.3})
    bench.run("worm_neuron", "dca", 0, {"kmeans": 0.2})
    quick = {"short": True, "preset": "quick", "setting": "q"}
    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.8}, **quick)
    bench.run("worm_neuron", "oracle_labels", 0, {"kmeans": 1.0})
    table = score_table(bench.board(), "ari")
    assert bold(table) == {("PCA", "worm_neuron")}
    assert row_of(table, "ScInfoVAE [short]")["rank"] == "–"
    assert row_of(table, "Oracle [control]")["rank"] == "–"
    assert "compared among themselves only" in notes(table)
    assert "bounds the scale" in notes(table)


def test_published_methods_stand_below_with_a_mark_where_the_data_differ(bench, row_of):
    for dataset in ("worm_neuron", "young_top2000", "simulated"):
        bench.run(dataset, "pca", 0, {"kmeans": 0.3})
    table = score_table(bench.board(), "ari")
    cidr = row_of(table, "CIDR [published]")
    # graph-sc prints .0350568 for both runs on the same file
    assert cidr["worm_neuron"] == "0.035 ± 0.000"
    assert cidr["young_top2000"].endswith(" ≠")
    assert cidr["simulated"] == "–"
    assert cidr["mean"] == "–"
    assert row_of(table, "RaceID [published]")["worm_neuron"].endswith(" ≠")
    assert "≠: published on other data than ours" in notes(table)
    # for machines: marked, with source
    published = table.data[table.data["kind"] == "published"]
    names = zip(published["method"], published["dataset"], strict=True)
    same = dict(zip(names, published["same_data"], strict=True))
    assert same["cidr", "worm_neuron"]
    assert not same["cidr", "young_top2000"]
    # it clustered 117 of the 4186 cells
    assert not same["raceid", "worm_neuron"]
    assert published["source"].str.startswith("graph-sc:").all()


def test_there_are_no_published_rows_for_unpublished_data(bench):
    bench.run("simulated", "pca", 0, {"kmeans": 0.3})
    table = score_table(bench.board(), "ari")
    assert [one.cells[0].text for one in table.lines] == ["PCA"]


def test_data_for_machines_hold_every_digit_and_count(two_methods):
    two_methods.run("worm_neuron", "scinfovae", 2, status="oom")
    data = score_table(two_methods.board(), "ari").data
    ours = data[(data["kind"] == "measured") & (data["dataset"] == "worm_neuron")]
    row = ours[ours["method"] == "scinfovae"].iloc[0]
    counts = ("n_expected", "n_done", "n_failed", "n_missing", "n_not_applicable", "n_collapsed")
    assert [row[name] for name in counts] == [3, 2, 1, 0, 0, 0]
    assert not row["complete"]
    pca = ours[ours["method"] == "pca"].iloc[0]
    assert pca["mean"] == (0.2 + 0.4) / 2
    assert pca["sd"] == pytest.approx(0.02**0.5, rel=1e-15)


def test_long_variants_are_abbreviated_and_told_below(bench):
    variant = "pretrain.epochs=10, pretrain.patience=4, likelihood=zinb_mse, mse_scale=1"
    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.3}, setting="1a2b3c4d", variant=variant)
    table = score_table(bench.board(), "ari")
    assert table.lines[0].cells[0].text == "ScInfoVAE (#1a2b3c)"
    assert f"ScInfoVAE (#1a2b3c): {variant}." in table.notes


def test_variants_are_sorted_by_their_numbers(bench):
    for dim in (10, 2, 0.5):
        told = {"setting": f"s{dim}", "variant": f"latent_dim={dim}"}
        bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.3}, **told)
    table = score_table(bench.board(), "ari")
    shown = [one.cells[0].text.partition("=")[2] for one in table.lines[:3]]
    assert shown == ["0.5)", "2)", "10)"]


def test_presets_are_named_by_their_name(bench):
    variant = "latent_dim=2, pretrain.epochs=60, pretrain.warmup_epochs=20, fine_tune.epochs=20"
    told = {"preset": "quick", "short": True, "variant": variant}
    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.3}, **told)
    table = score_table(bench.board(), "ari")
    assert table.lines[0].cells[0].text == "ScInfoVAE (quick, latent_dim=2) [short]"
