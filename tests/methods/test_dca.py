"""DCA: its network, its optimiser and stopping rules, what it denoises, what it finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from scinfovae.errors import UsageError
from scinfovae.methods import METHODS, _dca, create
from scinfovae.methods._chance import Chance
from scinfovae.methods._dca import logged
from scinfovae.methods._dca_network import DCANetwork
from scinfovae.methods._patience import Patience
from scinfovae.methods.dca import DCAConfig

CPU = torch.device("cpu")


def test_three_narrow_layers_each_normalised_with_a_shift_and_no_scale():
    network = DCANetwork(500, DCAConfig().hidden, 3, Chance("test", 0, CPU).generator("init"))
    weights = [layer.weight for layer in (*network.dense, network.heads.layer)]
    assert [tuple(w.shape)[::-1] for w in weights] == [(500, 64), (64, 32), (32, 64), (64, 1500)]
    for norm in network.norms:
        assert (norm.eps, norm.momentum) == (1e-3, 0.01)  # Keras counts from the other end, .99
        assert norm.bias.requires_grad
        assert not norm.weight.requires_grad


def test_every_head_starts_as_glorot_would_start_it_alone():
    network = DCANetwork(500, (64, 32, 64), 3, Chance("test", 0, CPU).generator("init"))
    whole, alone = network.heads.layer.weight.detach(), torch.empty(500, 64)
    nn.init.xavier_uniform_(alone, generator=torch.Generator().manual_seed(0))
    assert float(whole.std()) == pytest.approx(float(alone.std()), rel=0.02)
    assert float(whole.abs().max()) == pytest.approx(float(alone.abs().max()), rel=0.01)
    assert not network.heads.layer.bias.any()


def test_the_optimiser_of_keras(tiny, fit, monkeypatch):
    made, clipped = [], []
    plain, clip = torch.optim.RMSprop, nn.utils.clip_grad_value_

    def spy(parameters, **choices):
        made.append(choices)
        return plain(parameters, **choices)

    def spy_clip(parameters, value):
        clipped.append(value)
        clip(parameters, value)

    monkeypatch.setattr(torch.optim, "RMSprop", spy)
    monkeypatch.setattr(nn.utils, "clip_grad_value_", spy_clip)
    fit("dca", tiny, epochs=1)
    assert made == [{"lr": 1e-3, "alpha": 0.9, "eps": 1e-7}]
    assert clipped == [5.0, 5.0]  # 54 of 60 cells, 32 at a time


def test_patience_ends_where_pytorch_would_reduce_the_rate():
    # PyTorch waits for more than its patience, Keras for as many
    weights = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weights], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=1e-4, threshold_mode="abs"
    )
    ours = Patience(3, 1e-4)
    rate = 1.0
    for loss in np.random.default_rng(0).normal(size=60).cumsum().round(1):
        theirs.step(float(loss))
        if ours.ends(float(loss)):
            rate /= 2
        assert optimizer.param_groups[0]["lr"] == rate
    assert rate < 1 / 8
    assert not any(Patience(0).ends(1.0) for _ in range(50))


def test_it_stops_when_the_held_out_loss_has_not_improved(tiny, fit):
    (result,) = fit("dca", tiny, epochs=200, learning_rate=0.01, stop_patience=5)
    held_out = result.history["fit.held_out"]
    assert len(held_out) < 200
    assert int(np.argmin(held_out)) == len(held_out) - 6


def test_held_out_cells_teach_nothing(tiny):
    def denoise(prepared):
        config = DCAConfig(epochs=3, reduce_patience=0, stop_patience=0)
        method = create(METHODS["dca"], config)
        return method.fit(
            prepared, n_clusters=3, seeds=[0], device="cpu", progress=lambda *_: None
        )[0]

    held_out = Chance("dca", 0, CPU).shuffled(60)[:6].numpy()
    counts = tiny.prepared.counts.copy()
    counts[held_out] += 3
    one, other = denoise(tiny.prepared), denoise(replace(tiny.prepared, counts=counts))
    np.testing.assert_array_equal(one.stages["final"], other.stages["final"])
    assert one.history["fit.held_out"] != other.history["fit.held_out"]


def test_denoised_counts_are_normalised_and_logged_as_scanpy_does(tiny):
    import anndata as ad
    import scanpy as sc

    means = np.random.default_rng(0).gamma(2.0, size=tiny.prepared.counts.shape).astype(np.float32)
    denoised = ad.AnnData(means * tiny.prepared.size_factors[:, None])
    sc.pp.normalize_total(denoised)
    sc.pp.log1p(denoised)
    values = logged(torch.from_numpy(means.copy()), tiny.prepared)
    np.testing.assert_allclose(values, denoised.X, rtol=2e-5)


def test_the_embedding_is_the_pca_of_denoised_counts_normalised_and_logged(tiny, fit, monkeypatch):
    networks, minimise = [], _dca.minimise

    def spy(network, *rest):
        networks.append(network)
        minimise(network, *rest)

    monkeypatch.setattr(_dca, "minimise", spy)
    (result,) = fit("dca", tiny, epochs=5, n_components=5)
    (network,) = networks

    def through(layer, values):
        return values @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()

    hidden = tiny.prepared.scaled
    for layer, norm in zip(network.dense, network.norms, strict=True):
        values = through(layer, hidden) - norm.running_mean.numpy()
        values = values / np.sqrt(norm.running_var.numpy() + 1e-3)
        hidden = np.maximum(values + norm.bias.detach().numpy(), 0)
    means = np.exp(through(network.heads.layer, hidden)[:, : tiny.prepared.scaled.shape[1]])
    totals = means.sum(1, keepdims=True)
    median = np.median(totals[:, 0] * tiny.prepared.size_factors)
    theirs = PCA(5, svd_solver="full").fit_transform(np.log1p(means / totals * median))
    ours = result.stages["final"]
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-3, atol=1e-4)


def test_what_the_embedding_is(tiny, fit):
    shapes = {
        (): (60, 40),  # no more components than genes
        ("n_components", 2): (60, 2),
        ("embed", "bottleneck"): (60, 32),
        ("likelihood", "nb"): (60, 40),
    }
    for choice, shape in shapes.items():
        (result,) = fit("dca", tiny, epochs=1, **dict([choice] if choice else []))
        assert result.stages["final"].shape == shape


def test_clusters_are_found(cells, fit):
    # a tenth of 500 cells says little about when to stop
    (result,) = fit(
        "dca",
        cells,
        batch_size=16,
        learning_rate=0.002,
        epochs=30,
        stop_patience=0,
        reduce_patience=0,
    )
    assert cells.kmeans_ari(result.stages["final"]) >= 0.7


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"likelihood": "poisson"}, "likelihood='poisson' is unknown; choose zinb or nb"),
        ({"held_out_fraction": 0}, "held_out_fraction=0 must lie above 0"),
    ],
)
def test_values_without_a_meaning_are_refused(choices, message):
    with pytest.raises(UsageError, match=message):
        DCAConfig(**choices)
