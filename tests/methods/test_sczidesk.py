"""scziDesk: its three terms by hand, its minibatches, when it looks at clusters, what it finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.methods._sczidesk import filled_batches, neighbour_divergence, soft_kmeans
from scinfovae.methods.sczidesk import ScziDeskConfig


@pytest.fixture
def latent() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 3))


def test_the_widths_and_weights_of_the_authors(tiny, fit):
    config = ScziDeskConfig()
    assert (config.hidden, config.latent_dim) == ((256, 64), 32)
    assert config.kmeans_weight == config.self_training_weight == 1e-3
    assert config.ridge == 1.0


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
