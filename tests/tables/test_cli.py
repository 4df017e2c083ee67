"""``scinfovae-bench tables`` as a user types it, on an export of records."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest

from scinfovae.bench.records.frame import frame_of
from scinfovae.cli.main import main


@pytest.fixture
def export(bench, tmp_path):
    """Write two methods on two datasets, and a run that failed, as an export."""
    for dataset in ("worm_neuron", "young_top2000"):
        for seed in (0, 1):
            for method, ari in (("pca", 0.4), ("scinfovae", 0.6)):
                scores = {"kmeans": {"ari": ari + 0.1 * seed, "nmi": 0.5}, "rsc": {"ari": 0.1}}
                bench.run(dataset, method, seed, scores, sweep="aaaa11112222")
    bench.run("worm_neuron", "dca", 0, status="oom", message="no", sweep="bbbb33334444")
    path = tmp_path / "results" / "records.parquet"
    path.parent.mkdir()
    frame_of(bench.rows).to_parquet(path)
    return path


@pytest.fixture
def tables(export, capsys):
    """Call the verb on the export; gives exit code, output and error output."""

    def call(*words):
        code = main(["tables", "--from", str(export), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_the_main_table_is_printed_and_all_are_written(tables, export):
    code, out, err = tables()
    assert (code, err) == (0, "")
    assert "ARI by dataset, method and clusterer" in out
    assert "0.650 ± 0.071" in out
    assert "from 9 records (8 ok, 1 oom)" in out
    folder = export.parent / "tables"
    assert {file.suffix for file in folder.iterdir()} == {".md", ".csv", ".tex", ".json"}
    told = (folder / "ari.md").read_text()
    assert "`scinfovae-bench tables --from DIR/records.parquet`" in told
    assert "from 9 records (8 ok, 1 oom)" in told


def test_no_file_names_a_path_of_this_machine(tables, export):
    tables()
    for file in (export.parent / "tables").iterdir():
        assert str(export.parent) not in file.read_text()


def test_words_choose(tables, export, tmp_path):
    code, out, _ = tables(
        "dataset=*_top2000", "method=pca", "clusterer=kmeans", "metric=ari", "--out", str(tmp_path)
    )
    assert code == 0
    assert "from 2 records (2 ok)" in out
    data = pd.read_csv(tmp_path / "ari.csv")
    ours = data[data["kind"] == "measured"]
    assert set(ours["dataset"]) == {"young_top2000"}
    assert set(ours["clusterer"]) == {"kmeans"}
    assert not (tmp_path / "nmi.csv").exists()
    assert not (export.parent / "tables").exists()


def test_sets_of_datasets_choose_what_is_there(tables):
    code, out, _ = tables("dataset=paper15")
    assert code == 0
    assert "young_top2000" not in out


def test_a_sweep_is_named_by_its_first_digits(tables):
    code, out, _ = tables("--sweep", "aaaa")
    assert (code, "from 8 records (8 ok)" in out) == (0, True)


def test_json_is_for_machines(tables):
    code, out, _ = tables("--json", "metric=ari")
    assert code == 0
    told = json.loads(out)
    assert told["records"] == "9 records (8 ok, 1 oom)"
    rows = told["tables"]["ari"]["rows"]
    assert any(row["state"] == "failed" for row in rows)
    assert {"runs", "published", "time"} <= set(told["tables"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dataset=muraro"], "there is no record with dataset=muraro"),
        (["method=pcaa"], "Did you mean 'pca'?"),
        (["metric=arii"], "Did you mean 'ari'?"),
        (["datset=muraro"], "Did you mean 'dataset'?"),
        (["seed=0"], "there is no key 'seed'"),
        (["worm_neuron"], "not of the form key=value"),
        (["dataset="], "names nothing"),
        (["method=pca", "method=dca"], "given twice"),
        (["--sweep", "cccc"], "there is no sweep 'cccc'. Known are aaaa11112222, bbbb33334444."),
        (["--stage", "last"], "invalid choice"),
        (["method=dca", "dataset=young_top2000"], "no record fits"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(tables, words, told):
    code, out, err = tables(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_an_empty_folder_says_what_to_do(tmp_path, capsys):
    assert main(["tables", f"results.dir={tmp_path}"]) == 2
    assert "make some with 'scinfovae-bench run'" in capsys.readouterr().err


def test_a_source_that_is_not_there(tmp_path, capsys):
    assert main(["tables", "--from", str(tmp_path / "no")]) == 2
    assert "there is no" in capsys.readouterr().err


def test_a_file_that_is_no_export(tmp_path, capsys):
    path = tmp_path / "records.parquet"
    path.write_text("nothing of the kind")
    assert main(["tables", "--from", str(path)]) == 3
    assert "cannot be read as Parquet" in capsys.readouterr().err


def test_help_and_completion_import_nothing_heavy(tmp_path):
    program = (
        "import sys\nfrom scinfovae.cli.main import main\n"
        "try:\n    main(['tables', '-h'])\nexcept SystemExit:\n    pass\n"
        "from scinfovae.cli.words import complete_selection\n"
        "print(complete_selection('metric=ari,'), complete_selection('meth'))\n"
        "print('HEAVY', [n for n in ('torch', 'pandas', 'scipy', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr
    assert "metric=ari,nmi" in done.stdout
