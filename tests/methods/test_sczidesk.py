"""scziDesk: its three terms by hand, its minibatches, when it looks at clusters, what it finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.methods._chance import Chance
from scinfovae.methods._count_autoencoder import CountAutoencoder
from scinfovae.methods._curves import Curves
from scinfovae.methods._sczidesk import (
    filled_batches,
    fine_tune,
    neighbour_divergence,
    soft_kmeans,
)
from scinfovae.methods.sczidesk import ScziDeskConfig
from scinfovae.model.cells import TrainingData

WEIGHTY = ScziDeskConfig(ridge=2.0, kmeans_weight=0.3, self_training_weight=0.2)


@pytest.fixture
def latent() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 3))


def test_soft_kmeans_by_hand(latent):
    centres = latent[:2] + 0.3
    distances = ((latent[:, None] - centres) ** 2).sum(-1)
    soft = np.exp(-distances) / np.exp(-distances).sum(1, keepdims=True)
    weights = soft**2 / (soft**2).sum(1, keepdims=True)
    loss = soft_kmeans(torch.from_numpy(latent), torch.from_numpy(centres))
    assert float(loss) == pytest.approx((weights * distances).sum(1).mean())


def test_the_self_training_within_a_minibatch_by_hand(latent):
    kl = 0.0
    for i, cell in enumerate(latent):
        near = np.array([1 / (1 + ((cell - o) ** 2).sum()) for j, o in enumerate(latent) if j != i])
        similarity = near / near.sum()
        sharpened = similarity**2 / (similarity**2).sum()
        kl += (sharpened * np.log(sharpened / similarity)).sum()
    assert float(neighbour_divergence(torch.from_numpy(latent), 1.0)) == pytest.approx(kl)


def test_the_gradient_flows_through_the_sharpened_similarities_too(latent):
    z, centres = torch.from_numpy(latent).requires_grad_(), torch.from_numpy(latent[:2] + 0.3)
    assert torch.autograd.gradcheck(lambda values: neighbour_divergence(values, 1.0), z)
    assert torch.autograd.gradcheck(lambda values: soft_kmeans(values, centres), z)


def loss_by_hand(weights, centres, data, cells, config):
    """All three terms in float64 from the weights: torch's NB, and cell by cell in loops."""
    scaled, counts = data.scaled[cells].double(), data.counts[cells].double()

    def through(layer, values):
        return values @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]

    hidden = torch.relu(through("encoder.1", torch.relu(through("encoder.0", scaled))))
    latent = through("embedding", hidden)
    hidden = torch.relu(through("decoder.1", torch.relu(through("decoder.0", latent))))
    log_mean, raw, logit = through("heads.layer", hidden).chunk(3, dim=1)
    theta, dropout = torch.nn.functional.softplus(raw), torch.sigmoid(logit)
    log_mean = log_mean + data.log_size_factors[cells].double()
    # torch counts successes: the odds of one are mean / theta
    nb = torch.distributions.NegativeBinomial(theta, logits=log_mean - theta.log())
    likelihood = dropout * (counts == 0) + (1 - dropout) * nb.log_prob(counts).exp()
    loss = (-likelihood.log() + config.ridge * dropout**2).mean()

    soft_kmeans, attraction = 0.0, 0.0
    for i, cell in enumerate(latent):
        distances = ((cell - centres) ** 2).sum(1)
        membership = torch.softmax(-distances, 0) ** 2
        soft_kmeans += (membership / membership.sum() * distances).sum() / len(latent)
        others = torch.cat([latent[:i], latent[i + 1 :]])
        near = 1 / (1 + ((cell - others) ** 2).sum(1))
        near = near / near.sum()
        sharp = near**2 / (near**2).sum()
        attraction += (sharp * (sharp / near).log()).sum()
    return loss + config.kmeans_weight * soft_kmeans + config.self_training_weight * attraction


