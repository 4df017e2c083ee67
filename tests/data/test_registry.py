"""The registry of datasets: complete, strict, light."""

from __future__ import annotations

import csv
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from scinfovae.data.registry import (
    GROUPS,
    build_spec,
    get_dataset,
    group_members,
    load_registry,
)
from scinfovae.errors import UsageError
from scinfovae.resources import resource_path

if TYPE_CHECKING:
    from pathlib import Path

PAPER = (
    "10x_pbmc mouse_es mouse_bladder worm_neuron adam muraro quake_10x_bladder "
    "quake_10x_limb_muscle quake_10x_spleen quake_smartseq2_diaphragm quake_smartseq2_limb_muscle "
    "quake_smartseq2_lung quake_smartseq2_trachea romanov young"
).split()
VARIANTS = ["10x_pbmc_top2000", "young_top2000", "mouse_bladder_top2000", "mouse_bladder_2100"]


def entry() -> dict:
    return yaml.safe_load(resource_path("datasets.yaml").read_text())["worm_neuron"]


def test_names_and_groups() -> None:
    assert set(load_registry()) == {*PAPER, *VARIANTS}
    assert set(group_members("paper15")) == set(PAPER)
    assert group_members("at_hand") == ("worm_neuron", *VARIANTS[:3])
    assert list(group_members("small")) == VARIANTS
    assert group_members("all") == tuple(load_registry())
    assert all(group_members(group) for group in GROUPS)


def test_variants_share_cells_and_labels_with_their_parent_unless_cells_were_chosen() -> None:
    for name in VARIANTS[:3]:
        spec = get_dataset(name)
        assert spec.variant_of is not None
        parent = get_dataset(spec.variant_of)
        assert spec.class_sizes == parent.class_sizes
        assert spec.published_name is None


def test_every_address_is_pinned_to_a_commit() -> None:
    for spec in load_registry().values():
        for url in spec.urls:
            commit = url.removeprefix("https://raw.githubusercontent.com/").split("/")[2]
            assert len(commit) == 40
            int(commit, 16)


def test_mouse_es_says_that_its_labels_are_time_points() -> None:
    assert "time points" in get_dataset("mouse_es").notes


@pytest.mark.real_data
def test_registry_equals_the_published_provenance(shared_data: Path) -> None:
    with (shared_data / "published" / "datasets_provenance.csv").open() as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    assert set(rows) == set(PAPER)
    for name, row in rows.items():
        spec = get_dataset(name)
        assert spec.published_name == row["dataset"]
        assert spec.git_blob_sha1 == row["git_blob_sha1"]
        assert list(spec.urls) == [row["url"], *row["alt_url"].split("; ")]
        sizes = [int(size) for size in row["class_sizes"].strip("()").split()]
        shape = int(row["cells"]), int(row["genes"]), int(row["classes"])
        assert (spec.n_cells, spec.n_genes, spec.n_classes) == shape
        assert spec.class_sizes == tuple(sorted(sizes, reverse=True))
        assert spec.layout == (
            "cell_blast" if "Cell BLAST" in row["h5_layout"] else "scdeepcluster"
        )
    with (shared_data / "data" / "mirror" / "MANIFEST.csv").open() as stream:
        for row in csv.DictReader(stream):
            spec = get_dataset(row["file"].removesuffix(".h5"))
            assert (spec.size_bytes, spec.sha256) == (int(row["bytes"]), row["sha256"])
            assert (spec.git_blob_sha1, spec.urls[0]) == (row["git_blob_sha1"], row["url"])
            assert row["file"] in spec.mirror_names


def test_unknown_dataset_and_group_suggest_a_name() -> None:
    with pytest.raises(UsageError, match=r"no dataset 'murano'.*Did you mean 'muraro'"):
        get_dataset("murano")
    with pytest.raises(UsageError, match=r"no dataset group 'paper'.*Did you mean 'paper15'"):
        group_members("paper")


def test_unknown_and_missing_keys_are_named() -> None:
    with pytest.raises(UsageError, match=r"'x': unknown key 'n_cell'.*Did you mean 'n_cells'"):
        build_spec("x", {**entry(), "n_cell": 3})
    without = entry()
    del without["layout"]
    with pytest.raises(UsageError, match="'x': the key 'layout' is missing"):
        build_spec("x", without)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("layout", "loom", "must be one of scdeepcluster"),
        ("n_cells", "many", "whole number"),
        ("n_cells", True, "whole number"),
        ("git_blob_sha1", "abc", "40 hexadecimal digits"),
        ("sha256", 7, "64 hexadecimal digits"),
        ("urls", ["ftp://host/file"], "http or https"),
        ("urls", [], "at least one member"),
        ("groups", ["paper"], "must name groups"),
        ("class_sizes", [4186], "'class_sizes' holds 1 classes with 4186 cells"),
        ("title", "", "non-empty text"),
    ],
)
def test_unsound_values_are_named(key: str, value: object, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        build_spec("x", {**entry(), key: value})
    assert key in str(caught.value)


def test_a_broken_registry_file_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "datasets.yaml"
    path.write_text("a: [1\n")
    with pytest.raises(UsageError, match="cannot be read"):
        load_registry(path)
    path.write_text("- 1\n")
    other = tmp_path / "other.yaml"
    other.write_text("- 1\n")
    with pytest.raises(UsageError, match="must map dataset names"):
        load_registry(other)
    hostile = tmp_path / "hostile.yaml"
    hostile.write_text("a: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(UsageError, match="cannot be read"):
        load_registry(hostile)


def test_registry_requests_and_configurations_load_no_numerical_library() -> None:
    code = (
        "import sys; from scinfovae.data.registry import load_registry; load_registry();"
        "import scinfovae.data.dataset; from scinfovae.data.simulate import SimulationConfig;"
        "SimulationConfig();"
        "heavy = {'numpy', 'torch', 'pandas', 'scipy', 'h5py', 'requests'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
