"""Files of one's own as evidence: their labels, their shares, and what is left out."""

from __future__ import annotations

import pytest

from scinfovae.bench.records.frame import scores_frame
from scinfovae.reproduce.checking import check_claims
from scinfovae.reproduce.evidence import gather


def of_files(runs, own_files=True):
    frame = runs.frame()
    return gather(frame, scores_frame(frame), own_files=own_files)


def claim(runs, name, own_files=False):
    return check_claims(of_files(runs, own_files), [name])[0]


def add_files(runs, method, value, files=5, **more) -> None:
    for place in range(files):
        runs.add(
            "custom",
            method,
            value,
            data_variant=f"path=set{place}.h5",
            content_hash=f"{place}" * 64,
            label_key="cell_type",
            n_clusters=4.0,
            identity=f"{method}{place}",
            **more,
        )


def test_files_of_ones_own_count_only_where_asked_for(runs) -> None:
    add_files(runs, "scinfovae", 0.6)
    add_files(runs, "ae", 0.5)
    assert claim(runs, "infovae_above_ae").verdict == "not run"
    result = claim(runs, "infovae_above_ae", own_files=True)
    assert result.verdict == "holds"
    assert result.comparisons[0].datasets == tuple(f"set{n}.h5@{str(n) * 8}" for n in range(5))


def test_a_file_counts_once_and_beside_registered_datasets(runs) -> None:
    add_files(runs, "scinfovae", 0.6, files=1)
    add_files(runs, "ae", 0.5, files=1)
    runs.add("adam", "scinfovae", 0.9)
    runs.add("adam", "ae", 0.5)
    one = claim(runs, "infovae_above_ae", own_files=True).comparisons[0]
    assert one.datasets == ("adam", "set0.h5@00000000")
    assert one.mean == pytest.approx((0.4 + 0.1) / 2)


def test_a_file_whose_labels_have_to_be_named_counts_by_those_of_most_runs(runs) -> None:
    file = {"content_hash": "a" * 64, "n_clusters": 4.0, "label_key": "cell_type"}
    for method, value in (("scinfovae", 0.6), ("ae", 0.5)):
        named = {"data_variant": "path=a.h5ad, label_key=cell_type", **file}
        runs.add("custom", method, value, identity=method, **named)
    other = {"data_variant": "path=a.h5ad, label_key=[fine,coarse]", **file}
    runs.add("custom", "ae", 0.1, identity="fine", **other)
    one = claim(runs, "infovae_above_ae", own_files=True).comparisons[0]
    assert one.datasets == ("a.h5ad@aaaaaaaa",)
    assert one.mean == pytest.approx(0.1)
    assert of_files(runs).left_out == (
        "3 runs on files with other labels than most ([fine,coarse])",
    )


def test_a_file_with_another_k_is_left_out_and_told(runs) -> None:
    runs.add("custom", "ae", data_variant="path=a.h5, n_clusters=7", content_hash="a" * 64)
    evidence = of_files(runs)
    assert evidence.runs.empty
    assert evidence.left_out == ("3 runs on files with other choices (n_clusters=7)",)


def test_shares_of_a_file_are_compared_with_the_whole_of_it(runs) -> None:
    for place in range(5):
        for content, share, value in (("a", "", 0.6), ("b", "fraction=0.5, ", 0.4)):
            runs.add(
                "custom",
                "scinfovae",
                value,
                data_variant=f"{share}path=set{place}.h5ad, label_key=cell_type",
                content_hash=f"{place}{content}" * 32,
                label_key="cell_type",
            )
    assert claim(runs, "robust_cells").verdict == "not run"
    half = claim(runs, "robust_cells", own_files=True).comparisons[1]
    assert half.mean == pytest.approx(-0.2)
    assert half.datasets == tuple(f"set{n}.h5ad@{f'{n}a' * 4}" for n in range(5))


def test_a_share_of_a_file_that_is_not_known_whole_is_left_out_and_told(runs) -> None:
    share = {"data_variant": "fraction=0.5, path=a.h5", "content_hash": "b" * 64}
    runs.add("custom", "scinfovae", **share)
    told = "3 runs on shares of files that were not run whole, or with several contents"
    assert of_files(runs).left_out == (told,)
    runs.add("custom", "scinfovae", data_variant="path=a.h5", content_hash="a" * 64)
    assert of_files(runs).left_out == ()
    runs.add(
        "custom", "scinfovae", data_variant="path=a.h5", content_hash="c" * 64, identity="other"
    )
    assert of_files(runs).left_out == (told,)
