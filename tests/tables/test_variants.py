"""Variants of one dataset count once, and for all compared entries in the same way."""

from __future__ import annotations

import math

import pandas as pd

from scinfovae.tables.statistics import collapse_variants


def scores_of(*rows):
    return pd.DataFrame(rows, columns=["entry", "dataset", "dataset_base", "value"])


def collapsed(frame, **options):
    found = collapse_variants(frame, **options)
    return {
        (row.entry, row.dataset_base): (row.value, row.datasets)
        for row in found.itertuples(index=False)
    }


def test_variants_count_once():
    frame = scores_of(
        ("pca", "young_top2000", "young", 0.4),
        ("pca", "young_half", "young", 0.6),
        ("pca", "worm_neuron", "worm_neuron", 0.1),
    )
    assert collapsed(frame) == {
        ("pca", "young"): (0.5, "young_half,young_top2000"),
        ("pca", "worm_neuron"): (0.1, "worm_neuron"),
    }


def test_the_complete_dataset_counts_alone():
    frame = scores_of(("pca", "young", "young", 0.4), ("pca", "young_half", "young", 0.6))
    assert collapsed(frame) == {("pca", "young"): (0.4, "young")}


def test_entries_are_never_compared_on_different_data():
    # b lacks the complete dataset, so a's score on it is no match for b's on the variant
    frame = scores_of(
        ("a", "young", "young", 0.9),
        ("a", "young_top2000", "young", 0.2),
        ("b", "young_top2000", "young", 0.3),
    )
    assert collapsed(frame) == {
        ("a", "young"): (0.2, "young_top2000"),
        ("b", "young"): (0.3, "young_top2000"),
    }
    nothing_shared = scores_of(("a", "young", "young", 0.9), ("b", "young_half", "young", 0.3))
    assert collapsed(nothing_shared) == {}


def test_a_score_that_is_not_there_does_not_count():
    frame = scores_of(("a", "young", "young", math.nan), ("a", "young_half", "young", 0.2))
    assert collapsed(frame) == {("a", "young"): (0.2, "young_half")}


def test_without_entries_the_whole_frame_is_one():
    frame = scores_of(("a", "young", "young", 0.4)).drop(columns="entry")
    found = collapse_variants(frame)
    assert found.to_dict("records") == [
        {"dataset_base": "young", "datasets": "young", "value": 0.4}
    ]
