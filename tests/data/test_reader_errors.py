"""Files that cannot be used: one sentence that names the file, the cause and the remedy."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scinfovae.data.readers import read_counts
from scinfovae.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def refused(path: Path, said: str, **options: object) -> str:
    """Check that a file is refused in one line that names it."""
    with pytest.raises(DataError, match=said) as caught:
        read_counts(path, **options)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    return message


def test_missing_file_folder_and_layout(tmp_path: Path) -> None:
    refused(tmp_path / "f.h5", "there is no file.*dataset.path=FILE")
    refused(tmp_path, "is a folder")
    path = tmp_path / "f.h5"
    path.write_bytes(b"")
    with pytest.raises(UsageError, match=r"no layout 'h5'.*Known are scdeepcluster"):
        read_counts(path, "h5")


class Bomb:
    """Executed if anything unpickles it."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("layout", ["scdeepcluster", "cell_blast", "h5ad", "10x_h5", None])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (pickle.dumps(Bomb()), "Python pickle, which is never loaded"),
        (b"<!DOCTYPE html>\n<html>404", "text file .it begins with '<!DOCTYPE html>'"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"\x1f\x8b\x08\x00abc", "gzip archive"),
        (b"PK\x03\x04abc", "zip archive"),
        (b"\x00\x01\xff\xfe" * 9, "is no HDF5 file"),
    ],
)
def test_what_is_no_hdf5_is_named(tmp_path: Path, layout, content: bytes, said: str) -> None:
    path = tmp_path / "f.h5"
    path.write_bytes(content)
    refused(path, said, layout=layout)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_named(tmp_path, write_cell_blast, share: float) -> None:
    counts = np.random.default_rng(0).poisson(2.0, (60, 40))
    path = write_cell_blast(tmp_path / "data.h5", counts, ["a", "b"] * 30)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path, "truncated or damaged.*fetch it again", layout="cell_blast")


def test_a_damaged_block_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as handle:
        data = np.random.default_rng(0).poisson(2.0, (200, 100))
        handle.create_dataset("X", data=data, compression="gzip", fletcher32=True)
    content = bytearray(path.read_bytes())
    content[-2000:-1000] = b"\x55" * 1000
    path.write_bytes(content)
    refused(path, "truncated or damaged")


def test_a_missing_key_lists_those_there_are(write_scdeepcluster, tmp_path, counts) -> None:
    path = write_scdeepcluster(X=counts, Label=np.arange(6))
    message = refused(path, "has no 'Labels'; it holds 'Label', 'X'", label_key="Labels")
    assert "Did you mean 'Label'" in message
    assert "dataset.label_key" in message
    refused(write_scdeepcluster("g.h5", A=counts), "has no 'X'", layout="scdeepcluster")
    refused(write_scdeepcluster("h.h5", A=counts), "layout of .* is none that is known.*'A'")


@pytest.mark.parametrize("layout", ["scdeepcluster", "cell_blast", "h5ad", "10x_h5"])
def test_the_wrong_layout(tmp_path, write_cell_blast, write_scdeepcluster, counts, layout) -> None:
    blast = write_cell_blast(tmp_path / "data.h5", counts, ["a"] * 6)
    deep = write_scdeepcluster(X=counts, Y=np.arange(6))
    other = deep if layout == "cell_blast" else blast
    refused(other, "has no|10x .h5 matrix", layout=layout)


def test_a_group_called_x_hints_at_h5ad(tmp_path: Path, counts) -> None:
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as handle:
        handle.create_group("X")
    refused(path, "dataset.layout=h5ad", layout="scdeepcluster")


def test_unusable_counts(write_scdeepcluster, counts) -> None:
    bad = counts.copy()
    bad[2, 1] = -1
    refused(write_scdeepcluster(X=bad), "negative values .down to -1.*raw counts")
    bad[2, 1] = np.nan
    refused(write_scdeepcluster(X=bad), "1 value.s. that are not finite")
    bad[2, 1] = np.inf
    refused(write_scdeepcluster(X=bad), "not finite")
    refused(write_scdeepcluster(X=0 * counts), "are zero")
    refused(write_scdeepcluster(X=counts[:1]), "1 cell.s.; at least 2")
    refused(write_scdeepcluster(X=counts[:0]), "claims 0 cells")
    refused(write_scdeepcluster(X=counts[:, 0]), "1 dimensions")
    refused(write_scdeepcluster(X=np.array([[b"a", b"b"]] * 2)), "not numbers")


def test_a_matrix_that_claims_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as handle:
        handle.create_dataset("X", shape=(10**9, 10**9), dtype="f8", chunks=(1000, 1000))
    refused(path, "cannot be")


