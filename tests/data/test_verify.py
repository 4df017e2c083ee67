"""Published predictions against labels and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from scinfovae.data.dataset import Dataset, load_dataset
from scinfovae.data.registry import get_dataset, group_members
from scinfovae.data.request import DatasetRequest
from scinfovae.data.verify import published_name, verify_predictions
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.real_data
def test_all_published_predictions_on_the_sets_at_hand(shared_data: Path) -> None:
    datasets = [
        load_dataset(DatasetRequest(name, mirror=shared_data / "data" / "mirror"))
        for name in group_members("at_hand")
    ]
    rows = verify_predictions(shared_data / "published" / "graph_sc_predictions.npz", datasets)
    # 36 per dataset, less 6 of gae_optimal, less 2 of RaceID on some of the worm's cells
    assert len(rows) == 4 * 30 - 2
    assert [row.key for row in rows if not row.ok] == []
    shuffled = datasets[0].adata[::-1].copy()
    wrong = Dataset("worm_neuron", shuffled, ("Y",), 10, "", datasets[0].spec)
    rows = verify_predictions(shared_data / "published" / "graph_sc_predictions.npz", [wrong])
    assert not any(row.ok for row in rows)


@pytest.fixture
def romanov() -> Dataset:
    """Return three hundred made-up cells under the name of a registered dataset."""
    labels = np.random.default_rng(0).integers(0, 4, 300).astype(str)
    obs = pd.DataFrame({"cell_type1": pd.Categorical(labels)}, index=[f"c{i}" for i in range(300)])
    adata = ad.AnnData(np.ones((300, 2), dtype=np.float32), obs=obs)
    return Dataset("romanov", adata, ("cell_type1",), 4, "", get_dataset("romanov"))


@pytest.fixture
def published(tmp_path: Path, romanov: Dataset) -> Path:
    labels = romanov.adata.obs["cell_type1"].to_numpy()
    rng = np.random.default_rng(1)
    rows, arrays = [], {}
    for run in range(2):
        noisy = np.where(rng.random(300) < 0.7, labels.astype(int), rng.integers(0, 4, 300))
        arrays[f"m|Romanov|{run}"] = noisy.astype(np.int16)
        scores = adjusted_rand_score(labels, noisy), normalized_mutual_info_score(labels, noisy)
        rows.append(("m", "Romanov", run, 300, 4, scores[0], round(scores[1], 4)))
    rows.append(("graph-sc(KM) [gae_optimal]", "Romanov", 0, 300, 4, 0.9, 0.9))
    rows.append(("raceid", "Romanov", 0, 120, 4, 0.9, 0.9))
    rows.append(("m", "Young", 0, 5685, 11, 0.9, 0.9))
    path = tmp_path / "p.npz"
    np.savez(path, **arrays)
    columns = ["method", "dataset", "run", "n_cells", "n_clusters", "ari", "nmi"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "p_index.csv", index=False)
    return path


def test_usable_rows_are_scored_to_four_decimals(published: Path, romanov: Dataset) -> None:
    rows = verify_predictions(published, [romanov])
    assert [(row.key, row.ok) for row in rows] == [("m|Romanov|0", True), ("m|Romanov|1", True)]
    index_path = published.with_name("p_index.csv")
    index = pd.read_csv(index_path)
    index.loc[0, "ari"] += 2e-4
    index.loc[1, "nmi"] -= 2e-4
    other = published.with_name("other.csv")
    index.to_csv(other, index=False)
    assert [row.ok for row in verify_predictions(published, [romanov], other)] == [False, False]


def test_which_published_name_applies() -> None:
    def named(name: str) -> str | None:
        return published_name(Dataset(name, ad.AnnData(), ("Y",), 2, "", get_dataset(name)))

    assert named("worm_neuron") == "worm_neuron_cell"
    assert named("young_top2000") == "Young"
    assert named("mouse_bladder_2100") is None  # other cells than its parent
    assert published_name(Dataset("custom", ad.AnnData(), ("Y",), 2, "", None)) is None


def test_unusable_files(published: Path, romanov: Dataset, tmp_path: Path) -> None:
    index = published.with_name("p_index.csv")
    for given in (None, index):
        with pytest.raises(DataError, match=r"there is no file .*nothing.npz"):
            verify_predictions(tmp_path / "nothing.npz", [romanov], given)
    alone = tmp_path / "alone.npz"
    alone.write_bytes(published.read_bytes())
    with pytest.raises(DataError, match=r"no file .*alone_index.csv"):
        verify_predictions(alone, [romanov])
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, **{"m|Romanov|0": np.array([{}], dtype=object)})
    with pytest.raises(DataError, match="plain array"):
        verify_predictions(pickled, [romanov], index)
    text = tmp_path / "text.npz"
    text.write_text("hello")
    with pytest.raises(DataError, match=r"no .npz archive of plain arrays"):
        verify_predictions(text, [romanov], index)
    single = tmp_path / "single.npy"
    np.save(single, np.arange(3))
    with pytest.raises(DataError, match="is a single array"):
        verify_predictions(single, [romanov], index)
    short = tmp_path / "short.npz"
    np.savez(short, **{"m|Romanov|0": np.zeros(299, dtype=int)})
    with pytest.raises(DataError, match=r"shape \(299,\), but 300 cells"):
        verify_predictions(short, [romanov], index)
    other = tmp_path / "o.npz"
    np.savez(other, **{"m|Romanov|1": np.zeros(300, dtype=int)})
    with pytest.raises(DataError, match=r"no predictions 'm\|Romanov\|0'"):
        verify_predictions(other, [romanov], index)
    index.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"lacks the column.s. method, dataset"):
        verify_predictions(published, [romanov])
