"""``scinfovae-bench figures`` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from matplotlib.image import imread

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.records.frame import frame_of
from scinfovae.cli.main import main

HOSTILE = ("$\\frac{a}{$", "_hidden", "<script>alert(1)</script>", "日本 😀\x00", "a" * 300, "")


@pytest.fixture
def export(bench, tmp_path):
    """Write an export with methods and data whose names are meant to break things."""
    for i, name in enumerate(HOSTILE):
        told = {"title": name or "x", "content": f"hash {i}", "data_variant": f"path={name}"}
        for seed in (0, 1):
            bench.run("custom", f"method{i}", seed, {"kmeans": 0.1 * i + 0.01 * seed}, **told)
    path = tmp_path / "results" / "records.parquet"
    path.parent.mkdir()
    frame_of(bench.rows).to_parquet(path)
    return path


def test_hostile_names_are_drawn_and_kept(export, capsys):
    words = ["fig2", "supp8", "fig3", "dataset=custom", "--from", str(export)]
    assert main(["figures", *words]) == 0
    out = capsys.readouterr().out
    folder = export.parent / "figures"
    assert imread(folder / "fig2.png").std() > 0.01
    assert (folder / "fig2.pdf").read_bytes().startswith(b"%PDF")
    bars = pd.read_csv(folder / "fig2.csv")
    assert {"$\\frac{a}{$ (KM)", "_hidden (KM)"} <= set(bars["label"])
    assert "fig3: not drawn, the export holds no embeddings; make it with" in out
    assert not (folder / "fig3.png").exists()
    told = (folder / "README.md").read_text()
    assert "<script>" not in told
    assert str(export.parent) not in told
    index = json.loads((folder / "index.json").read_text())["figures"]
    assert list(index) == ["fig2", "supp8"]
    assert index["fig2"]["files"] == ["fig2.png", "fig2.pdf", "fig2.csv"]
    missing = pd.read_csv(folder / "missing.csv")
    assert set(missing["experiment"]) <= {"fig2", "fig3"}


def test_a_second_command_adds_to_the_list(tmp_path, capsys):
    for name in ("fig6", "fig5"):
        words = [name, f"results.dir={tmp_path}", "--json"]
        assert main(["figures", *words]) == 0
    told = json.loads(capsys.readouterr().out.split("\n{", 1)[1].join(["{", ""]))
    assert told["records"] == "no records"
    (figure,) = told["figures"]
    assert figure["runs"]["done"] == 0
    assert figure["runs"]["command"].startswith("scinfovae-bench sweep experiment=figure4")
    index = json.loads((tmp_path / "figures" / "index.json").read_text())["figures"]
    assert list(index) == ["fig5", "fig6"]
    missing = pd.read_csv(tmp_path / "figures" / "missing.csv")
    assert set(missing["status"]) == {"missing"}
    assert set(missing["experiment"]) == {"fig6", "figure4"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["fig22"], "Did you mean 'fig2'"),
        (["dataset=murar"], "Did you mean 'muraro'"),
        (["colour=red"], "figures has no key 'colour'"),
        (["--from", "nowhere"], "there is no 'nowhere'"),
        (["--run-mising"], "Did you mean '--run-missing'"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["figures", *words]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert told in captured.err
    assert list(tmp_path.iterdir()) == []


def test_help_list_and_completion_import_nothing_heavy(tmp_path):
    program = (
        "import sys\nfrom scinfovae.cli.main import main\n"
        "try:\n    main(['figures', '-h'])\nexcept SystemExit:\n    pass\n"
        "main(['figures', '--list'])\n"
        "from scinfovae.cli.figures import _complete\n"
        "print(_complete('fi')[:2], _complete('clusterer=k'))\n"
        "heavy = ('torch', 'pandas', 'scipy', 'numpy', 'matplotlib')\n"
        "print('HEAVY', [n for n in heavy if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr


@pytest.mark.slow
def test_missing_runs_whose_data_cannot_be_had_are_told(tmp_path, capsys):
    words = ["fig6", "--run-missing", f"results.dir={tmp_path}/r", f"data.mirror={tmp_path}"]
    # the data of Romanov are not there: the sweep says so, and the figure is drawn as not run
    assert main(["figures", *words, "data.offline=true"]) != 0
    assert "scinfovae-bench sweep experiment=fig6" in capsys.readouterr().err


@pytest.mark.slow
def test_missing_runs_are_made_and_then_drawn_beside_an_export(export, capsys):
    # as on a clone, which has an export and no runs
    words = ["training", "dataset=simulated", "preset=quick", "seed=0"]
    where = f"results.dir={export.parent}"
    assert main(["store", "import", str(export), where]) == 0
    assert main(["figures", *words, where, "--run-missing"]) == 0
    captured = capsys.readouterr()
    assert "sweep experiment=embedding" in captured.err
    picture = export.parent / "figures" / "training_simulated.png"
    assert f"training: {picture}" in captured.out
    assert imread(picture).std() > 0.01
    curves = pd.read_csv(picture.with_suffix(".csv"))
    assert {"reconstruction", "held_out", "ari"} <= set(curves["curve"])


def test_only_data_that_can_be_fetched_are_said_to_be_missing(bench, tmp_path, capsys):
    for name in ("muraro", "figure4", "simulated"):
        resolved = make_plan([f"dataset={name}", "method=tsne"])[0].recipe.resolved
        config = json.dumps({**resolved, "seed": 0})
        bench.run(name, "tsne", 0, {"kmeans": 0.5}, config=config, content=name)
    path = tmp_path / "records.parquet"
    frame_of(bench.rows).to_parquet(path)
    places = [f"data.mirror={tmp_path}", f"data.cache_dir={tmp_path}"]
    for words in ([], ["dataset=figure4"]):
        assert main(["figures", "fig1b", "fig1c", "--from", str(path), *places, *words]) == 0
    out = capsys.readouterr().out
    assert out.count("not drawn, no data are at hand of muraro; make it with") == 2
    assert out.count("not drawn, the points of Fig. 4 have neither genes nor counts") == 2
    # simulated counts are drawn anew, where they are asked for or there are no others
    assert main(["figures", "fig1b", "--from", str(path), *places, "dataset=simulated"]) == 0
    shown = pd.read_csv(tmp_path / "figures" / "fig1b.csv")
    assert set(shown["dataset"]) == {"simulated"}


def test_data_that_are_not_at_hand_replace_no_picture(tmp_path, capsys):
    words = ["fig1b", "fig1c", "dataset=muraro", f"results.dir={tmp_path}"]
    places = [f"data.mirror={tmp_path}", f"data.cache_dir={tmp_path}"]
    assert main(["figures", *words, *places]) == 0
    out = capsys.readouterr().out
    assert out.count("not drawn, no data are at hand of muraro; make it with") == 2
    assert not (tmp_path / "figures" / "fig1b.png").exists()
