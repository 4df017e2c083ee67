"""The verbs beside `run`."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import re
import subprocess
import sys
import threading

import h5py
import pytest
import yaml

from scinfovae.cli.main import parse
from scinfovae.data.registry import load_registry
from scinfovae.methods import METHODS


def test_help_has_examples(cli, capsys):
    for verb in ("run", "datasets", "methods", "embed", "doctor", "completion"):
        with pytest.raises(SystemExit) as leaving:
            cli(verb, "-h")
        assert leaving.value.code == 0
        assert "examples:\n  " in capsys.readouterr().out


def test_the_configuration_is_what_run_reads(cli):
    code, out, _ = cli("run", "--cfg", "preset=quick", "seed=3,4", "dataset=muraro")
    config = yaml.safe_load(out)
    assert code == 0
    assert config["seed"] == 3
    assert config["method"]["pretrain"]["epochs"] == 60
    assert config["dataset"]["n_cells"] == 2122
    assert config["clustering"]["kmeans"]["n_init"] == 5


def test_datasets_list(cli):
    code, out, _ = cli("datasets", "list")
    listed = [line.split()[0] for line in out.splitlines()[1:] if re.match(r"\w+ +\d+", line)]
    assert code == 0
    assert listed == list(load_registry())
    _, out, _ = cli("datasets", "list", "at_hand", "--json")
    assert {spec["name"] for spec in json.loads(out)} >= {"worm_neuron", "young_top2000"}


def test_datasets_info(cli):
    code, out, _ = cli("datasets", "info", "mouse_es")
    assert code == 0
    assert "d197f75db60569f5819cc986e8a919418f131d95" in out
    assert "time points" in out
    assert "below data.mirror: mouse_es.h5, " in out
    assert cli("datasets", "info", "mouse_e")[0] == 2
    assert cli("datasets", "info")[0] == 2


@pytest.mark.parametrize("name", ["custom", "simulated", "figure4"])
def test_datasets_info_of_what_is_not_registered(cli, name):
    code, _, err = cli("datasets", "info", name)
    assert code == 2
    assert "Known are" not in err
    assert f"'{name}' is no registered file: docs/data.md explains" in err
    assert f"'scinfovae-bench run dataset={name} --cfg'" in err
    assert cli("run", f"dataset={name}", "--cfg")[0] == 0


def test_datasets_fetch_without_the_file(cli, tmp_path):
    where = (f"data.mirror={tmp_path}", f"data.cache_dir={tmp_path / 'cache'}")
    code, _, err = cli("datasets", "fetch", "muraro", *where)
    assert code == 3
    assert "muraro.h5" in err
    code, out, _ = cli("datasets", "fetch", "muraro", "romanov", *where)
    assert code == 3
    assert out.count("failed") == 2


def test_methods_list_and_info(cli):
    code, out, _ = cli("methods", "list", "--json")
    assert code == 0
    told = {method["name"]: method for method in json.loads(out)}
    assert list(told) == list(METHODS)
    assert told["dca"]["citation"] == METHODS["dca"].citation
    defaults = {p["name"]: p["default"] for p in told["dca"]["parameters"]}
    assert (defaults["hidden"], defaults["batch_size"]) == ([64, 32, 64], 32)
    assert all(p["text"] for method in told.values() for p in method["parameters"])
    code, out, _ = cli("methods", "list")
    assert code == 0
    (line,) = (line for line in out.splitlines() if line.startswith("sczidesk "))
    assert "Chen, Wang, Zhai & Deng 2020 " in line
    code, out, _ = cli("methods", "info", "scinfovae")
    assert code == 0
    assert "10.1186/s13040-023-00333-1" in out
    assert "latent_dim = 10\n      Dimensions of the embedding.\n" in out
    for name, needs in (
        ("scinfovae", "yes"),
        ("pca", "no"),
        ("desc", "no; yes with method.search_resolution=true"),
        ("scanpy_leiden", "no; yes with method.search_resolution=true"),
    ):
        assert f"needs K:    {needs}\n" in cli("methods", "info", name)[1]
    assert cli("methods", "info", "scinfova")[2].count("Did you mean 'scinfovae'?") == 1
    assert cli("methods", "info")[0] == 2
    code, _, err = cli("methods", "list", "pca")
    assert (code, "methods info pca" in err) == (2, True)
    told = {name: json.loads(cli("methods", "info", name, "--json")[1]) for name in ("desc", "pca")}
    assert not told["desc"]["needs_k"]
    assert told["desc"]["needs_k_with"] == "method.search_resolution=true"
    assert told["pca"]["needs_k_with"] is None


def test_doctor(cli, tmp_path):
    words = ("--offline", "--json", f"data.cache_dir={tmp_path}", f"results.dir={tmp_path}")
    code, out, _ = cli("doctor", *words)
    facts = json.loads(out)
    assert code == 0
    assert facts["versions"]["torch"]
    assert facts["network"] == "not tried"
    assert facts["data_cache"]["absent"] == list(load_registry())
    assert facts["data_cache"]["writable"] is True
    assert facts["data_mirror"] is None
    assert cli("doctor", "--offline")[1].startswith("python: ")


def test_doctor_says_honestly_that_there_is_no_network(cli, monkeypatch, tmp_path):
    import requests

    def refuse(*_, **__):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", refuse)
    _, out, _ = cli("doctor", "--json")
    assert "not reached (ConnectionError); use data.mirror=DIR" in json.loads(out)["network"]
    _, out, _ = cli("doctor", "--json", f"data.mirror={tmp_path}")
    assert json.loads(out)["network"].endswith("not reached (ConnectionError)")


def test_doctor_tells_what_the_mirror_holds(cli, tmp_path):
    mirror = tmp_path / "mirror"
    for name in ("worm_neuron", "muraro"):
        spec = load_registry()[name]
        place = mirror / spec.mirror_names[-1]
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            file.truncate(spec.size_bytes or 1)
    words = ("--offline", f"data.mirror={mirror}", f"data.cache_dir={tmp_path / 'cache'}")
    facts = json.loads(cli("doctor", "--json", *words)[1])
    held = [name for name in load_registry() if name in ("worm_neuron", "muraro")]
    assert facts["data_mirror"] == {"folder": str(mirror), "exists": True, "present": held}
    assert facts["data_cache"]["present"] == []
    assert facts["data_cache"]["absent"] == [n for n in load_registry() if n not in held]
    assert f"data mirror: \n  folder: {mirror}\n  exists: yes\n" in cli("doctor", *words)[1]


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -m scinfovae datasets list --json | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.fixture
def muraro(counts, tmp_path):
    """Write a small file in the layout of muraro; gives its folder and what to expect of it."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    with h5py.File(folder / "muraro.h5", "w") as file:
        matrix = counts.X.tocsr()
        for key in ("data", "indices", "indptr"):
            file[f"exprs/{key}"] = getattr(matrix, key)
        file["exprs/shape"] = matrix.shape
        file["obs/cell_type1"] = counts.obs["cell_type"].astype(str).to_numpy().astype("S")
        file["obs_names"] = counts.obs_names.to_numpy().astype("S")
        file["var_names"] = counts.var_names.to_numpy().astype("S")
    content = (folder / "muraro.h5").read_bytes()
    sha1 = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    expected = (
        f"dataset.git_blob_sha1={sha1}",
        "dataset.n_cells=90",
        "dataset.n_genes=80",
        "dataset.n_classes=3",
        "dataset.class_sizes=[30,30,30]",
    )
    return folder, expected


