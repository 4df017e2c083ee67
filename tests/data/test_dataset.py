"""Requests for datasets: registered, custom, simulated; what identifies them; what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scinfovae.data.content import content_hash
from scinfovae.data.dataset import load_dataset
from scinfovae.data.download import git_blob_sha1
from scinfovae.data.registry import get_dataset, group_members
from scinfovae.data.request import DatasetRequest, resolve_spec
from scinfovae.data.simulate import SimulationConfig
from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def custom(tmp_path: Path, write_scdeepcluster, counts) -> DatasetRequest:
    path = write_scdeepcluster(X=counts, Y=[1, 2, 3, 1, 2, 3], one=[1] * 6)
    return DatasetRequest("custom", path=path, cache_dir=tmp_path / "cache")


@pytest.mark.real_data
@pytest.mark.parametrize("name", [*group_members("at_hand"), "mouse_bladder_2100"])
def test_registered_datasets_come_from_a_mirror(shared_data: Path, tmp_path: Path, name) -> None:
    request = DatasetRequest(
        name, cache_dir=tmp_path, mirror=shared_data / "data" / "mirror", offline=True
    )
    dataset = load_dataset(request)
    assert dataset.spec == get_dataset(name)
    assert dataset.n_clusters == dataset.spec.n_classes
    assert dataset.label_keys == ("Y",)
    assert dataset.content_hash == content_hash(request) == dataset.spec.git_blob_sha1
    assert list(tmp_path.iterdir()) == []


def muraro(server, path: Path, cache: Path, **overrides: object) -> DatasetRequest:
    content = path.read_bytes()
    expected = {
        "urls": [server.serve("/data.h5", content)],
        "git_blob_sha1": git_blob_sha1(path),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
    }
    return DatasetRequest("muraro", cache_dir=cache, overrides={**expected, **overrides})


def test_a_registered_dataset_is_downloaded_read_and_checked(
    local_server, muraro_shaped_file: Path, tmp_path: Path
) -> None:
    request = muraro(local_server, muraro_shaped_file, tmp_path)
    dataset = load_dataset(request)
    assert dataset.adata.shape == (2122, 19046)
    assert dataset.n_clusters == 9
    assert dataset.label_keys == ("cell_type1",)
    assert dataset.content_hash == git_blob_sha1(muraro_shaped_file) == content_hash(request)
    with pytest.raises(DataError, match=r"2122 cells x 19046 genes, but .* has 2122 x 19047"):
        load_dataset(muraro(local_server, muraro_shaped_file, tmp_path, n_genes=19047))
    sizes = [811, 449, 245, 219, 193, 101, 80, 21, 3]
    other = muraro(local_server, muraro_shaped_file, tmp_path, class_sizes=sizes)
    with pytest.raises(DataError, match=r"9 classes with .*, but dataset 'muraro' has 9 with"):
        load_dataset(other)
    assert local_server.hits["/data.h5"] == 1


def test_overrides_are_checked_and_void_what_was_known_of_other_bytes() -> None:
    worm = DatasetRequest("worm_neuron", overrides={"git_blob_sha1": "0" * 40, "urls": None})
    spec = resolve_spec(worm)
    assert (spec.git_blob_sha1, spec.sha256, spec.size_bytes) == ("0" * 40, None, None)
    assert spec.urls == get_dataset("worm_neuron").urls
    assert content_hash(worm) == "0" * 40
    with pytest.raises(UsageError, match=r"dataset.n_cell cannot be replaced.*'n_cells'"):
        resolve_spec(dataclasses.replace(worm, overrides={"n_cell": 3}))
    with pytest.raises(UsageError, match="'git_blob_sha1' is 'x' but must be 40 hexadecimal"):
        resolve_spec(dataclasses.replace(worm, overrides={"git_blob_sha1": "x"}))
    with pytest.raises(UsageError, match="no dataset 'worm'"):
        content_hash(DatasetRequest("worm"))


def test_custom_data_with_labels(custom: DatasetRequest) -> None:
    dataset = load_dataset(custom)
    assert (dataset.n_clusters, dataset.label_keys, dataset.spec) == (3, ("Y",), None)
    assert dataset.content_hash == git_blob_sha1(custom.path)
    assert load_dataset(dataclasses.replace(custom, n_clusters=2)).n_clusters == 2


def test_custom_data_without_labels_need_k(custom: DatasetRequest) -> None:
    unlabelled = dataclasses.replace(custom, label_key=())
    with pytest.raises(UsageError, match=r"give dataset.n_clusters=K"):
        load_dataset(unlabelled)
    dataset = load_dataset(dataclasses.replace(unlabelled, n_clusters=4))
    assert (dataset.n_clusters, dataset.label_keys) == (4, ())


def test_custom_data_need_a_file(tmp_path: Path) -> None:
    for ask in (load_dataset, content_hash):
        with pytest.raises(UsageError, match=r"give dataset.path=FILE"):
            ask(DatasetRequest("custom"))
        with pytest.raises(DataError, match=r"there is no file .*nothing.h5"):
            ask(DatasetRequest("custom", path=tmp_path / "nothing.h5"))


@pytest.mark.parametrize("k", [-1, 0, 1, 7])
def test_k_out_of_range(custom: DatasetRequest, k: int) -> None:
    with pytest.raises(UsageError, match=f"dataset.n_clusters={k}"):
        load_dataset(dataclasses.replace(custom, n_clusters=k))


def test_labels_of_one_class(custom: DatasetRequest) -> None:
    with pytest.raises(DataError, match=r"labels 'one' .* hold one class only"):
        load_dataset(dataclasses.replace(custom, label_key=("one",)))


def test_the_labels_hash_tells_labelings_apart_but_the_content_hash_does_not(
    tmp_path: Path, write_scdeepcluster, counts
) -> None:
    path = write_scdeepcluster(X=counts, Y=[1, 2, 3, 1, 2, 3], Z=[1, 1, 2, 2, 3, 3])
    first, second, both = (
        load_dataset(DatasetRequest("custom", path=path, label_key=keys))
        for keys in (("Y",), ("Z",), ("Y", "Z"))
    )
    assert first.content_hash == second.content_hash == both.content_hash


def test_simulated_data_are_named_by_their_configuration() -> None:
    config = SimulationConfig(n_cells=60, n_genes=30, n_clusters=3)
    request = DatasetRequest("simulated", simulation=config)
    dataset = load_dataset(request)
    assert (dataset.n_clusters, dataset.label_keys) == (3, ("cluster",))
    assert dataset.adata.shape == (60, 30)
    assert dataset.content_hash == content_hash(request)
    other = dataclasses.replace(request, simulation=dataclasses.replace(config, seed=1))
    assert content_hash(other) != dataset.content_hash
    again = load_dataset(request).adata
    np.testing.assert_array_equal(again.X.toarray(), dataset.adata.X.toarray())
    default = DatasetRequest("simulated")
    assert content_hash(default) == content_hash(
        dataclasses.replace(default, simulation=SimulationConfig())
    )


def test_no_network_is_a_data_error_that_names_the_mirror(tmp_path: Path, monkeypatch) -> None:
    overrides = {"urls": ["http://127.0.0.1:9/f"]}
    request = DatasetRequest("muraro", cache_dir=tmp_path, overrides=overrides)
    monkeypatch.setattr("scinfovae.data.download._BACK_OFF_S", 0.0)
    with pytest.raises(DataError, match=r"data\.mirror=DIR") as caught:
        load_dataset(request)
    assert caught.value.exit_code == 3


def test_a_label_column_of_a_table_is_no_gene_and_so_enters_its_content_hash(
    tmp_path: Path,
) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("cell,g1,g2,type\na,1,0,0\nb,0,2,1\nc,3,1,0\nd,1,4,1\n")
    plain = DatasetRequest("custom", path=path, n_clusters=2)
    labelled = dataclasses.replace(plain, label_key=("type",))
    assert [load_dataset(one).adata.n_vars for one in (plain, labelled)] == [3, 2]
    assert content_hash(plain) == git_blob_sha1(path)
    assert content_hash(labelled) != content_hash(plain)
    assert load_dataset(labelled).content_hash == content_hash(labelled)
    labels = tmp_path / "labels.csv"
    labels.write_text("cell,type\na,x\nb,y\nc,x\nd,y\n")
    assert content_hash(dataclasses.replace(labelled, labels_path=labels)) == content_hash(plain)


def test_a_file_that_cannot_be_read_is_a_data_error(custom: DatasetRequest, monkeypatch) -> None:
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("scinfovae.data.download.git_blob_sha1", refuse)
    with pytest.raises(DataError, match="Permission denied"):
        content_hash(custom)


def test_class_sizes_that_contradict_the_number_of_classes_are_refused() -> None:
    request = DatasetRequest("worm_neuron", overrides={"n_classes": 4})
    with pytest.raises(UsageError, match=r"n_classes=4 contradicts .* with 10 classes"):
        resolve_spec(request)
    sizes = [1, 2, 3, 4]
    both = dataclasses.replace(request, overrides={"n_classes": 4, "class_sizes": sizes})
    assert resolve_spec(both).class_sizes == (4, 3, 2, 1)
