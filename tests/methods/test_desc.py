"""DESC: its network, its many learning rates, its centres, when it stops, what it finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.methods._chance import Chance
from scinfovae.methods._curves import Curves
from scinfovae.methods._desc import fine_tune, means_of
from scinfovae.methods._desc_network import StackedAutoencoder
from scinfovae.methods._louvain import louvain, neighbour_network
from scinfovae.methods.desc import DESCConfig

CPU = torch.device("cpu")


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
    assert not np.array_equal(fine[0], fine[2])


def test_a_step_of_the_self_training_by_the_published_slopes():
    """Slopes of KL(P || Q) by centre and embedding: Xie, Girshick & Farhadi 2016, Eq. 4 and 5."""
    chance = Chance("test", 0, CPU)
    network = StackedAutoencoder((6, 5, 3), chance.generator("init"))
    scaled = torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
    latent = network.embed(scaled).double().numpy()
    start = latent[:3] + 0.2
    centres = torch.nn.Parameter(torch.from_numpy(start).float())
    gaps = latent[:, None] - centres.detach().double().numpy()
    kernel = 1 / (1 + (gaps**2).sum(-1))
    q = kernel / kernel.sum(1, keepdims=True)
    p = q**2 / q.sum(0)
    p /= p.sum(1, keepdims=True)
    pull = 2 / len(latent) * (kernel * (p - q))[..., None] * gaps
    # through the tanh to the biases of the embedding
    by_bias = (pull.sum(1) * (1 - latent**2)).sum(0)

    bias = network.encoder[-1].bias.detach().clone()
    decoder = [weight.detach().clone() for weight in network.decoder.parameters()]
    config = DESCConfig(max_updates=1, epochs_per_update=1, learning_rate=0.5)
    groups, curves = torch.zeros(8, dtype=torch.long), Curves()
    fine_tune(network, centres, groups, scaled, config, chance, curves, lambda *_: None)
    loss = (p * np.log(p / q)).sum(1).mean()
    assert curves.history["fine_tune.clustering"] == [pytest.approx(loss, rel=1e-4)]
    moved = (centres.detach() - torch.from_numpy(start)).numpy()
    np.testing.assert_allclose(moved, 0.5 * pull.sum(0), rtol=1e-3, atol=1e-6)
    assert np.abs(moved).max() > 1e-3
    shifted = (network.encoder[-1].bias.detach() - bias).numpy()
    np.testing.assert_allclose(shifted, -0.5 * by_bias, rtol=1e-3, atol=1e-6)
    for old, new in zip(decoder, network.decoder.parameters(), strict=True):
        assert torch.equal(old, new)


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


def test_clusters_are_found(uneven, fit):
    # of the 4 clusters that most other methods are tried on, whose genes differ little, it finds
    # .40 in all 300 epochs, and .33 by its own labels
    (result,) = fit("desc", uneven, pretrain_epochs=60, resolution=0.6)
    assert uneven.ari(result.own_labels) >= 0.7
    assert uneven.kmeans_ari(result.stages["final"]) >= 0.7


def test_values_without_a_meaning_are_refused():
    with pytest.raises(UsageError, match=r"dropout=1\.0 must lie from 0 to below 1"):
        DESCConfig(dropout=1.0)
