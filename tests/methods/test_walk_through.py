"""docs/methods.md, followed to the letter: a method outside the package, from file to scores."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from scinfovae.bench.planning import compose
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.planning.typed import plain
from scinfovae.cli.main import main
from scinfovae.methods import METHODS, import_plugins
from scinfovae.resources import resource_path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
TINY = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
    "clusterers=[kmeans]",
    "figures=false",
)


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL).group(1)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder; what a plug-in leaves in the process is taken back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(METHODS)
    yield tmp_path
    for name in set(METHODS) - set(before):
        del METHODS[name]
    sys.modules.pop("my_projection", None)


def test_the_page_from_the_file_to_the_scores(here, capsys):
    (here / "my_projection.py").write_text(block("python"))
    words = ("plugins=[my_projection]", "method=my_projection", *TINY)

    assert main(["run", *words, "seed=0,1"]) == 0
    first, second = sorted(here.glob("results/runs/simulated/my_projection/*/seed=*"))
    embeddings = [np.load(record / "embedding.npy") for record in (first, second)]
    assert [e.shape for e in embeddings] == [(60, 20), (60, 20)]
    assert not np.array_equal(*embeddings)
    config = yaml.safe_load((first / "config.yaml").read_text())
    assert config["method"] == {"name": "my_projection", "n_dimensions": 20}
    assert config["plugins"] == ["my_projection"]

    capsys.readouterr()
    assert main(["methods", "info", "my_projection", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parameters"] == [
        {"name": "n_dimensions", "default": 20, "text": "Dimensions of the embedding."}
    ]
    assert main(["run", *words, "method.n_dimensions=0"]) == 2
    assert "n_dimensions=0 must be at least 1" in capsys.readouterr().err

    assert main(["run", *words, "input=own", "preprocessing.min_cell_fraction=0"]) == 0
    (own,) = {*here.glob("results/runs/simulated/my_projection/*/seed=0")} - {first}
    recipe = yaml.safe_load((own / "config.yaml").read_text())
    assert recipe["input"] == "own"
    assert recipe["preprocessing"]["n_hvg"] == 300


def test_the_config_of_the_page_says_the_defaults(here):
    (here / "my_projection.py").write_text(block("python"))
    import_plugins(["my_projection"])
    expected = {"name": "my_projection", **plain(METHODS["my_projection"].config_class())}
    assert yaml.safe_load(block("yaml")) == expected


def test_the_config_of_the_page_is_composed_where_it_is_put(here, monkeypatch):
    """A method of this project: its file and one config, here in a copy of the configs."""
    (here / "my_projection.py").write_text(block("python"))
    import_plugins(["my_projection"])
    shutil.copytree(resource_path("configs"), here / "configs")
    (here / "configs/method/my_projection.yaml").write_text(
        block("yaml").replace("20", "12")  # not the default, to see that the file is read
    )
    monkeypatch.setattr(compose, "resource_path", lambda name: here / name)
    compose.group_node.cache_clear()
    try:
        (group,) = make_plan(["method=my_projection"])
    finally:
        compose.group_node.cache_clear()
    assert group.recipe.method_config.n_dimensions == 12


def test_the_commands_of_the_page(here, capsys):
    (here / "my_projection.py").write_text(block("python"))
    lines = [
        x for x in PAGE.read_text().splitlines() if x.startswith("scinfovae-bench run plugins")
    ]
    first, second = (line.split()[1:] for line in lines)
    for words in (first, second):
        assert main([*words, *TINY, "--dry-run"]) == 0
        assert "1 to do" in capsys.readouterr().out
