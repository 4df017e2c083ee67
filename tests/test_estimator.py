"""ScInfoVAE as a library: what a person with an AnnData does."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from scinfovae import ScInfoVAE
from scinfovae.data.preprocessing import PreprocessingConfig
from scinfovae.data.simulate import SimulationConfig, simulate_counts
from scinfovae.errors import DataError, UsageError
from scinfovae.model import ModelConfig

EASY = SimulationConfig(
    n_cells=240, n_genes=300, n_clusters=3, de_fraction=0.3, de_scale=1.5, library_size=4000
)
SMALL = ModelConfig(hidden=(64, 32), latent_dim=5, batch_size=32)
SHORT = {
    "preprocessing": PreprocessingConfig(n_hvg=100),
    "pretrain_epochs": 80,
    "fine_tune_epochs": 10,
    "device": "cpu",
}


@pytest.fixture(scope="module")
def cells():
    return simulate_counts(EASY)


@pytest.fixture(scope="module")
def fitted(cells):
    adata = cells.copy()
    estimator = ScInfoVAE(n_clusters=3, model=SMALL, random_state=1, **SHORT).fit(adata)
    return estimator, adata


def test_fit_writes_the_documented_keys_and_nothing_else(cells, fitted):
    estimator, adata = fitted
    assert adata.obsm["X_scinfovae"].shape == (240, 5)
    assert set(adata.obs["scinfovae"].cat.categories) == {"0", "1", "2"}
    assert set(adata.obs) - set(cells.obs) == {"scinfovae"}
    assert set(adata.obsm) == {"X_scinfovae"}
    assert not adata.uns
    assert not adata.layers
    assert (adata.X != cells.X).nnz == 0
    assert list(adata.var_names) == list(cells.var_names)
    assert np.array_equal(estimator.embedding_, adata.obsm["X_scinfovae"], equal_nan=True)


def test_it_finds_easy_clusters(cells, fitted):
    assert adjusted_rand_score(cells.obs["cluster"], fitted[0].labels_) > 0.9


def test_same_random_state_same_labels(cells):
    def labels(seed):
        estimator = ScInfoVAE(n_clusters=3, model=SMALL, random_state=seed, **SHORT)
        return estimator.fit_predict(cells.copy()), estimator.embedding_

    first, again, other = labels(4), labels(4), labels(5)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1], equal_nan=True)
    assert not np.array_equal(first[1], other[1], equal_nan=True)


def test_transform_of_the_training_cells_is_the_embedding(fitted):
    estimator, adata = fitted
    kept = ~np.isnan(estimator.embedding_[:, 0])
    np.testing.assert_allclose(
        estimator.transform(adata)[kept], estimator.embedding_[kept], atol=1e-5
    )


def test_transform_takes_genes_by_name_and_counts_missing_ones(fitted):
    estimator, adata = fitted
    expected = estimator.transform(adata)
    shuffled = adata[:, np.random.default_rng(0).permutation(adata.n_vars)].copy()
    np.testing.assert_allclose(estimator.transform(shuffled), expected, atol=1e-5)
    with pytest.raises(DataError, match="genes the model uses are absent"):
        estimator.transform(adata[:, : adata.n_vars // 2].copy())


def test_new_cells_get_the_cluster_of_their_type(cells, fitted):
    estimator, _ = fitted
    new = cells[::3].copy()
    before = new.copy()
    predicted = estimator.predict(new)
    assert adjusted_rand_score(new.obs["cluster"], predicted) > 0.9
    assert set(new.obsm) == set(before.obsm)
    assert set(new.obs) == set(before.obs)


def test_save_and_load_without_pickle(fitted, tmp_path):
    estimator, adata = fitted
    path = tmp_path / "model.safetensors"
    estimator.save(path)
    assert b"\x80\x04" not in path.read_bytes()[:64]  # the opening of a pickle
    loaded = ScInfoVAE.load(path)
    assert np.array_equal(loaded.transform(adata), estimator.transform(adata))
    assert np.array_equal(loaded.predict(adata), estimator.predict(adata))
    assert loaded.n_clusters == 3


def test_load_refuses_other_files(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        ScInfoVAE.load(tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("no model")
    with pytest.raises(DataError, match="not a readable model file"):
        ScInfoVAE.load(tmp_path / "text.safetensors")
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(DataError, match="no ScInfoVAE model"):
        ScInfoVAE.load(tmp_path / "other.safetensors")


@pytest.mark.parametrize("damage", ["centres", "config", "weights"])
def test_load_refuses_damaged_models(fitted, tmp_path, damage):
    path = tmp_path / "model.safetensors"
    fitted[0].save(path)
    with safetensors.safe_open(path, framework="np") as handle:
        tensors, metadata = {k: handle.get_tensor(k) for k in handle.keys()}, handle.metadata()
    if damage == "centres":
        del tensors["centres"]
    elif damage == "config":
        metadata["config"] = metadata["config"].replace("latent_dim", "latent_size")
    else:
        tensors["network.heads.bias"] = tensors["network.heads.bias"][:, :-1].copy()
    safetensors.numpy.save_file(tensors, path, metadata)
    with pytest.raises(DataError, match="damaged or of another version"):
        ScInfoVAE.load(path)


def test_cells_that_are_dropped_are_marked(cells):
    adata = cells.copy()
    adata.X = sparse.diags_array((np.arange(240) >= 2).astype(np.float32)) @ adata.X
    estimator = ScInfoVAE(n_clusters=3, model=SMALL, **SHORT).fit(adata)
    assert estimator.labels_[:2].tolist() == [-1, -1]
    assert np.isnan(adata.obsm["X_scinfovae"][:2]).all()
    assert adata.obs["scinfovae"].isna().sum() == 2


def test_scikit_learn_habits():
    estimator = ScInfoVAE(n_clusters=3, random_state=7)
    assert clone(estimator).get_params() == estimator.get_params()
    assert estimator.set_params(n_clusters=4).n_clusters == 4


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_clusters": 1}, "n_clusters=1"),
        ({"n_clusters": 1000}, "exceeds"),
        ({"n_clusters": 3, "clusterer": "kmean"}, "Did you mean 'kmeans'"),
        ({"n_clusters": 3, "random_state": -1, **SHORT}, "seed=-1"),
        ({"n_clusters": 3, "device": "tpu"}, "device='tpu'"),
    ],
)
def test_senseless_parameters_are_refused(cells, parameters, words):
    with pytest.raises(UsageError) as caught:
        ScInfoVAE(**parameters).fit(cells.copy())
    assert words in str(caught.value)


def test_transform_before_fit_is_refused(cells):
    with pytest.raises(UsageError, match="not fitted"):
        ScInfoVAE(n_clusters=3).transform(cells)
