"""With what the networks of the compared methods are trained, and with which weights they begin."""

from __future__ import annotations

import math

import pytest
import torch

ADAM = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False}

# for each method a training that is over at once, and the optimisers it goes through
OPTIMISERS = {
    "contrastive_sc": ({"epochs": 1}, [("Adam", {"lr": 0.4, **ADAM})]),
    "dca": (
        {"epochs": 1},
        [("RMSprop", {"lr": 1e-3, "alpha": 0.9, "eps": 1e-7, "momentum": 0, "weight_decay": 0})],
    ),
    "desc": (
        {"pretrain_epochs": 51, "max_updates": 1},
        [
            ("SGD", {"lr": rate, "momentum": 0.9, "nesterov": False, "weight_decay": 0})
            for rate in (0.1, 0.01, 0.001, 0.1, 0.01, 0.001, 1.0, 0.1, 0.01)
        ],
    ),
    "graph_sc": ({"epochs": 1}, [("Adam", {"lr": 1e-5, **ADAM})]),
    "scdeepcluster": (
        {"pretrain_epochs": 1, "max_epochs": 1},
        [
            ("Adam", {"lr": 1e-3, **ADAM, "amsgrad": True}),
            ("Adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-6, "weight_decay": 0}),
        ],
    ),
    "scgnn": (
        {"pretrain_epochs": 1, "em_iterations": 1, "em_epochs": 1, "embedding": "graph"},
        [("Adam", {"lr": 1e-3, **ADAM}), *[("Adam", {"lr": 0.01, **ADAM})] * 2],
    ),
    "scvae": ({"epochs": 1}, [("Adam", {"lr": 1e-4, **ADAM})]),
    "sczidesk": ({"pretrain_epochs": 1, "max_epochs": 1}, [("Adam", {"lr": 1e-4, **ADAM})]),
}


@pytest.fixture
def made(monkeypatch):
    """List name, settings and a copy of the first weights of every optimiser that is built."""
    found, plain = [], torch.optim.Optimizer.__init__

    def spy(self, parameters, settings):
        parameters = list(parameters)
        weights = [weight.detach().clone() for weight in parameters]
        found.append((type(self).__name__, dict(settings), weights))
        plain(self, parameters, settings)

    monkeypatch.setattr(torch.optim.Optimizer, "__init__", spy)
    return found


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_optimisers_are_those_of_the_authors(name, tiny, fit, made):
    brief, expected = OPTIMISERS[name]
    fit(name, tiny, **brief)
    assert [kind for kind, _, _ in made] == [kind for kind, _ in expected]
    for (_, settings, _), (_, theirs) in zip(made, expected, strict=True):
        assert {key: settings[key] for key in theirs} == theirs


# (in, out) of the layers between 40 genes and back; the last layer of a decoder of counts holds
# three heads, each as wide as the genes
DOWN_AND_UP = [(40, 256), (256, 64), (64, 32), (32, 64), (64, 256), (256, 40)]
LAYERS = {
    "contrastive_sc": ("glorot", [(40, 200), (200, 40), (40, 60)]),
    "dca": ("glorot", [(40, 64), (64, 32), (32, 64), (64, 40)]),
    "scdeepcluster": ("torch", DOWN_AND_UP),
    "sczidesk": ("glorot", DOWN_AND_UP),
    "scgnn": ("torch", [(40, 512), (512, 128), (128, 512), (512, 40)]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_widths_and_first_weights_are_those_of_the_authors_library(name, tiny, fit, made):
    """Keras: uniform in ±sqrt(6 / (in + out)), biases 0; PyTorch: both in ±1 / sqrt(in)."""
    library, widths = LAYERS[name]
    fit(name, tiny, **OPTIMISERS[name][0])
    weights = made[0][2]
    layers = [weight for weight in weights if weight.dim() == 2]
    heads = 3 if name in ("dca", "scdeepcluster", "sczidesk") else 1
    shapes = [(n_in, n_out) for n_in, n_out in widths[:-1]]
    shapes.append((widths[-1][0], heads * widths[-1][1]))
    assert [tuple(layer.shape)[::-1] for layer in layers] == shapes
    for layer, (n_in, n_out) in zip(layers, widths, strict=True):
        keras = library == "glorot"
        bound = math.sqrt(6 / (n_in + n_out)) if keras else 1 / math.sqrt(n_in)
        assert float(layer.abs().max()) == pytest.approx(bound, rel=0.02)
        assert float(layer.std()) == pytest.approx(bound / math.sqrt(3), rel=0.05)
    # normalising layers begin with a scale of 1
    biases = [w for w in weights if w.dim() == 1 and not (w == 1).all()]
    assert all(bool(bias.any()) == (library == "torch") for bias in biases)