def test_unusable_labels(write_scdeepcluster, counts) -> None:
    refused(write_scdeepcluster(X=counts, Y=np.arange(5)), "are 5 for 6 cells")
    refused(write_scdeepcluster(X=counts, Y=np.arange(4)), "stored as genes x cells")
    refused(write_scdeepcluster(X=counts, Y=np.zeros((6, 2))), "a vector was expected")
    missing = np.array([1, 2, np.nan, 1, 2, np.nan])
    refused(write_scdeepcluster(X=counts, Y=missing), "missing for 2 of 6 cells")
    empty = np.array([b"a", b"", b"b", b"a", b" ", b"b"])
    refused(write_scdeepcluster(X=counts, Y=empty), "missing for 2 of 6 cells")
    refused(write_scdeepcluster(X=counts, Y=missing * np.inf), "missing|infinite")


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("exprs/indptr", [0, 5, 3, 3, 3, 3, 6], "does not rise"),
        ("exprs/indptr", [0, 1, 2], "3 entries for 6 cells"),
        ("exprs/indptr", [0, 1, 2, 3, 4, 5, 7], "does not rise from 0 to the number of values"),
        ("exprs/indices", [0, 1, 2, 3, 4, 9], "leave the range 0 to 5"),
        ("exprs/indices", [0, 1, 2, 3, 4, -1], "leave the range"),
        ("exprs/indices", [0, 1, 2], "'indices' has 3 entries but 'data' 6"),
        ("exprs/indices", [0.0, 1, 2, 3, 4, 5], "not whole numbers"),
        ("exprs/shape", [6, 6, 1], "has 3 numbers"),
        ("exprs/shape", [6, -6], "cannot be"),
        ("exprs/shape", [2**60, 2**60], "cannot be"),
        ("exprs/data", [b"a"] * 6, "not numbers"),
        ("obs_names", [b"a"] * 5, "5 names but 'exprs' is 6 cells x 6 genes"),
        ("var_names", [b"a"] * 7, "7 names"),
        ("obs/cell_type1", [b"a"] * 5, "are 5 for 6 cells"),
        ("obs/cell_type1", None, "has no 'cell_type1'; it holds 'donor'"),
        ("var_names", None, "has no 'var_names'"),
        ("exprs/indptr", None, "has no 'indptr'"),
    ],
)
def test_cell_blast_parts_that_contradict(
    tmp_path: Path, write_cell_blast, member: str, value: list | None, said: str
) -> None:
    path = write_cell_blast(tmp_path / "data.h5", np.eye(6), ["a", "b"] * 3)
    with h5py.File(path, "r+") as handle:
        del handle[member]
        if value is not None:
            handle[member] = np.array(value)
    refused(path, said, label_key="cell_type1")


def test_links_to_other_files_are_not_followed(tmp_path: Path, write_scdeepcluster, counts) -> None:
    write_scdeepcluster("other.h5", X=counts)
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as handle:
        handle["X"] = h5py.ExternalLink("other.h5", "/X")
    refused(path, "another file", layout="scdeepcluster")


def test_h5ad_that_cannot_be_parsed(tmp_path: Path, counts) -> None:
    path = tmp_path / "f.h5ad"
    ad.AnnData(counts, obs=pd.DataFrame({"kind": list("abcabc")}, index=list("uvwxyz"))).write_h5ad(
        path
    )
    refused(path, "has no 'kinds'; it holds 'kind'", label_key="kinds")
    with h5py.File(path, "r+") as handle:
        del handle["var"]
    refused(path, "has no 'var'")


def test_tenx_needs_a_table_for_labels(write_scdeepcluster, counts) -> None:
    path = write_scdeepcluster(X=counts)
    refused(path, "dataset.labels_path=FILE.csv", layout="10x_h5", label_key="kind")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read as a table"),
        ("cell;g0;g1\nc0;1;2\nc1;3;4\n", "a single column"),
        ("cell,g0,g1\n", "holds a header but no cell"),
        ("cell,g0,g1\nc0,1,x\nc1,3,y\n", "column 'g1'.*holds texts such as 'x'.*label_key=g1"),
        ("cell,g0,g1\nc0,1,2\nc1,3,\n", "not finite"),
        ("cell,g0,g1\nc0,1,2\nc1,3,4,5,6\n", "cannot be read as a table"),
    ],
)
def test_unusable_tables(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text)
    refused(path, said)


def test_a_truncated_gzip_table(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    frame = pd.DataFrame(np.random.default_rng(0).poisson(3.0, (300, 20)))
    frame.to_csv(path)
    path.write_bytes(path.read_bytes()[:-500])
    refused(path, "cannot be read as a table")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cell,kind\ncell_0,a\n", "no label for 5 of 6 cells, e.g. 'cell_1'"),
        ("cell,kind\n" + "".join(f"cell_{i % 5},a\n" for i in range(6)), "more than once"),
        ("cell\ncell_0\n", "single column"),
        ("cell,sort\n" + "".join(f"cell_{i},a\n" for i in range(6)), "has no 'kind'"),
    ],
)
def test_unusable_label_tables(write_scdeepcluster, tmp_path, counts, text: str, said: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=said) as caught:
        read_counts(write_scdeepcluster(X=counts), label_key="kind", labels_path=path)
    assert "labels.csv" in str(caught.value)
    with pytest.raises(DataError, match=r"there is no file.*labels_path"):
        read_counts(write_scdeepcluster(X=counts), labels_path=tmp_path / "none.csv")


@pytest.mark.parametrize("kind", ["link", "raw", "virtual"])
def test_parts_that_lie_in_other_files_are_not_read(tmp_path: Path, counts, kind: str) -> None:
    path, other = tmp_path / "f.h5ad", tmp_path / "other.h5ad"
    for name in (path, other):
        ad.AnnData(sparse.csr_matrix(counts, dtype=np.float32)).write_h5ad(name)
    with h5py.File(path, "a") as handle:
        length = handle["X/data"].shape
        del handle["X/data"]
        if kind == "link":
            handle["X/data"] = h5py.ExternalLink(other, "X/data")
        elif kind == "raw":
            handle["X"].create_dataset("data", length, "u1", external=[(other, 0, length[0])])
        else:
            layout = h5py.VirtualLayout(length, "f4")
            layout[:] = h5py.VirtualSource(other, "X/data", length)
            handle["X"].create_virtual_dataset("data", layout)
    with pytest.raises(DataError, match=r"'data' in .* points to another file"):
        read_counts(path)
