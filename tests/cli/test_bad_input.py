"""Whatever is wrong: one sentence with the remedy, the exit code, no traceback, nothing left."""

from __future__ import annotations

import pickle

import h5py
import numpy as np
import pytest

USAGE, DATA = 2, 3


def check(cli, results, words, code, *told):
    found, out, err = cli("run", "method=pca", "figures=false", f"results.dir={results}", *words)
    assert found == code, err
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    for part in told:
        assert part in lines[0]
    assert "Traceback" not in out + err
    assert not results.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dataset=murro"], ["no dataset 'murro'", "Did you mean 'muraro'?"]),
        (["preset=quik"], ["no preset 'quik'", "Did you mean 'quick'?"]),
        (
            ["preset=scinfovae_consensus"],
            ["is a method: give method=scinfovae_consensus.", "Known are epochs1000, literal,"],
        ),
        (["metod=pca"], ["no key 'metod'", "Did you mean 'method'?"]),
        (["seed=-1"], ["seed=-1", "from 0 on"]),
        (["seed=1.5"], ["seed=1.5"]),
        (["clusterers=[kmean]"], ["kmeans"]),
        (["method.n_component=3"], ["n_components"]),
        (["dataset.n_clusters=1"], ["at least 2"]),
        (["dataset.n_clusters=100000"], ["dataset.n_clusters"]),
        (["dataset=custom"], ["dataset.path=FILE"]),
        (["dataset.simulation.n_cells=0"], ["n_cells"]),
        (["nonsense"], ["key=value"]),
        (["device=cuda:x"], ["device"]),
    ],
)
def test_usage(cli, results, words, told):
    check(cli, results, words, USAGE, *told)


def test_an_unknown_method(cli, results):
    code, _, err = cli("run", "method=pcaa", f"results.dir={results}")
    assert code == USAGE
    assert "Did you mean 'pca'?" in err
    assert not results.exists()


def test_only_near_misses_are_suggested(cli):
    code, _, err = cli("run", "method=nope")
    assert code == USAGE
    assert "there is no method 'nope'. Known are " in err


@pytest.mark.parametrize("words", [["rnu"], ["run", "--froce"], ["datasets", "lst"], ["embed"]])
def test_unknown_verbs_and_flags(cli, words):
    code, _, err = cli(*words)
    assert code == USAGE
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_no_verb_shows_the_help(cli):
    code, out, _ = cli()
    assert code == USAGE
    assert "scinfovae-bench run" in out


@pytest.fixture
def own(cli, results):
    """Run on a file of one's own and check how it fails."""

    def do(path, code, *told, words=("dataset.label_key=cell_type",)):
        given = ("dataset=custom", f"dataset.path={path}", *words)
        check(cli, results, given, code, *told)

    return do


def test_a_missing_file(own, tmp_path):
    own(tmp_path / "none.h5ad", DATA, "none.h5ad", "dataset.path=FILE")


def test_a_missing_label_key(own, counts_file):
    words = ("dataset.label_key=cell_typ",)
    own(counts_file, DATA, "cell_typ", "cell_type", words=words)


def test_no_labels_and_no_k(own, counts_file):
    own(counts_file, USAGE, "dataset.n_clusters=K", words=())


def test_one_class(own, counts_file):
    own(counts_file, DATA, "one class", "dataset.label_key", words=("dataset.label_key=one",))


def test_more_clusters_than_cells(own, counts_file):
    own(counts_file, USAGE, "91", "90", words=("dataset.n_clusters=91",))


def test_more_clusters_than_cells_that_survive(own, change_counts, counts_file):
    change_counts(slice(5, None), 0)
    own(counts_file, USAGE, "K=6", "5 cells", words=("dataset.n_clusters=6",))


@pytest.mark.parametrize(
    ("value", "told"), [(-1.0, "negative"), (np.nan, "finite"), (np.inf, "finite")]
)
def test_counts_that_are_none(own, change_counts, counts_file, value, told):
    change_counts((3, 4), value)
    own(counts_file, DATA, told)


