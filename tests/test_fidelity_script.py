"""The table that holds our runs of other methods against published ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from fidelity import COLUMNS, PAIRS, merged, row_of

from scinfovae.tables.published import published_score

PAIR = next(pair for pair in PAIRS if pair.published == "scGNN")


def test_a_row_by_hand():
    # rows 0, 1, 3, 4 of the file were kept: theirs are in the order of the file
    kept = [0, 1, 3, 4]
    ours, other = (pd.Series(labels, kept) for labels in ([0, 0, 1, 1], [0, 1, 0, 1]))
    theirs = [np.array([1, 1, 9, 0, 0]), np.array([1, 0, 9, 1, 0])]
    row = row_of(PAIR, "own", [1.0, -0.5], [ours, other], None, theirs)
    assert row["ARI"] == "1.000 -0.500"
    assert row["agreement"] == "-0.50 to 1.00, mean 0.25"
    assert row["theirs"] == "-0.250"  # no pair in common: (0 - 2 * 2 / 10) / (2 - 2 * 2 / 10)
    assert row["published"] == ""


def test_rows_of_other_machines_stay():
    def rows(*of):
        return [dict.fromkeys(COLUMNS, "") | dict(zip(COLUMNS, row, strict=False)) for row in of]

    before = pd.DataFrame(
        rows(
            ("contrastive_sc", "", "leiden", "old"),
            ("scgnn", "", "own", "old"),
            ("scvi", "", "leiden@1.0", "old"),
        )
    )
    new = rows(
        ("scgnn", "", "own", "new"), ("contrastive_sc", "preprocessing.n_hvg=5000", "kmeans", "new")
    )
    table = merged(new, before)
    assert list(zip(table["method"], table["ARI"], strict=True)) == [
        ("contrastive_sc", "new"),
        ("contrastive_sc", "old"),
        ("scgnn", "new"),
        ("scvi", "old"),
    ]
    assert merged(new, before[:0])["ARI"].tolist() == ["new", "new"]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_pair_was_published_on_the_complete_file(pair):
    assert published_score(pair.harness, pair.published, "worm_neuron", "ari") is not None
