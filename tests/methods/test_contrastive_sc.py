"""contrastive-sc: its loss by hand, its layers, its schedule, and that it finds clusters."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.methods._contrastive_sc import Encoder, contrastive_loss, learning_rate
from scinfovae.methods.contrastive_sc import ContrastiveSCConfig


def test_the_loss_of_two_cells_by_hand():
    # cosines: a1 a2 = 1, b1 b2 = .6, a1 b1 = 0, a1 b2 = .8, likewise from a2
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    second = torch.tensor([[1.0, 0.0], [0.8, 0.6]])
    other, rest = 0.5, [(1, 0, 0.8), (0.6, 0, 0), (1, 0, 0.8), (0.6, 0.8, 0.8)]
    by_hand = [
        math.log(sum(math.exp(c / other) for c in (hit, *misses))) - hit / other
        for hit, *misses in rest
    ]
    loss = contrastive_loss(first, second, other)
    assert float(loss) == pytest.approx(sum(by_hand) / 4, rel=1e-6)


def test_views_that_say_nothing_cost_the_logarithm_of_the_choices():
    same = torch.ones(5, 3) / math.sqrt(3)
    assert float(contrastive_loss(same, same, 0.07)) == pytest.approx(math.log(9), rel=1e-5)


def test_the_encoder_of_the_authors():
    encoder = Encoder((500, 200, 40, 60), torch.Generator().manual_seed(0))
    shapes = [tuple(layer.weight.shape) for layer in encoder.dense]
    assert shapes == [(200, 500), (40, 200), (60, 40)]
    assert [norm.num_features for norm in encoder.norms] == [200, 40]
    embedded = encoder(torch.randn(7, 500, generator=torch.Generator().manual_seed(1)))
    np.testing.assert_allclose(embedded.norm(dim=1).detach(), 1, rtol=1e-5)


def test_the_rate_falls_from_400_to_397_thousandths_in_30_epochs():
    rate = partial(learning_rate, ContrastiveSCConfig())
    assert rate(0) == 0.4
    assert rate(29) == pytest.approx(0.397, abs=5e-4)
    assert rate(250) == pytest.approx((0.4 + 0.0004) / 2)
    assert rate(500) == pytest.approx(0.0004)


def test_a_cell_too_many_is_no_minibatch_of_its_own(tiny, fit):
    n_cells = len(tiny.prepared.cell_index)
    (result,) = fit("contrastive_sc", tiny, epochs=2, batch_size=n_cells - 1)
    assert result.status == "ok"
    assert len(result.history["fit.contrast"]) == 2


def test_clusters_are_found(cells, fit):
    # two minibatches an epoch: more epochs, and a rate at which so few steps get somewhere
    (result,) = fit("contrastive_sc", cells, epochs=150, learning_rate=0.01)
    assert not result.diagnostics["final"]["collapsed"]
    assert result.stages["final"].shape == (len(cells.truth), 60)
    assert cells.kmeans_ari(result.stages["final"]) >= 0.7


@pytest.mark.parametrize("choice", [{"dropout": 1.0}, {"temperature": 0.0}, {"hidden": ()}])
def test_choices_without_a_meaning_are_refused(choice):
    (key,) = choice
    with pytest.raises(UsageError, match=key):
        ContrastiveSCConfig(**choice)
