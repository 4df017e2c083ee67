"""scVAE: its likelihoods and its bound against scipy and torch, its layers, and its clusters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import distributions
from torch.nn.functional import softplus

from scinfovae.errors import UsageError
from scinfovae.methods import _scvae
from scinfovae.methods._scvae import lower_bound
from scinfovae.methods._scvae_network import SCVAENetwork, count_nll
from scinfovae.methods.scvae import SCVAEConfig

N_GENES, N_CELLS = 12, 9


@pytest.fixture
def draws():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def counts(draws):
    return torch.randint(0, 6, (N_CELLS, N_GENES), generator=draws).float()


def make(draws, n_components=3, **chosen):
    return SCVAENetwork(N_GENES, n_components, SCVAEConfig(**chosen), draws)


def test_the_likelihoods_are_those_of_scipy(counts, draws):
    outputs = torch.randn(N_CELLS, 3 * N_GENES, generator=draws)
    x = counts.numpy()
    log_r, logit_p, logit_pi = outputs.double().numpy().reshape(N_CELLS, 3, -1).swapaxes(0, 1)
    r, p, dropped = np.exp(log_r), 1 / (1 + np.exp(-logit_p)), 1 / (1 + np.exp(-logit_pi))
    poisson, nb = stats.poisson.pmf(x, r), stats.nbinom.pmf(x, r, 1 - p)
    for likelihood, n_heads, expected in (
        ("poisson", 1, poisson),
        ("nb", 2, nb),
        ("zinb", 3, dropped * (x == 0) + (1 - dropped) * nb),
    ):
        ours = count_nll(counts, outputs[:, : n_heads * N_GENES], likelihood)
        np.testing.assert_allclose(ours, -np.log(expected), rtol=1e-4, atol=1e-5)


def test_log_rates_are_bounded_at_10():
    rates = torch.tensor([[-50.0, 50.0]])
    ours = count_nll(torch.zeros(1, 2), rates, "poisson")
    np.testing.assert_allclose(ours, np.exp([[-10.0, 10.0]]), rtol=1e-5)


@torch.no_grad()
def test_the_bound_of_the_mixture_is_the_sum_over_clusters(counts, draws):
    network = make(draws)
    noise = torch.randn(3, N_CELLS, 2, generator=draws)
    terms = lower_bound(network, counts, counts, noise)
    q_y = distributions.Categorical(logits=network.log_clusters(counts))
    reconstruction = kl = torch.zeros(N_CELLS)
    prior = network.prior(torch.eye(3))
    for k in range(3):
        mean, variance = (part[0] for part in network.encode(counts, slice(k, k + 1)))
        q_z = distributions.Normal(mean, variance.sqrt())
        p_z = distributions.Normal(prior[k, :2], softplus(prior[k, 2:]).sqrt())
        z = mean + variance.sqrt() * noise[k]
        loss = network.nll(z.unsqueeze(0), counts)[0]
        reconstruction = reconstruction + q_y.probs[:, k] * loss
        kl = kl + q_y.probs[:, k] * (q_z.log_prob(z) - p_z.log_prob(z)).sum(1)
    p_y = distributions.Categorical(probs=torch.ones(3))
    told = [float(term) for term in terms]
    expected = (reconstruction, kl, distributions.kl_divergence(q_y, p_y))
    assert told == pytest.approx([float(term.mean()) for term in expected], rel=1e-4, abs=1e-5)
    assert float(terms.total(0.5)) == pytest.approx(told[0] + (told[1] + told[2]) / 2)


@torch.no_grad()
def test_the_bound_of_a_single_gaussian(counts, draws):
    network = make(draws, 1, latent="gaussian")
    terms = lower_bound(network, counts, counts, torch.zeros(1, N_CELLS, 2))
    mean, variance = network.encode(counts)
    q_z = distributions.Normal(mean, variance.sqrt())
    kl = distributions.kl_divergence(q_z, distributions.Normal(0.0, 1.0)).sum(-1)
    assert float(terms.kl_latent) == pytest.approx(float(kl.mean()), rel=1e-4)
    assert float(terms.kl_clusters) == 0


def test_the_layers_of_the_authors(draws):
    network = make(draws, n_components=4)
    shapes = {name: tuple(w.shape) for name, w in network.named_parameters() if "weight" in name}
    assert shapes == {
        "encoder.0.weight": (100, N_GENES + 4),
        "posterior.weight": (4, 100),
        "classifier.0.weight": (100, N_GENES),
        "logits.weight": (4, 100),
        "prior.weight": (4, 4),
        "decoder.0.weight": (100, 2),
        "heads.weight": (N_GENES, 100),
    }


def test_hidden_layers_are_normalised_over_the_minibatch(counts, draws):
    """What shifts all cells alike, as the cluster does, leaves no trace in the first layer."""
    plain, normalised = (make(draws, normalise=chosen) for chosen in (False, True))
    with torch.no_grad():
        for network, same in ((plain, False), (normalised, True)):
            first, *others = network.encode(counts).mean
            assert all(torch.allclose(first, other, atol=1e-4) for other in others) == same


@pytest.mark.parametrize("latent", ["gaussian_mixture", "gaussian"])
def test_the_kl_terms_rise_with_the_warm_up(tiny, fit, latent, monkeypatch):
    weights, total = [], _scvae.Terms.total

    def spy(terms, kl_weight):
        weights.append(kl_weight)
        return total(terms, kl_weight)

    monkeypatch.setattr(_scvae.Terms, "total", spy)
    (result,) = fit("scvae", tiny, latent=latent, warmup_epochs=4, epochs=6)
    assert set(result.history) == {"fit.reconstruction", "fit.kl_latent", "fit.kl_clusters"}
    assert list(dict.fromkeys(weights)) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert weights == sorted(weights)
    weights.clear()
    fit("scvae", tiny, latent=latent, warmup_epochs=0, epochs=2)
    assert set(weights) == {1.0}


def test_own_labels_are_the_most_probable_components(cells, fit, monkeypatch):
    """q(y|x) of the trained model by NumPy: a normalised layer, ReLU, and the logits."""
    networks, minimise = [], _scvae.minimise

    def spy(network, *rest):
        networks.append(network)
        minimise(network, *rest)

    monkeypatch.setattr(_scvae, "minimise", spy)
    (result,) = fit("scvae", cells, epochs=10, learning_rate=0.005)
    (network,) = networks
    (layer,) = network.classifier
    counts = cells.prepared.counts.astype(np.float64)
    hidden = counts @ layer.weight.detach().double().numpy().T
    hidden = (hidden - hidden.mean(0)) / np.sqrt(hidden.var(0) + 1e-3)
    hidden = np.maximum(hidden + layer.bias.detach().double().numpy(), 0)
    last = network.logits
    logits = hidden @ last.weight.detach().double().numpy().T + last.bias.detach().double().numpy()
    np.testing.assert_array_equal(result.own_labels, logits.argmax(1))
    assert len(set(result.own_labels)) > 1


def test_clusters_are_found(cells, fit):
    brief = {"epochs": 40, "learning_rate": 0.005, "latent_dim": 10}
    (mixture,) = fit("scvae", cells, **brief)
    assert cells.kmeans_ari(mixture.stages["final"]) >= 0.7
    # its own labels are worth .16 here, at most .40 in 16 settings tried
    assert set(mixture.own_labels) == set(range(cells.n_clusters))
    (single,) = fit("scvae", cells, latent="gaussian", encoder_input="log1p", **brief)
    assert cells.ari(single.own_labels) >= 0.7


def test_the_mixture_assigns_clusters_that_differ_in_more_genes(uneven, fit):
    (result,) = fit("scvae", uneven, epochs=60, learning_rate=0.002, batch_size=32)
    assert uneven.ari(result.own_labels) >= 0.7
    assert uneven.kmeans_ari(result.stages["final"]) >= 0.7


@pytest.mark.parametrize(
    "choice", [{"latent": "vamp"}, {"likelihood": "normal"}, {"hidden": ()}, {"clip_gradient": 0}]
)
def test_choices_without_a_meaning_are_refused(choice):
    (key,) = choice
    with pytest.raises(UsageError, match=key):
        SCVAEConfig(**choice)
