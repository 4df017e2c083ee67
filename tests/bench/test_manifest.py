from __future__ import annotations

import dataclasses
import json

import pytest

from scinfovae.bench.records.atomic import temporary_name
from scinfovae.bench.records.manifest import (
    ExpectedRun,
    Manifest,
    choose_manifests,
    read_manifests,
    variants_told,
    write_manifest,
)
from scinfovae.errors import ScInfoVAEWarning, UsageError

RUN = ExpectedRun("muraro", "pca", "0123456789abcdef", 0, "paper", clusterers=("kmeans", "rsc"))
OTHER = dataclasses.replace(RUN, seed=1)


def test_what_is_written_is_read_again(tmp_path):
    manifest = Manifest((RUN, OTHER), command="scinfovae-bench sweep", experiment="e")
    path = write_manifest(tmp_path, manifest)
    assert path == tmp_path / "sweeps" / f"{manifest.name}.json"
    (found,) = read_manifests(tmp_path)
    assert found == dataclasses.replace(manifest, created=found.created)
    assert found.created.endswith("+00:00")
    assert json.loads(path.read_text())["runs"][0]["clusterers"] == ["kmeans", "rsc"]


def test_the_name_is_that_of_the_runs_whatever_their_order():
    first, second = Manifest((RUN, OTHER)), Manifest((OTHER, RUN), command="x", experiment="e")
    assert first.name == second.name
    assert len(first.name) == 12
    assert Manifest((RUN,)).name != first.name
    fewer = dataclasses.replace(RUN, clusterers=("kmeans",))
    assert Manifest((fewer,)).name != Manifest((RUN,)).name
    assert Manifest(
        (dataclasses.replace(RUN, setting="x", variant="y", data_variant="z"),)
    ).name == (Manifest((RUN,)).name)


def test_variants_of_the_data_are_told_where_a_dataset_has_several():
    share = dataclasses.replace(RUN, data_variant="fraction=0.5", variant="n_components=2")
    other = dataclasses.replace(RUN, dataset="custom", data_variant="path=a.h5", method="nmf")
    assert variants_told([RUN, share, other]) == ["", "fraction=0.5, n_components=2", ""]
    assert variants_told([share, other]) == ["n_components=2", ""]


def test_asking_again_changes_nothing(tmp_path):
    path = write_manifest(tmp_path, Manifest((RUN,), command="first", experiment="e"))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    write_manifest(tmp_path, Manifest((RUN,), command="second"))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    write_manifest(tmp_path, Manifest((RUN,), command="third", experiment="f"))
    (found,) = read_manifests(tmp_path)
    assert (found.command, found.experiment) == ("first", "f")


def test_no_folder_holds_no_manifest(tmp_path):
    assert read_manifests(tmp_path / "nowhere") == []


def test_what_a_killed_writer_left_is_no_manifest(tmp_path):
    path = write_manifest(tmp_path, Manifest((RUN,)))
    temporary_name(path).write_bytes(path.read_bytes())
    temporary_name(path).write_bytes(path.read_bytes()[:100])
    (found,) = read_manifests(tmp_path)
    assert found.runs == (RUN,)


def test_foreign_torn_and_altered_files_are_told_and_left_out(tmp_path):
    path = write_manifest(tmp_path, Manifest((RUN,)))
    content = json.loads(path.read_text())
    content["runs"][0]["seed"] = 5  # the name is no longer that of the runs
    (path.parent / "altered.json").write_text(json.dumps(content))
    (path.parent / "torn.json").write_text(path.read_text()[:100])
    (path.parent / "foreign.json").write_text("[]")
    with pytest.warns(ScInfoVAEWarning, match="is no manifest") as told:
        found = read_manifests(tmp_path)
    assert [manifest.runs for manifest in found] == [(RUN,)]
    assert len(told) == 3


def test_manifests_are_chosen_by_name_digits_and_experiment():
    one, two = Manifest((RUN,), experiment="fig5"), Manifest((OTHER,))
    both = [one, two]
    assert choose_manifests(both, one.name) == [one]
    assert choose_manifests(both, two.name[:4]) == [two]
    assert choose_manifests(both, "fig5") == [one]
    with pytest.raises(UsageError, match=r"no sweep 'fig'\. Did you mean 'fig5'"):
        choose_manifests(both, "fig")
    with pytest.raises(UsageError, match="no sweep yet"):
        choose_manifests([], "fig5")