@pytest.mark.parametrize("config", [ScziDeskConfig(), WEIGHTY], ids=["default", "weighty"])
def test_a_step_of_the_fine_tuning_is_the_slope_of_all_three_terms(config):
    rng, cpu = np.random.default_rng(0), torch.device("cpu")
    data = TrainingData.from_arrays(
        rng.normal(size=(7, 6)), rng.poisson(1.5, (7, 6)), rng.uniform(0.5, 2, 7)
    )
    config = replace(config, hidden=(5, 4), latent_dim=3, batch_size=8, max_epochs=1)
    chance = Chance("test", 0, cpu)
    network = CountAutoencoder(6, (5, 4), 3, chance.generator("init"), "glorot")
    centres = torch.nn.Parameter(network.embed(data)[:2] + 0.3)
    before = {name: w.detach().double() for name, w in network.named_parameters()}
    weights = {name: w.clone().requires_grad_() for name, w in before.items()}
    start = centres.detach().double().requires_grad_()
    # seven cells in minibatches of eight: the first one comes twice
    cells = torch.tensor([0, 1, 2, 3, 4, 5, 6, 0])
    loss = loss_by_hand(weights, start, data, cells, config)
    by_hand = torch.autograd.grad(loss, [*weights.values(), start])

    # gradient descent at rate 1: every weight moves by its slope
    optimizer = torch.optim.SGD([*network.parameters(), centres], lr=1.0)
    fine_tune(network, centres, optimizer, data, config, chance, Curves(), lambda *_: None)
    moved = [
        old - new.double() for old, new in zip(before.values(), network.parameters(), strict=True)
    ]
    for ours, slope in zip([*moved, start - centres.double()], by_hand, strict=True):
        torch.testing.assert_close(ours, slope, rtol=1e-3, atol=1e-6)
    assert by_hand[-1].abs().max() > 1e-4


def test_the_last_minibatch_goes_on_with_the_first_cells():
    cpu = torch.device("cpu")
    assert [b.tolist() for b in filled_batches(6, 4, cpu)] == [[0, 1, 2, 3], [4, 5, 0, 1]]
    assert [b.tolist() for b in filled_batches(4, 2, cpu)] == [[0, 1], [2, 3], [0, 1]]


def test_every_tenth_epoch_is_a_look_at_the_clusters_and_no_training(tiny, fit):
    def epochs(**choices):
        (result,) = fit("sczidesk", tiny, pretrain_epochs=1, max_epochs=25, **choices)
        return len(result.history["fine_tune.reconstruction"])

    assert epochs(tolerance=0) == 23
    assert epochs(tolerance=1) == 9  # settled at the first look
    assert epochs(tolerance=1, check_every=5) == 4


def test_one_adam_trains_both_stages(tiny, fit, monkeypatch):
    made, steps = [], []
    plain = torch.optim.Adam

    class Spy(plain):
        def __init__(self, parameters, **choices):
            made.append((choices["lr"], choices.get("amsgrad", False)))
            super().__init__(parameters, **choices)

        def step(self, *args):
            super().step(*args)
            steps.append([int(self.state[g["params"][0]]["step"]) for g in self.param_groups])

    monkeypatch.setattr(torch.optim, "Adam", Spy)
    fit("sczidesk", tiny, pretrain_epochs=2, max_epochs=1)
    assert made == [(1e-4, False)]
    assert steps[-1] == [3, 1]  # of the weights, and of the centres that came later


def test_clusters_are_found(cells, fit):
    # few cells: smaller minibatches, larger steps, and noise against learning them by heart
    (result,) = fit(
        "sczidesk",
        cells,
        batch_size=32,
        learning_rate=0.001,
        noise=1.0,
        pretrain_epochs=40,
        max_epochs=5,
    )
    assert cells.kmeans_ari(result.stages["pretrained"]) >= 0.7
    assert cells.ari(result.own_labels) >= 0.7


def test_a_look_every_epoch_would_leave_no_training():
    with pytest.raises(UsageError, match="check_every=1 must be at least 2"):
        ScziDeskConfig(check_every=1)
