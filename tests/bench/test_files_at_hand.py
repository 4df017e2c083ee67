"""A dry run tells which data cannot be had, without the network."""

from __future__ import annotations

import json

import pytest

from scinfovae.data.download import cached_path
from scinfovae.data.registry import load_registry


def test_a_dry_run_counts_runs_whose_data_cannot_be_had(toy, cli, tmp_path):
    # a share has to be read to be named, and this mirror holds no file
    words = ("sweep", "method=toy", "seed=range(3)", "dataset.fraction=0.5", "--dry-run")
    where = (f"data.mirror={tmp_path}", f"results.dir={tmp_path / 'results'}")
    code, out, err = cli(*words, "dataset=simulated,muraro", *where)
    assert code == 3
    assert "dataset 'muraro' is not in the mirror folder" in err
    assert "6 runs: 3 to do, 3 whose data cannot be had; nothing was run." in out
    told = json.loads(cli(*words, "dataset=muraro", *where, "--json")[1])
    assert (told["counts"], told["unnamed"], len(told["errors"])) == ({}, 3, 1)
    out = cli(*words, "dataset=muraro", *where)[1]
    assert "3 runs: 3 whose data cannot be had" in out
    assert "What is left cannot be run yet." in out


@pytest.mark.parametrize("held", [(), ("muraro",)])
@pytest.mark.parametrize("where", ["cache", "mirror"])
def test_a_dry_run_offline_counts_runs_whose_files_are_not_there(toy, cli, tmp_path, held, where):
    folder = tmp_path / where
    folder.mkdir()
    for name in held:
        spec = load_registry()[name]
        place = cached_path(spec, folder) if where == "cache" else folder / spec.file_name
        place.parent.mkdir(exist_ok=True)
        with place.open("wb") as file:
            file.truncate(spec.size_bytes or 1)
    words = ("sweep", "method=toy", "dataset=paper15", "seed=0,1", "--dry-run")
    places = (f"data.cache_dir={tmp_path / 'cache'}", f"results.dir={tmp_path / 'results'}")
    places += (f"data.mirror={folder}",) if where == "mirror" else ()
    code, out, err = cli(*words, *places, "data.offline=true")
    lacking = 30 - 2 * len(held)
    to_do = f"{30 - lacking} to do, " if held else ""
    assert code == 3
    assert err.count("error: ") == lacking // 2
    assert f"30 runs: {to_do}{lacking} whose data cannot be had; nothing was run." in out
    assert ("What is left cannot be run yet." in out) == (not held)
    if where == "cache":
        assert "30 runs: 30 to do" in cli(*words, *places)[1]