def test_an_all_zero_matrix(own, change_counts, counts_file):
    change_counts(slice(None), 0)
    own(counts_file, DATA, "zero")


def test_a_truncated_file(own, counts_file):
    content = counts_file.read_bytes()
    counts_file.write_bytes(content[: len(content) // 2])
    own(counts_file, DATA, "counts.h5ad")


@pytest.mark.parametrize(
    "content",
    [b"cells,genes\n1,2\n", pickle.dumps({"X": [1]}), b""],
    ids=["text", "pickle", "none"],
)
@pytest.mark.parametrize("name", ["counts.h5", "counts.h5ad"])
def test_a_file_that_is_not_what_its_name_says(own, tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    own(path, DATA, name)


def test_a_wrong_layout(own, counts_file):
    words = ("dataset.label_key=cell_type", "dataset.layout=scdeepcluster")
    own(counts_file, DATA, "counts.h5ad", words=words)


def test_labels_of_another_length(own, tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["X"] = np.ones((6, 5), np.float32)
        file["Y"] = np.array([0, 1, 0, 1, 0])
    own(path, DATA, "x.h5", "5", "6", words=("dataset.layout=scdeepcluster",))


def test_no_network(cli, results, tmp_path):
    words = ["dataset=muraro", "data.offline=true", f"data.cache_dir={tmp_path / 'cache'}"]
    check(cli, results, words, DATA, "muraro", "data.mirror=DIR")
    assert not list((tmp_path / "cache").rglob("*.h5"))


def test_a_wrong_hash_in_a_mirror(cli, results, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "muraro.h5").write_bytes(b"something else")
    words = ["dataset=muraro", f"data.mirror={mirror}", f"data.cache_dir={tmp_path / 'cache'}"]
    check(cli, results, words, DATA, "muraro.h5")


def test_a_results_folder_that_is_a_file(cli, tmp_path):
    (tmp_path / "file").write_text("")
    words = ["dataset.simulation.n_cells=60", "dataset.simulation.n_genes=80", "figures=false"]
    code, _, err = cli("run", "method=pca", f"results.dir={tmp_path / 'file'}", *words)
    assert code == 2
    assert "nothing can be written" in err
    assert "results.dir=DIR" in err
    assert "Traceback" not in err


def test_an_unexpected_error_is_short_and_says_how_to_see_more(cli, monkeypatch):
    def fail(words):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("scinfovae.bench.planning.plan.make_plan", fail)
    code, _, err = cli("run")
    assert code == 1
    assert "ZeroDivisionError: oops" in err
    assert "--traceback" in err
    assert "Traceback" not in err
    with pytest.raises(ZeroDivisionError):
        cli("run", "--traceback")


def test_of_several_datasets_one_that_cannot_be_had(cli, results, tmp_path):
    words = ["dataset=simulated,muraro", "data.offline=true", f"data.cache_dir={tmp_path / 'c'}"]
    given = ["clusterers=[kmeans]", "figures=false", f"results.dir={results}", *words]
    code, out, err = cli("run", "method=pca", *given)
    assert code == 1
    assert "simulated × pca, seed 0" in out
    assert "error: " in err
    assert "muraro" in err
    only = [word.replace("simulated,muraro", "muraro,romanov") for word in given]
    assert cli("run", "method=pca", *only)[0] == DATA


@pytest.mark.parametrize(
    ("word", "told"),
    [("seed=range(0)", "no value"), ("preset.short=false", "preset=NAME")],
)
@pytest.mark.parametrize("flag", ["--dry-run", "--cfg", "--json"])
def test_words_that_leave_nothing_to_do_or_hide_what_a_preset_is(cli, results, word, told, flag):
    code, out, err = cli("run", "method=pca", f"results.dir={results}", word, flag)
    assert (code, out) == (USAGE, "")
    assert told in err
    assert not results.exists()
