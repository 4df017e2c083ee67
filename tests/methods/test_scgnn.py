"""scGNN: its network, loss, cell graph and rounds, its graph autoencoder, and what it finds."""

from __future__ import annotations

import math

import igraph
import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from scinfovae.errors import UsageError
from scinfovae.methods._curves import Curves
from scinfovae.methods._scgnn import by_cluster
from scinfovae.methods._scgnn_graph import cell_graph, clusters_of, trimmed
from scinfovae.methods._scgnn_graph_autoencoder import (
    GraphEncoder,
    kl_to_prior,
    normalized_adjacency,
    pair_loss,
)
from scinfovae.methods._scgnn_network import FeatureAutoencoder, loss_of
from scinfovae.methods.scgnn import ScGNNConfig

CPU = torch.device("cpu")


def network_of(*widths):
    return FeatureAutoencoder(widths, torch.Generator().manual_seed(0))


def test_the_autoencoder_of_the_authors_gives_nothing_negative():
    config = ScGNNConfig()
    network = network_of(20, *config.hidden, config.latent_dim)
    shapes = [tuple(w.shape)[::-1] for w in network.parameters() if w.dim() == 2]
    assert shapes == [(20, 512), (512, 128), (128, 512), (512, 20)]
    values = torch.rand(6, 20, generator=torch.Generator().manual_seed(1))
    first, second = network.encoder
    torch.testing.assert_close(
        network.encode(values), torch.relu(second(torch.relu(first(values))))
    )
    assert network(values).min() >= 0


def test_the_loss_is_a_sum_and_its_penalties_take_in_the_biases():
    config = ScGNNConfig(hidden=(3,), latent_dim=2, l1=0.5, l2=0.25)
    network, values = network_of(4, 3, 2), torch.rand(5, 4)
    errors = (network(values) - values).detach().numpy() ** 2
    weights = np.concatenate([w.detach().numpy().ravel() for w in network.parameters()])
    by_hand = 0.1 * errors.sum() + 0.5 * np.abs(weights).sum() + 0.25 * (weights**2).sum()
    loss = loss_of(network, values, config).detach()
    assert float(loss) == pytest.approx(by_hand, rel=1e-5)


def test_edges_are_pruned_as_in_the_authors_loop():
    points = np.random.default_rng(0).normal(size=(60, 3))
    verdicts = {}
    for cell, distances in enumerate(cdist(points, points)):
        nearest = distances.argsort()[1:11]
        most = distances[nearest].mean() + distances[nearest].std()
        for other in nearest:
            verdicts[min(cell, other), max(cell, other)] = distances[other] <= most
    graph = cell_graph(points, 10, seed=0)
    assert {tuple(edge) for edge in graph.all_edges} == set(verdicts)
    assert {tuple(edge) for edge in graph.kept_edges} == {e for e, kept in verdicts.items() if kept}
    assert len(graph.kept_edges) < len(graph.all_edges)


@pytest.mark.parametrize(
    ("communities", "n_cells", "n_clusters"),
    [(20, 1999, 16), (20, 2000, 10), (5, 4186, 2), (3, 500, 2), (1, 500, 2)],
)
def test_how_many_clusters_so_many_communities_give(communities, n_cells, n_clusters):
    assert clusters_of(communities, n_cells, ScGNNConfig()) == n_clusters


def test_too_many_clusters_are_trimmed_and_few_are_left_as_they_are():
    config = ScGNNConfig(most_clusters=3, least_members=2)
    few = np.array([0, 1, 1, 2])
    np.testing.assert_array_equal(trimmed(few, config), few)
    many = np.array([0, 0, 1, 2, 2, 3, 3, 4])
    np.testing.assert_array_equal(trimmed(many, config), [0, 0, 2, 1, 1, 2, 2, 2])


def test_the_adjacency_of_three_cells_in_a_row():
    matrix = normalized_adjacency(3, np.array([[0, 1], [1, 2]]), CPU).to_dense()
    side = 1 / math.sqrt(6)
    np.testing.assert_allclose(
        matrix, [[0.5, side, 0], [side, 1 / 3, side], [0, side, 0.5]], rtol=1e-6
    )


def test_pairs_in_blocks_cost_what_the_whole_matrix_costs(monkeypatch):
    n_cells, edges = 30, np.array([[0, 1], [1, 5], [2, 9], [3, 4]])
    labels = torch.eye(n_cells)
    labels[edges[:, 0], edges[:, 1]] = labels[edges[:, 1], edges[:, 0]] = 1
    generator = torch.Generator().manual_seed(0)
    latent = torch.randn(n_cells, 4, generator=generator, requires_grad=True)
    n_ones = 8
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(
        latent @ latent.T, labels, pos_weight=torch.tensor((n_cells**2 - n_ones) / n_ones)
    ) * (n_cells**2 / (2 * (n_cells**2 - n_ones)))
    (their_slope,) = torch.autograd.grad(theirs, latent)
    for pairs in (1, 100, 2**22):
        monkeypatch.setattr("scinfovae.methods._scgnn_graph_autoencoder._PAIRS", pairs)
        ours = pair_loss(latent, labels.nonzero().T, n_ones)
        (slope,) = torch.autograd.grad(ours, latent)
        torch.testing.assert_close(ours, theirs)
        torch.testing.assert_close(slope, their_slope)


