"""What leaves the machine with an export, and the command that repeats a run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.repeat import command_of, words_of
from scinfovae.bench.planning.typed import plain
from scinfovae.bench.records.export import export_runs
from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.scrub import scrub, scrub_command, scrub_text
from scinfovae.cli.main import main
from scinfovae.errors import DataError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("nothing / to do, n/a, 1/2", "nothing / to do, n/a, 1/2"),
        ("see https://a.org/b/c.h5 and http://x/y", "see https://a.org/b/c.h5 and http://x/y"),
        ("/home/me/x.h5", "DIR/x.h5"),
        ("'/home/me/my data/x y.h5' cannot be read", "'DIR/x y.h5' cannot be read"),
        ('"/a/b" (in /c/d/, ~/e/f)', '"DIR/b" (in DIR/d, DIR/f)'),
        ("~me/x.h5;/a/b", "DIR/x.h5;DIR/b"),
        ("results/runs/a stays", "results/runs/a stays"),
    ],
)
def test_paths_of_the_machine_are_taken_out_of_texts(text, expected):
    assert scrub_text(text) == expected


def test_paths_are_taken_out_of_commands():
    line = (
        "scinfovae-bench run dataset=custom 'dataset.path=/home/me/my data/x.h5ad' "
        "results.dir=~/out/a data.mirror=relative/b --out=/x/y method.hidden=[64,32]"
    )
    assert scrub_command(line) == (
        "scinfovae-bench run dataset=custom dataset.path=DIR/x.h5ad results.dir=DIR/a "
        "data.mirror=relative/b --out=DIR/y 'method.hidden=[64,32]'"
    )
    nested = scrub({"command": "x a=/b/c", "list": ["/d/e", 1, None], "path": "/f"})
    assert nested == {"command": "x a=DIR/c", "list": ["DIR/e", 1, None], "path": "DIR/f"}


@pytest.fixture
def counts_file(tmp_path):
    counts = np.random.default_rng(0).poisson(2.0, size=(40, 30))
    table = pd.DataFrame(counts, columns=[f"gene_{j}" for j in range(30)])
    table.insert(0, "cell_type", ["a", "b"] * 20)
    table.index = [f"cell_{i}" for i in range(40)]
    table.to_csv(tmp_path / "counts.csv")
    return tmp_path / "counts.csv"


def test_an_export_holds_no_path_of_the_machine(toy, bench, results, tmp_path, counts_file):
    bench("method=toy", "seed=0,1", "method.raise_for=[1]", "clusterers=[kmeans]")
    words = ("method=pca", "clusterers=[kmeans]", "dataset.n_clusters=3", "figures=false")
    own = (f"dataset.path={counts_file}", "dataset.label_key=cell_type")
    assert main(["run", "dataset=custom", *words, *own, f"results.dir={results}"]) == 0
    done = export_runs(results)
    assert done.counts == {"ok": 2, "failed": 1}
    assert done.path == results / "records.parquet"
    assert done.n_bytes == done.path.stat().st_size < 200_000
    content = pd.read_parquet(done.path).to_csv()
    # the folder of the tests, that of the checkout, and home
    parts = [str(tmp_path), str(tmp_path.parent), str(Path(__file__).parents[2]), str(Path.home())]
    for part in parts:
        assert f"{part}/" not in content
    assert "DIR/counts.csv" in content
    assert "DIR/results" in content
    assert "https://" not in content  # neither dataset has an address


def test_an_export_of_nothing_is_told(tmp_path):
    with pytest.raises(DataError, match="no results"):
        export_runs(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no run in"):
        export_runs(tmp_path / "empty")


@pytest.mark.parametrize(
    "words",
    [
        ["method=pca"],
        ["dataset=worm_neuron", "method=scinfovae", "preset=quick", "seed=4"],
        ["method=scinfovae", "method.hidden=[64,32]", "method.lambda_=2.5", "preset=literal"],
        ["dataset=muraro", "method=pca", "clusterers=[leiden]", "clustering.leiden.resolution=2"],
        ["dataset=muraro", "dataset.n_clusters=4", "dataset.urls=['http://a.org/x y']"],
        ["dataset=custom", "dataset.path=/a b/x.csv", "dataset.label_key=[a,'b c']"],
        ["method=pca", "preprocessing.n_hvg=null", "stack_width=3", "figures=false"],
    ],
)
def test_the_words_of_a_record_compose_the_same_run(words):
    (group,) = make_plan(words)
    config = {**plain(dict(group.recipe.resolved)), "seed": group.seeds[0], "n_clusters": 5}
    del config["results"], config["data"]
    (again,) = make_plan(words_of(config))
    assert again.recipe.resolved == group.recipe.resolved
    assert again.seeds == group.seeds


def test_the_command_of_a_run_does_it_again(toy, bench, results):
    bench("method=toy", "method.width=3", "clusterers=[kmeans]", "seed=2")
    before = runs_frame(results).iloc[0]
    command = shlex.split(command_of(json.loads(before["config"]), str(results)))
    assert command[0] == "scinfovae-bench"
    assert main(command[1:]) == 0
    assert toy == [(2,), (2,)]
    (after,) = runs_frame(results).to_dict("records")
    for key in ("identity", "seed", "setting", "variant"):
        assert after[key] == before[key]
