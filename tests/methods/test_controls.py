"""Controls in their order, and an oracle that no method ever is."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from scinfovae.cli.main import main
from scinfovae.methods import METHODS

WORDS = (
    "dataset=simulated",
    "dataset.simulation.n_cells=300",
    "dataset.simulation.n_genes=300",
    "dataset.simulation.n_clusters=3",
    "preprocessing.n_hvg=200",
    "clusterers=[kmeans]",
)


def table_of_counts():
    counts = np.random.default_rng(0).poisson(2.0, (40, 30))
    names = [f"c{i}" for i in range(40)], [f"g{j}" for j in range(30)]
    return pd.DataFrame(counts, *names)


@pytest.fixture
def scores(tmp_path):
    """Run methods; gives scores by method and clusterer, mean over seeds."""
    assert (
        main(["run", *WORDS, "method=control,pca", "seed=range(3)", f"results.dir={tmp_path}"]) == 0
    )
    rows = []
    for record in tmp_path.glob("runs/simulated/*/*/seed=*"):
        for entry in json.loads((record / "metrics.json").read_text())["clusterings"]:
            row = {"method": record.parents[1].name, "clusterer": entry["key"]}
            rows.append(row | entry["external"]["cluster"] | entry["internal"])
    return pd.DataFrame(rows)


def test_controls_bound_every_score_and_come_in_their_order(scores):
    mean = scores.groupby(["method", "clusterer"]).mean()
    assert set(mean.index) == {
        ("random_labels", "own"),
        ("random_embedding", "kmeans"),
        ("pca", "kmeans"),
        ("oracle_labels", "own"),
    }
    by_method = mean.droplevel("clusterer")
    for metric in ("ari", "nmi", "accuracy", "homogeneity", "completeness"):
        assert by_method.loc["oracle_labels", metric] == 1
        chance = by_method.loc[["random_labels", "random_embedding"], metric]
        assert chance.max() < by_method.loc["pca", metric] < 1
    assert by_method.loc[["random_labels", "random_embedding"], "ari"].abs().max() < 0.02
    common = by_method["silhouette_common"]
    assert common["random_labels"] < 0 < common["oracle_labels"]
    own_space = by_method["silhouette"]
    assert own_space[["random_labels", "oracle_labels"]].isna().all()  # they have no space


def test_a_finished_control_is_found_finished(tmp_path, capsys):
    words = ["run", *WORDS, "method=random_labels,oracle_labels", f"results.dir={tmp_path}"]
    assert main(words) == 0
    for record in tmp_path.glob("runs/simulated/*/*/seed=*"):
        files = {path.name for path in record.iterdir()}
        assert not files & {"embedding.npy", "embedding_plot.png"}  # there is none to be kept
    capsys.readouterr()
    assert main([*words[:-2], "method=random_labels,oracle_labels", words[-1], "--dry-run"]) == 0
    assert "2 done" in capsys.readouterr().out
    assert main(words) == 0
    assert capsys.readouterr().out.count("already finished") == 2


def test_the_oracle_itself_knows_nothing(tiny, fit):
    (result,) = fit("oracle_labels", tiny)
    assert result.own_labels is None
    assert result.stages == {}
    told = [info.name for info in METHODS.values() if info.labels_from_reference]
    assert told == ["oracle_labels"]


def test_without_reference_labels_the_oracle_is_not_applicable(tmp_path, capsys):
    table_of_counts().to_csv(tmp_path / "counts.csv")
    words = ["dataset=custom", f"dataset.path={tmp_path / 'counts.csv'}", "dataset.n_clusters=3"]
    words += ["preprocessing.n_hvg=20", "clusterers=[kmeans]", "figures=false"]
    code = main(["run", *words, "method=oracle_labels", f"results.dir={tmp_path / 'r'}"])
    assert code == 0
    assert "not_applicable" in capsys.readouterr().out


@pytest.fixture
def relabelled(tmp_path):
    """Run a method on 40 cells with one file of labels, then with another; gives the records."""
    rng = np.random.default_rng(0)
    cells = [f"c{i}" for i in range(40)]
    table = pd.DataFrame(
        rng.poisson(2.0, (40, 30)), index=cells, columns=[f"g{j}" for j in range(30)]
    )
    table.to_csv(tmp_path / "counts.csv")
    words = ["dataset=custom", f"dataset.path={tmp_path / 'counts.csv'}", "dataset.n_clusters=2"]
    words += ["preprocessing.n_hvg=20", "clusterers=[kmeans]", "figures=false"]
    words += ["dataset.label_key=type", f"results.dir={tmp_path / 'r'}"]

    def run(method, *more):
        for step in (2, 5):
            types = {"type": [f"t{i // step % 2}" for i in range(40)]}
            labels = tmp_path / f"labels{step}.csv"
            pd.DataFrame(types, index=table.index).to_csv(labels)
            given = [f"method={method}", f"dataset.labels_path={labels}", *more]
            assert main(["run", *words, *given]) == 0
            (record,) = tmp_path.glob(f"r/runs/custom/{method}/*/seed=0")
            yield step, record, json.loads((record / "metrics.json").read_text())

    return run


def test_labels_that_come_later_replace_those_the_oracle_copied(relabelled):
    for step, record, metrics in relabelled("oracle_labels"):
        (entry,) = metrics["clusterings"]
        assert entry["external"]["type"]["ari"] == 1
        own = pd.read_parquet(record / "labels.parquet")["final.own"]
        assert own.tolist() == [i // step % 2 for i in range(40)]


def test_what_cannot_be_scored_against_later_labels_goes(relabelled):
    short = ("method.pretrain.epochs=2", "method.fine_tune.epochs=2", "method.hidden=[8]")
    (_, _, first), (_, _, second) = relabelled("scinfovae", *short)
    assert set(first["trajectory"]) == {"pretrain", "fine_tune"}
    assert "trajectory" not in second
