"""The coefficient of variation: by hand, and equal to the published table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scinfovae.errors import DataError
from scinfovae.metrics import coefficient_of_variation, mean_coefficient_of_variation

if TYPE_CHECKING:
    from pathlib import Path

COLUMN_OF = {
    "ari": "ARI",
    "nmi": "NMI",
    "calinski_harabasz": "CH",
    "silhouette": "Sil",
}
PUBLISHED_NAME = {
    "scvi": "scvi",
    "scGNN": "scGNN",
    "scedar": "scedar",
    "soup": "soup",
    "pca2_kmeans": "pca_kmeans",
}


def test_by_hand():
    # mean 4, squared deviations 4 + 0 + 4, over n - 1 = 2
    assert coefficient_of_variation([2.0, 4.0, 6.0]) == pytest.approx(2 / 4, abs=1e-15)


def test_the_sign_of_the_mean_does_not_matter():
    assert coefficient_of_variation([-2.0, -4.0, -6.0]) == pytest.approx(0.5, abs=1e-15)


def test_equal_scores_do_not_vary():
    assert coefficient_of_variation([0.5, 0.5, 0.5]) == 0.0


@pytest.mark.parametrize(
    "values", [[0.04, 0.05], [-0.04, 0.03], [0.7], [], [0.7, math.nan], [0.7, math.inf]]
)
def test_not_applicable(values):
    assert math.isnan(coefficient_of_variation(values))


def test_only_a_mean_of_zero_is_refused_where_any_other_is_allowed():
    assert coefficient_of_variation([0.01, 0.03], smallest_mean=0) == pytest.approx(2**-0.5)
    assert math.isnan(coefficient_of_variation([-0.5, 0.5], smallest_mean=0))


def test_mean_over_datasets_leaves_out_those_without_a_coefficient():
    datasets = {"one": [2.0, 4.0, 6.0], "two": [0.01, 0.02, 0.0], "three": [1.0, 1.0, 1.0]}
    assert mean_coefficient_of_variation(datasets) == pytest.approx(0.25)
    assert mean_coefficient_of_variation(datasets.values()) == pytest.approx(0.25)
    assert math.isnan(mean_coefficient_of_variation({"two": datasets["two"]}))
    assert math.isnan(mean_coefficient_of_variation({}))


def test_scores_must_be_one_per_seed():
    with pytest.raises(DataError, match="one score per seed"):
        coefficient_of_variation([[0.1, 0.2]])


@pytest.mark.real_data
@pytest.mark.parametrize("method", PUBLISHED_NAME)
@pytest.mark.parametrize("metric", COLUMN_OF)
def test_published_table_follows_from_the_runs(shared_data: Path, method: str, metric: str):
    published = shared_data / "published"
    runs = pd.read_csv(published / "graph_sc_results.csv", dtype={"run": str})
    runs = runs[(runs["method"] == method) & (runs["run"] != "mean")]
    scores = {name: group[metric].to_numpy() for name, group in runs.groupby("dataset")}
    assert len(scores) == 15
    printed = pd.read_csv(published / "cv_published.csv", index_col=0)
    expected = printed.loc[PUBLISHED_NAME[method], COLUMN_OF[metric]]
    # their table keeps means near 0; its values were read off a figure, good to about 2e-6
    found = mean_coefficient_of_variation(scores, smallest_mean=0)
    assert found == pytest.approx(expected, abs=3e-6)
