"""DESC: its network, its many learning rates, its centres, when it stops, what it finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from scinfovae.data.preprocessing import pca_space, preprocess
from scinfovae.data.simulate import SimulationConfig, simulate_counts
from scinfovae.errors import UsageError
from scinfovae.methods._chance import Chance
from scinfovae.methods._desc import means_of
from scinfovae.methods._desc_network import StackedAutoencoder
from scinfovae.methods._louvain import louvain, neighbour_network
from scinfovae.methods.desc import DESCConfig

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def clear(cells):
    """400 cells in 9 clusters of which the largest has 12 times the cells of the smallest."""
    simulation = SimulationConfig(n_cells=400, n_clusters=9, imbalance=12, de_scale=1.8, seed=2)
    adata = simulate_counts(simulation)
    prepared = preprocess(adata)
    truth = adata.obs["cluster"].to_numpy().astype(str)[prepared.cell_index]
    return type(cells)(prepared, truth, simulation.n_clusters)


def test_the_encoder_ends_between_minus_one_and_one():
    widths = (20, *DESCConfig().hidden, DESCConfig().latent_dim)
    network = StackedAutoencoder(widths, Chance("test", 0, CPU).generator("init"))
    shapes = [tuple(w.shape)[::-1] for w in network.parameters() if w.dim() == 2]
    assert shapes == [(20, 64), (64, 32), (32, 64), (64, 20)]
    values = 5 * torch.randn(8, 20, generator=torch.Generator().manual_seed(0))
    first, last = network.encoder
    by_hand = torch.tanh(last(torch.relu(first(values))))
    torch.testing.assert_close(network.encode(values), by_hand)
    assert network(values).abs().max() <= 1
    kinds = [[f.__name__ for f in network.pair(depth)[2:]] for depth in (0, 1)]
    assert kinds == [["relu", "tanh"], ["tanh", "relu"]]


def test_the_learning_rates_of_every_stage(tiny, fit, monkeypatch):
    made = []
    plain = torch.optim.SGD

    def spy(parameters, lr, momentum, **choices):
        made.append((pytest.approx(lr), momentum))
        return plain(parameters, lr, momentum, **choices)

    monkeypatch.setattr(torch.optim, "SGD", spy)
    (result,) = fit("desc", tiny, pretrain_epochs=300, pretrain_patience=0, max_updates=1)
    pair = [(0.1, 0.9), (0.01, 0.9), (0.001, 0.9)]
    together = [(10.0**-k, 0.9) for k in range(6)]
    assert made == [*pair, *pair, *together, (0.01, 0.9)]
    lengths = {key.partition(".")[0]: len(curve) for key, curve in result.history.items()}
    assert lengths == {"layers": 300, "pretrain": 300, "fine_tune": 5}


def test_dropout_keeps_the_mean_and_leaves_the_shared_generator_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    dropped = Chance("test", 0, CPU).dropped(torch.ones(400, 500), 0.2)
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    assert float(dropped.mean()) == pytest.approx(1, abs=0.005)
    assert torch.equal(before, torch.get_rng_state())


def test_centres_start_at_the_means_of_the_communities():
    embedding = torch.arange(12.0).reshape(4, 3)
    centres = means_of(embedding, torch.tensor([0, 1, 1, 0]))
    assert centres.tolist() == [[4.5, 5.5, 6.5], [4.5, 5.5, 6.5]]
    centres = means_of(embedding, torch.tensor([0, 1, 1, 1]))
    assert centres.tolist() == [[0, 1, 2], [6, 7, 8]]


@pytest.mark.slow
def test_the_neighbour_graph_is_that_of_scanpy():
    import anndata as ad
    import scanpy as sc

    points = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    adata = ad.AnnData(obsm={"X": points})
    sc.pp.neighbors(adata, n_neighbors=10, use_rep="X")
    theirs = set(zip(*map(np.ndarray.tolist, adata.obsp["connectivities"].nonzero()), strict=True))
    ours = neighbour_network(points, 10, seed=0).get_edgelist()
    assert {(a, b) for a, b in theirs if a < b} == {(min(e), max(e)) for e in ours}


def test_louvain_finds_two_clouds_and_its_seed_decides():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(40, 2)), 30 + rng.normal(size=(40, 2))])
    network = neighbour_network(points, 20, seed=0)
    labels = louvain(network, 0.1, seed=0)
    assert labels.tolist() in ([0] * 40 + [1] * 40, [1] * 40 + [0] * 40)
    fine = [louvain(network, 3.0, seed=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(fine[0], fine[1])


def test_it_stops_once_fewer_cells_than_the_tolerance_change_cluster(tiny, fit):
    def epochs(**choices):
        (result,) = fit("desc", tiny, pretrain_epochs=6, max_updates=4, **choices)
        return len(result.history["fine_tune.clustering"])

    assert epochs(tolerance=0) == 20
    assert epochs(tolerance=1) == 5  # never before the second look
    assert epochs(tolerance=1, epochs_per_update=2) == 2


def test_k_can_be_had(tiny, fit):
    (result,) = fit("desc", tiny, pretrain_epochs=6, max_updates=0, search_resolution="true")
    assert len(np.unique(result.own_labels)) == 3


def test_clusters_are_found(clear, fit):
    baseline = [clear.kmeans_ari(pca_space(clear.prepared), seed) for seed in range(4)]
    assert 0.8 <= np.mean(baseline) <= 0.95
    (result,) = fit("desc", clear, pretrain_epochs=60)
    assert clear.ari(result.own_labels) >= 0.7
    assert clear.kmeans_ari(result.stages["final"]) >= 0.7


def test_values_without_a_meaning_are_refused():
    with pytest.raises(UsageError, match=r"dropout=1\.0 must lie from 0 to below 1"):
        DESCConfig(dropout=1.0)
