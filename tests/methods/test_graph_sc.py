"""graph-sc: its edges, features, messages and loss by hand, its schedule, and what it finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from scinfovae.errors import UsageError
from scinfovae.methods._graph_sc import CellEncoder, embed, pair_loss
from scinfovae.methods._graph_sc_graph import GeneCellGraph, gene_components
from scinfovae.methods.graph_sc import GraphSCConfig

COUNTS = torch.tensor([[1.0, 0.0, 3.0], [0.0, 0.0, 0.0], [2.0, 2.0, 0.0]])


def some_counts(n_cells, n_genes):
    generator = torch.Generator().manual_seed(0)
    return torch.poisson(torch.rand(n_cells, n_genes, generator=generator) * 2, generator)


def encoder_of(n_features, **choices):
    return CellEncoder(n_features, GraphSCConfig(**choices), torch.Generator().manual_seed(0))


def test_the_weights_of_the_edges_by_hand():
    weights, degree = GeneCellGraph.of(COUNTS, 2).edges_to(torch.arange(3))
    assert degree.tolist() == [[2], [0], [2]]
    a, b = math.log(2), math.log(4)
    by_hand = [[2 * a / (a + b), 0, 2 * b / (a + b)], [0, 0, 0], [1, 1, 0]]
    np.testing.assert_allclose(weights, by_hand, rtol=1e-6)


@pytest.mark.parametrize("shape", [(40, 25), (25, 40)])
def test_genes_lie_where_the_pca_of_the_authors_puts_them(shape):
    counts = some_counts(*shape)
    logged = np.log1p(counts.numpy())
    shares = logged / logged.sum(1, keepdims=True)
    scaled = (shares - shares.mean(0)) / shares.std(0)
    theirs = PCA(8, svd_solver="full").fit_transform(scaled.T)
    ours = gene_components(counts, 8)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-3, atol=1e-3)
    graph = GeneCellGraph.of(counts, 8)
    np.testing.assert_allclose(graph.cell_features, shares @ ours, rtol=1e-3, atol=1e-4)


def test_many_genes_are_solved_for_the_leading_components_alone():
    counts = some_counts(30, 1010)
    ours = gene_components(counts, 5)
    logged = np.log1p(counts.numpy())
    shares = logged / logged.sum(1, keepdims=True)
    scaled = (shares - shares.mean(0)) / shares.std(0)
    theirs = PCA(5, svd_solver="full").fit_transform(scaled.T)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-2, atol=1e-2)
    assert gene_components(counts, 50).shape == (1010, 30)


def test_messages_edge_by_edge():
    counts = some_counts(12, 9)
    graph, cells = GeneCellGraph.of(counts, 4), torch.tensor([7, 2, 5])
    encoder = encoder_of(4, hidden_dim=6, dense=(5,))
    edges = graph.edges_to(cells)
    ours = encoder(
        edges, graph.gene_features, graph.cell_features[cells], (counts[cells] > 0).sum(0)
    )

    weight = encoder.convolution.weight.detach().numpy().T
    received = []
    for row, cell in enumerate(cells.tolist()):
        expressed = np.flatnonzero(counts[cell])
        message = graph.cell_features[cell].numpy() @ weight  # the loop: weight 1, one edge out
        for gene in expressed:
            edges_out = int((counts[cells, gene] > 0).sum())
            sent = graph.gene_features[gene].numpy() / math.sqrt(edges_out) @ weight
            message = message + float(edges.weights[row, gene]) * sent
        received.append(message / math.sqrt(len(expressed) + 1))
    (dense,) = encoder.dense
    hidden = torch.relu(torch.from_numpy(np.stack(received)))
    torch.testing.assert_close(ours, dense(hidden), rtol=1e-4, atol=1e-5)


def test_the_loss_of_two_cells_by_hand():
    # inner products 4, 2 and 1 (0 apart); of the 4 pairs the 2 loops weigh pos_weight = 2 / 2
    embedding = torch.tensor([[2.0, 0.0], [1.0, 1.0]])
    own = math.log1p(math.exp(-4)) + math.log1p(math.exp(-2))
    other = 2 * math.log1p(math.exp(2))
    assert float(pair_loss(embedding)) == pytest.approx((own + other) / 4, rel=1e-6)


@pytest.mark.parametrize("n_cells", [2, 7, 128])
def test_cells_that_are_all_at_the_origin_cost_the_logarithm_of_two(n_cells):
    assert float(pair_loss(torch.zeros(n_cells, 3))) == pytest.approx(math.log(2), rel=1e-6)


def test_the_layers_and_the_steps_of_the_authors(cells, fit, monkeypatch):
    rates, steps, plain = [], [], torch.optim.Adam

    class Spy(plain):
        def __init__(self, parameters, lr, **choices):
            rates.append(lr)
            super().__init__(parameters, lr, **choices)

        def step(self, *args):
            steps.append(1)
            super().step(*args)

    monkeypatch.setattr(torch.optim, "Adam", Spy)
    (result,) = fit("graph_sc", cells)
    assert (rates, len(steps)) == ([1e-5], 10 * 4)  # 500 cells: minibatches of 128, 128, 128, 116
    encoder = encoder_of(50)
    shapes = [tuple(w.shape)[::-1] for w in encoder.parameters() if w.dim() == 2]
    assert shapes == [(50, 200), (200, 300)]
    # most of what it finds is in the features: the weights hardly move in so few steps so short
    (untrained,) = fit("graph_sc", cells, epochs=0)
    one, other = (r.stages["final"].ravel() for r in (result, untrained))
    assert np.corrcoef(one, other)[0, 1] > 0.95


def test_a_minibatch_of_all_cells_embeds_as_the_whole():
    counts = some_counts(15, 8)
    graph, encoder = GeneCellGraph.of(counts, 4), encoder_of(4)
    whole = encoder(
        graph.edges_to(torch.arange(15)),
        graph.gene_features,
        graph.cell_features,
        (counts > 0).sum(0),
    )
    torch.testing.assert_close(embed(encoder, graph, 15), whole)
    torch.testing.assert_close(embed(encoder, graph, 128), whole)


def test_clusters_are_found_with_the_authors_schedule(cells, fit):
    (result,) = fit("graph_sc", cells)
    assert result.stages["final"].shape == (len(cells.truth), 300)
    assert not result.diagnostics["final"]["collapsed"]
    assert cells.kmeans_ari(result.stages["final"]) >= 0.7


@pytest.mark.parametrize("choice", [{"dropout": 1.0}, {"batch_size": 1}, {"dense": ()}])
def test_choices_without_a_meaning_are_refused(choice):
    (key,) = choice
    with pytest.raises(UsageError, match=key):
        GraphSCConfig(**choice)