def test_the_graph_encoder_and_its_divergence_to_the_prior():
    features = torch.rand(3, 5)
    adjacency = normalized_adjacency(3, np.array([[0, 1], [1, 2]]), CPU)
    network = GraphEncoder(5, 32, 16, torch.Generator().manual_seed(0))
    whole = adjacency.to_dense()
    mean, log_deviation = network(features, adjacency)
    hidden = torch.relu(whole @ features @ network.hidden)
    torch.testing.assert_close(mean, whole @ hidden @ network.mean)
    normal = torch.distributions.Normal
    divergence = torch.distributions.kl_divergence(normal(mean, log_deviation.exp()), normal(0, 1))
    torch.testing.assert_close(kl_to_prior(mean, log_deviation), divergence.sum(1).mean())


def test_the_rounds_and_when_they_end(tiny, fit):
    def rounds(**choices):
        (result,) = fit("scgnn", tiny, pretrain_epochs=3, em_epochs=2, l1=0.001, **choices)
        told = result.diagnostics["final"]
        assert len(result.history["pretrain.loss"]) == 3
        assert len(result.history["em.loss"]) == 2 * told["iterations"]
        return told["iterations"], result

    assert rounds(em_iterations=3, agreement=1)[0] == 3  # an agreement above 1 there is none
    assert rounds(em_iterations=9, agreement=0.01)[0] < 9
    _, result = rounds(cluster_epochs=2, embedding="both")
    assert result.stages["final"].shape == (60, 128 + 16)
    assert len(result.history["graph.pairs"]) == 3 * 200


def test_autoencoders_of_the_clusters_leave_that_of_the_features_alone():
    network, values = network_of(6, 4, 3), torch.rand(10, 6)
    before = [w.detach().clone() for w in network.parameters()]
    config, labels = ScGNNConfig(cluster_epochs=5, l1=0.0), np.array([0, 1] * 5)
    rebuilt = by_cluster(network, values, labels, config, curves := Curves())
    assert rebuilt.shape == values.shape
    assert len(curves.history["cluster.loss"]) == 2 * 5
    for old, new in zip(before, network.parameters(), strict=True):
        assert torch.equal(old, new)


def test_clusters_are_found_with_little_weight_on_the_weights(cells, fit):
    # .001 is what the help of the authors' program gives as the default of --L1Para; its 1.0 is a
    # sum over 640 000 weights, which 500 cells of 500 genes do not outweigh
    (result,) = fit("scgnn", cells, pretrain_epochs=60, l1=0.001)
    assert not result.diagnostics["final"]["collapsed"]
    assert cells.kmeans_ari(result.stages["final"]) >= 0.7


def test_own_labels_are_kmeans_with_a_share_of_the_communities(cells, fit):
    """The one round clusters the pretrained embedding: igraph's Louvain, scikit-learn's K-means."""
    (result,) = fit("scgnn", cells, pretrain_epochs=60, l1=0.001, em_iterations=1, em_epochs=1)
    points, told = result.stages["pretrained"].astype(np.float64), result.diagnostics["final"]
    kept = {}
    for cell, distances in enumerate(cdist(points, points)):
        nearest = distances.argsort()[1:11]
        most = distances[nearest].mean() + distances[nearest].std()
        for other in nearest:
            kept[min(cell, other), max(cell, other)] = distances[other] <= most
    network = igraph.Graph(len(points), [edge for edge, near in kept.items() if near])
    theirs = [len(network.community_multilevel()) for _ in range(5)]
    assert min(theirs) - 1 <= told["louvain_communities"] <= max(theirs) + 1
    n_clusters = int(0.8 * told["louvain_communities"])  # below 2000 cells
    assert told["clusters"] == n_clusters
    by_scikit_learn = KMeans(n_clusters, n_init=10, random_state=0).fit_predict(points)
    assert adjusted_rand_score(by_scikit_learn, result.own_labels) > 0.9
    assert cells.ari(result.own_labels) >= 0.7


def test_own_labels_after_both_rounds(uneven, fit):
    # of the 4 clusters above, Louvain's share after the second round is 3: .57
    (result,) = fit("scgnn", uneven, pretrain_epochs=60, l1=0.001)
    assert result.diagnostics["final"]["iterations"] == 2
    assert uneven.ari(result.own_labels) >= 0.7


@pytest.mark.slow
def test_clusters_are_found_by_the_graph_autoencoder(cells, fit):
    (result,) = fit("scgnn", cells, pretrain_epochs=100, l1=0.001, embedding="graph")
    assert result.stages["final"].shape == (len(cells.truth), 16)
    assert cells.kmeans_ari(result.stages["final"]) >= 0.7


@pytest.mark.parametrize("choice", [{"embedding": "graf"}, {"learning_rate": 0.0}, {"hidden": ()}])
def test_choices_without_a_meaning_are_refused(choice):
    (key,) = choice
    with pytest.raises(UsageError, match=key):
        ScGNNConfig(**choice)
