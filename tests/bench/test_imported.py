"""Runs of two machines in one table: one exports, the other imports."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from scinfovae.bench.records.frame import runs_frame, scores_frame
from scinfovae.errors import ScInfoVAEWarning

WORDS = ("method=toy", "clusterers=[kmeans]")


@pytest.fixture
def export(toy, bench, cli, results, tmp_path):
    """The export of a machine with a finished and a failed run, both asked for by a sweep."""
    bench(*WORDS, "seed=0,1", "method.raise_for=[1]", verb="sweep")
    path = tmp_path / "theirs.parquet"
    assert cli("store", "export", "--out", str(path), f"results.dir={results}")[0] == 0
    return path


@pytest.fixture
def here(tmp_path):
    return tmp_path / "here"


def test_imported_runs_count_like_others_and_go_out_again(export, cli, here, results):
    code, out, _ = cli("store", "import", str(export), f"results.dir={here}")
    assert (code, out) == (
        0,
        f"2 runs added, 0 replaced, 0 known already: {here / 'imported.parquet'}\n",
    )
    theirs, ours = runs_frame(results), runs_frame(here)
    assert ours["folder"].tolist() == ["", ""]
    rest = [column for column in theirs if column not in ("folder", "provenance")]
    pd.testing.assert_frame_equal(ours[rest], theirs[rest])
    pd.testing.assert_frame_equal(scores_frame(ours), scores_frame(theirs))
    again = here / "again.parquet"
    assert cli("store", "export", "--out", str(again), f"results.dir={here}")[0] == 0
    pd.testing.assert_frame_equal(runs_frame(again), ours)
    code, out, _ = cli("tables", f"results.dir={here}", f"--out={here / 'tables'}")
    assert code == 0
    assert json.loads((here / "tables" / "index.json").read_text())
    code, out, _ = cli("store", "import", str(export), f"results.dir={here}", "--json")
    assert {"added": 0, "replaced": 0, "known": 2}.items() <= json.loads(out).items()


def test_a_record_of_this_folder_stands_before_an_imported_one(export, toy, bench, cli, results):
    identity = runs_frame(results)["identity"].iloc[0]
    for record in results.glob("runs/*/*/*/seed=0/metrics.json"):
        record.write_text(record.read_text().replace('"ari"', '"ari_of_old"'))
    assert cli("store", "import", str(export), f"results.dir={results}")[0] == 0
    runs = runs_frame(results)
    assert [(row.seed, row.folder != "") for row in runs.itertuples()] == [(0, True), (1, True)]
    assert "ari_of_old" in runs["metrics"].iloc[0]
    # a sweep does what is there in name only
    (folder,) = results.glob(f"runs/*/*/{identity}")
    for file in (*folder.glob("seed=1/*"),):
        file.unlink()
    (folder / "seed=1").rmdir()
    assert runs_frame(results)["folder"].tolist()[1] == ""
    toy.clear()
    bench(*WORDS, "seed=0,1", "method.raise_for=[1]", verb="sweep")
    assert toy == [(1,)]
    assert runs_frame(results)["folder"].tolist()[1] != ""


def test_of_two_imports_the_later_run_stays(export, cli, here, tmp_path):
    frame = pd.read_parquet(export)
    later, earlier = tmp_path / "later.parquet", tmp_path / "earlier.parquet"
    frame.assign(started="2999-01-01", message="later").to_parquet(later)
    frame.assign(started="1999-01-01", message="earlier").to_parquet(earlier)
    where = f"results.dir={here}"
    cli("store", "import", str(export), where)
    _, out, _ = cli("store", "import", str(earlier), str(later), where)
    assert out.startswith("0 runs added, 2 replaced, 2 known already")
    assert set(runs_frame(here)["message"]) == {"later"}
    # but none that failed takes the place of a finished one
    failed = tmp_path / "failed.parquet"
    frame.assign(started="3999-01-01", status="oom").to_parquet(failed)
    cli("store", "import", str(failed), where)
    assert runs_frame(here)["status"].tolist() == ["ok", "oom"]


def test_what_was_only_asked_for_is_not_imported(toy, bench, cli, results, here, tmp_path):
    bench(*WORDS, "seed=0,1", verb="sweep")
    (folder,) = results.glob("runs/*/*/*")
    for file in (*folder.glob("seed=1/*"),):
        file.unlink()
    (folder / "seed=1").rmdir()
    path = tmp_path / "theirs.parquet"
    cli("store", "export", "--out", str(path), f"results.dir={results}")
    assert sorted(runs_frame(path)["status"]) == ["missing", "ok"]
    cli("store", "import", str(path), f"results.dir={here}")
    assert runs_frame(here)["status"].tolist() == ["ok"]


def test_an_imported_run_has_no_files_and_says_so(export, cli, here):
    where = f"results.dir={here}"
    cli("store", "import", str(export), where)
    identity = runs_frame(here)["identity"].iloc[0]
    code, out, _ = cli("store", "show", identity[:8], "seed=0", where)
    assert code == 0
    assert "record: none here, it was imported" in out
    code, out, _ = cli("score", where)
    assert "2 of 2 chosen have nothing to score" in out
    code, out, _ = cli("figures", "embedding", "method=toy", where, f"--out={here / 'figures'}")
    assert "such runs were imported, and an import holds no embedding" in out


def test_what_is_no_export_changes_nothing(export, cli, here, tmp_path):
    where = f"results.dir={here}"
    cli("store", "import", str(export), where)
    before = (here / "imported.parquet").read_bytes()
    torn, other = tmp_path / "torn.parquet", tmp_path / "other.parquet"
    torn.write_bytes(export.read_bytes()[:100])
    pd.DataFrame({"x": [1]}).to_parquet(other)
    for words, code, told in (
        ([str(export), str(torn)], 3, f"'{torn}' cannot be read as Parquet"),
        ([str(other)], 3, f"'{other}' is no export of runs (no column 'dataset')"),
        ([str(tmp_path / "nowhere")], 3, "there is no file"),
        ([], 2, "store import needs a file"),
    ):
        found, _, err = cli("store", "import", *words, where)
        assert (found, told in err) == (code, True), err
    assert (here / "imported.parquet").read_bytes() == before


def test_an_export_that_would_lose_runs_is_refused_and_the_reader_is_told(export, toy, cli, here):
    tiny = ("dataset=simulated", "dataset.simulation.n_cells=60", "dataset.simulation.n_genes=80")
    assert cli("run", *tiny, *WORDS, "seed=5", "figures=false", f"results.dir={here}")[0] == 0
    own = here / "records.parquet"
    own.write_bytes(export.read_bytes())
    with pytest.warns(ScInfoVAEWarning, match="holds 1 more finished runs, which are not counted"):
        assert runs_frame(here)["seed"].tolist() == [5]
    code, _, err = cli("store", "export", f"results.dir={here}")
    assert (code, "holds 1 finished runs that" in err) == (3, True)
    assert own.read_bytes() == export.read_bytes()
    assert cli("store", "import", str(own), f"results.dir={here}")[0] == 0
    assert cli("store", "export", f"results.dir={here}")[0] == 0
    assert sorted(runs_frame(here)["seed"]) == sorted(runs_frame(own)["seed"]) == [0, 1, 5]


def test_a_sweep_goes_on_where_another_machine_ended_if_it_is_told_so(
    export, toy, bench, cli, here
):
    where = f"results.dir={here}"
    cli("store", "import", str(export), where)
    toy.clear()
    # seed 0 came finished, seed 1 failed there and will again, seed 2 nobody has done
    setting = (*WORDS, "method.raise_for=[1]", where)
    words = (*setting, "seed=range(3)", "--keep-imported")
    code, out, _ = bench(*words, "--dry-run", "--json", verb="sweep")
    told = json.loads(out)
    assert (code, told["counts"]) == (0, {"imported": 1, "to do": 2})
    assert [run["seconds"] == 0 for run in told["runs"]] == [True, False, False]
    assert told["estimate"]["unknown"] == 2
    code, out, err = bench(*words, verb="sweep")
    assert (code, sorted(toy)) == (1, [(1,), (2,)])
    assert "3 runs (1 imported, 2 to do)" in err
    header, row = (line.split() for line in out.splitlines()[:2])
    assert header[3:7] == ["done", "imported", "failed", "missing"]
    assert row[3:7] == ["1", "1", "1", "0"]
    assert "1 of 3 runs are not done" in out
    (standing,) = json.loads(bench(*setting, "seed=range(4)", "--json", verb="status")[1])
    found = [run["progress"] for run in standing["runs"]]
    assert found == ["imported", "failed", "done", "missing"]
    assert bench(*setting, "seed=0,2", "--keep-imported", verb="sweep")[0] == 0
    code, out, _ = bench(*setting, "seed=0", "--keep-imported", verb="sweep")
    assert code == 0
    scores = scores_frame(runs_frame(export)).query("metric == 'ari' and seed == 0")
    ari = scores.query("clusterer == 'kmeans' and stage == 'final'")["value"].item()
    assert out.splitlines()[1].endswith(f" {ari:.3f}")
    told = json.loads(bench(*setting, "seed=0", "--keep-imported", "--json", verb="sweep")[1])
    assert told["runs"][0]["ari"] == ari
    toy.clear()
    bench(*words, "--force", verb="sweep")
    assert sorted(toy) == [(0,), (1,), (2,)]


def test_an_import_that_lacks_a_clustering_is_done_here(export, toy, bench, cli, here):
    where = f"results.dir={here}"
    cli("store", "import", str(export), where)
    toy.clear()
    words = ("method=toy", "method.raise_for=[1]", "clusterers=[kmeans,ward]", "seed=0", where)
    assert json.loads(bench(*words, "--json", verb="status")[1])[0]["counts"]["imported"] == 0
    assert bench(*words, "--keep-imported", verb="sweep")[0] == 0
    assert toy == [(0,)]