def test_a_dataset_of_the_paper_in_its_own_layout_from_a_mirror(cli, muraro, tmp_path, results):
    mirror, expected = muraro
    where = (f"data.mirror={mirror}", f"data.cache_dir={tmp_path / 'c'}")
    words = ("dataset=muraro", "preset=quick", "method=pca", "figures=false", *expected, *where)
    code, out, _ = cli("run", *words, f"results.dir={results}")
    (record,) = results.glob("runs/muraro/pca/*/seed=0")
    provenance = json.loads((record / "provenance.json").read_text())
    assert code == 0
    assert "expected values replaced: git_blob_sha1" in out
    assert expected[0].endswith(provenance["dataset"]["content_hash"])
    assert provenance["dataset"]["overridden"]["n_cells"] == 90
    assert cli("datasets", "verify", "muraro", *expected, *where)[0] == 0
    wrong = [word.replace("n_cells=90", "n_cells=91") for word in expected]
    assert cli("datasets", "verify", "muraro", *wrong, *where)[0] == 3


def test_a_dry_run_offline_keeps_what_is_done(cli, muraro, results):
    mirror, expected = muraro
    places = (f"data.mirror={mirror}", "data.offline=true", f"results.dir={results}")
    words = ("sweep", "dataset=muraro", "method=pca", "clusterers=[kmeans]", *expected, *places)
    assert cli(*words)[0] == 0
    assert "2 runs: 1 done, 1 to do" in cli(*words, "seed=0,1", "--dry-run")[1]
    (mirror / "muraro.h5").unlink()
    assert cli(*words, "--dry-run")[0] == 0
    more = ("seed=0,1", "method.n_components=5,50", "--dry-run")
    code, out, err = cli(*words, *more)
    assert code == 3
    assert err.count("error: ") == 1
    assert "4 runs: 1 done, 3 whose data cannot be had; nothing was run." in out
    told = json.loads(cli(*words, *more, "--json")[1])
    assert (told["counts"], told["unnamed"], len(told["errors"])) == ({"done": 1}, 3, 1)


def test_a_dataset_of_the_paper_from_another_address(cli, muraro, tmp_path, results):
    folder, expected = muraro

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/muraro.h5"
        words = (f"dataset.urls=[{address}]", f"data.cache_dir={tmp_path / 'c'}", *expected)
        try:
            code, _, err = cli(
                "run", "dataset=muraro", "method=pca", f"results.dir={results}", *words
            )
        finally:
            server.shutdown()
            thread.join()
    assert code == 0, err
    assert list(results.glob("runs/muraro/pca/*/seed=0/embedding_plot.png"))


def test_flags_with_a_value_and_words_come_in_any_order():
    words = ["datasets", "verify", "worm_neuron", "data.mirror=DIR"]
    flags = ["--predictions", "F.npz", "--json"]
    orders = ([*words, *flags], [*words[:2], *flags, *words[2:]], [*words[:3], *flags, words[3]])
    for argv in orders:
        args = parse(argv)
        assert args.words == words[2:]
        assert (str(args.predictions), args.json) == ("F.npz", True)
