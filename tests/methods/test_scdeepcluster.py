"""scDeepCluster: its network, its loss by hand, its optimisers, when it stops, what it finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import nbinom

from scinfovae.errors import UsageError
from scinfovae.methods._chance import Chance
from scinfovae.methods._count_autoencoder import CountAutoencoder
from scinfovae.methods.scdeepcluster import ScDeepClusterConfig
from scinfovae.model.cells import TrainingData

CPU = torch.device("cpu")


def small_network(n_genes: int = 6) -> CountAutoencoder:
    generator = Chance("test", 0, CPU).generator("init")
    return CountAutoencoder(n_genes, (5, 4), 3, generator, "torch")


def small_data(n_cells: int = 7, n_genes: int = 6) -> TrainingData:
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.5, (n_cells, n_genes))
    return TrainingData.from_arrays(
        rng.normal(size=(n_cells, n_genes)), counts, rng.uniform(0.5, 2, n_cells)
    )


def zinb_by_hand(network: CountAutoencoder, data: TrainingData) -> np.ndarray:
    """Negative log-likelihoods by NumPy and SciPy, and the dropout probabilities."""

    def through(layer, values):
        return values @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()

    hidden = data.scaled.numpy()
    for layer in network.encoder:
        hidden = np.maximum(through(layer, hidden), 0)
    hidden = through(network.embedding, hidden)
    for layer in network.decoder:
        hidden = np.maximum(through(layer, hidden), 0)
    log_mean, raw, logit = np.split(through(network.heads.layer, hidden), 3, axis=1)
    mean = np.exp(log_mean + data.log_size_factors.numpy())
    theta, dropout = np.log1p(np.exp(raw)), 1 / (1 + np.exp(-logit))
    counts = data.counts.numpy()
    likelihood = (1 - dropout) * nbinom.pmf(counts, theta, theta / (theta + mean))
    return -np.log(likelihood + dropout * (counts == 0)), dropout


def test_the_widths_are_those_of_the_paper():
    config = ScDeepClusterConfig()
    generator = Chance("test", 0, CPU).generator("init")
    network = CountAutoencoder(500, config.hidden, config.latent_dim, generator, "torch")
    shapes = [tuple(w.shape)[::-1] for w in network.parameters() if w.dim() == 2]
    assert shapes == [(500, 256), (256, 64), (64, 32), (32, 64), (64, 256), (256, 3 * 500)]


def test_the_reconstruction_term_is_the_mean_over_cells_and_genes():
    network, data = small_network(), small_data()
    with torch.no_grad():
        loss = network.mean_nll(network.encode(data.scaled), data.batch(torch.arange(7)))
        ridged = network.mean_nll(network.encode(data.scaled), data.batch(torch.arange(7)), 2.0)
    by_hand, dropout = zinb_by_hand(network, data)
    assert float(loss) == pytest.approx(by_hand.mean(), rel=1e-5)
    assert float(ridged) == pytest.approx(by_hand.mean() + 2 * (dropout**2).mean(), rel=1e-5)


def test_a_step_of_the_fine_tuning_minimises_reconstruction_and_gamma_times_kl():
    from scinfovae.methods._scdeepcluster import fine_tune

    network, data = small_network(), small_data()
    embedded = network.embed(data).numpy()
    centres = torch.nn.Parameter(torch.from_numpy(embedded[:2] + 0.1))
    by_hand, _ = zinb_by_hand(network, data)
    distances = ((embedded[:, None] - centres.detach().numpy()) ** 2).sum(-1)
    q = 1 / (1 + distances)
    q /= q.sum(1, keepdims=True)
    p = q**2 / q.sum(0)
    p /= p.sum(1, keepdims=True)
    kl = (p * np.log(p / q)).sum(1).mean()

    seen = {}

    class Curves:
        def add(self, stage, **losses):
            seen.update(losses)

    config = ScDeepClusterConfig(input_noise=0, max_epochs=1)
    before = centres.detach().clone()
    fine_tune(network, centres, data, config, Chance("test", 0, CPU), Curves(), lambda *_: None)
    assert seen["reconstruction"] == pytest.approx(by_hand.mean(), rel=1e-5)
    assert seen["clustering"] == pytest.approx(kl, rel=1e-4)
    assert not torch.equal(before, centres)


def test_adam_with_amsgrad_and_then_adadelta(tiny, fit, monkeypatch):
    made = []
    for name in ("Adam", "Adadelta"):
        plain = getattr(torch.optim, name)

        def spy(parameters, *, plain=plain, name=name, **choices):
            made.append((name, choices["lr"], choices.get("amsgrad"), choices.get("rho")))
            return plain(parameters, **choices)

        monkeypatch.setattr(torch.optim, name, spy)
    fit("scdeepcluster", tiny, pretrain_epochs=1, max_epochs=1)
    assert made == [("Adam", 1e-3, True, None), ("Adadelta", 1.0, None, 0.95)]


def test_it_stops_once_fewer_cells_than_the_tolerance_change_cluster(tiny, fit):
    def epochs(**choices):
        (result,) = fit("scdeepcluster", tiny, pretrain_epochs=2, max_epochs=4, **choices)
        return len(result.history["fine_tune.clustering"])

    assert epochs(tolerance=0) == 4
    assert epochs(tolerance=1) == 1  # all clusters of an epoch later count as settled
    assert epochs(tolerance=1, update_interval=3) == 3


def test_the_first_code_of_the_authors_stops_pretraining_by_its_loss(tiny, fit):
    (result,) = fit(
        "scdeepcluster", tiny, pretrain_epochs=50, pretrain_patience=1, input_noise=20, max_epochs=0
    )
    losses = result.history["pretrain.reconstruction"]
    assert len(losses) < 50
    assert losses[-1] >= min(losses[:-1])


def test_a_loss_that_is_no_number_ends_the_seed_with_its_epoch(tiny, fit):
    (result,) = fit("scdeepcluster", tiny, pretrain_learning_rate=1e30, pretrain_epochs=5)
    assert result.status == "nan"
    assert "of the stage pretrain" in result.message


def test_clusters_are_found(cells, fit):
    # one minibatch and a half an epoch are few: smaller ones, fewer epochs
    (result,) = fit("scdeepcluster", cells, batch_size=32, pretrain_epochs=30, max_epochs=5)
    assert cells.ari(result.own_labels) >= 0.7
    assert cells.kmeans_ari(result.stages["pretrained"]) >= 0.7
    assert result.stages["final"].shape[1] == 32
    assert result.diagnostics["final"]["collapsed"] is False


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"hidden": ()}, r"hidden=\[\] must name"),
        ({"latent_dim": 0}, "latent_dim=0 must be at least 1"),
        ({"gamma": float("inf")}, "gamma=inf must be a finite number of at least 0"),
        ({"learning_rate": float("nan")}, "learning_rate=nan must be a finite number above 0"),
    ],
)
def test_values_without_a_meaning_are_refused(choices, message):
    with pytest.raises(UsageError, match=message):
        ScDeepClusterConfig(**choices)
