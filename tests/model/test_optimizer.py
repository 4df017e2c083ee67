"""Learning-rate schedule and averaged weights, against PyTorch's own and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from scinfovae.errors import UsageError
from scinfovae.model import FineTuneConfig, ModelConfig, PretrainConfig
from scinfovae.model.averaging import WeightAverage
from scinfovae.model.cells import TrainingData
from scinfovae.model.optimizer import adam, set_learning_rate
from scinfovae.model.stack import Stack, Weights
from scinfovae.model.training import train

CONFIG = ModelConfig(
    latent_dim=2,
    hidden=(8,),
    batch_size=20,
    held_out_fraction=0.1,
    pretrain=PretrainConfig(epochs=4, warmup_epochs=0),
    fine_tune=FineTuneConfig(epochs=2),
)


def cells():
    rng = np.random.default_rng(0)
    counts = rng.poisson(2.0, (60, 10)).astype(float)
    return TrainingData.from_arrays(counts - 2, counts, np.ones(60))


def two_groups(embedding, seed):
    return embedding[:2].clone()


def test_a_cosine_falls_as_that_of_pytorch():
    weight = torch.nn.Parameter(torch.ones(3))
    schedule = PretrainConfig(epochs=7, schedule="cosine")
    ours = adam([weight], [], CONFIG, schedule.learning_rate, capturable=False)
    theirs = torch.optim.Adam([weight], lr=schedule.learning_rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, T_max=7)
    for epoch in range(7):
        set_learning_rate(ours, schedule, epoch)
        rate = theirs.param_groups[0]["lr"]
        assert ours.param_groups[0]["lr"] == pytest.approx(rate, rel=1e-12)
        theirs.step()
        falling.step()


def test_a_constant_rate_stays():
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = adam([weight], [], CONFIG, 0.01, capturable=False)
    set_learning_rate(optimizer, PretrainConfig(), 5)
    assert optimizer.param_groups[0]["lr"] == 0.01


def test_a_schedule_moves_the_weights_less_at_the_end():
    def moved(schedule):
        pretrain = PretrainConfig(epochs=2, warmup_epochs=0, schedule=schedule)
        stack = Stack(cells(), replace(CONFIG, pretrain=pretrain), [0])
        stack.start_stage("pretrain", pretrain)
        stack.run_epoch(Weights(0, 0))
        before = stack.network.heads.weight.detach().clone()
        stack.run_epoch(Weights(0, 0))
        return (stack.network.heads.weight.detach() - before).abs().mean()

    # Adam's steps are proportional to the rate, in the second of two epochs half the first one
    assert moved("cosine") / moved("constant") == pytest.approx(0.5, abs=0.1)


def test_a_mean_by_hand():
    weight = torch.tensor([1.0])
    mean = WeightAverage([weight], decay=0.5)
    mean.add(3)  # the first values are the mean
    weight.fill_(2.0)
    mean.add(1)  # 0.5 * 1 + 0.5 * 2
    weight.fill_(4.0)
    mean.add(2)  # 0.25 * 1.5 + 0.75 * 4
    with mean.in_place():
        assert weight.item() == 3.375
    assert weight.item() == 4.0
    mean.exchange()
    assert weight.item() == 3.375


def test_a_short_training_forgets_where_it_began():
    weight = torch.tensor([1.0])
    mean = WeightAverage([weight], decay=0.999)
    mean.add(1)
    weight.fill_(2.0)
    mean.add(2)  # 2/5 and 3/6 are left of the first value: 0.2 * 1 + 0.8 * 2
    mean.exchange()
    assert weight.item() == pytest.approx(1.8)


def test_no_decay_keeps_the_last_weights():
    weight = torch.tensor([1.0])
    mean = WeightAverage([weight], decay=0.0)
    mean.add(1)
    weight.fill_(2.0)
    mean.exchange()
    assert weight.item() == 2.0


def test_a_stage_ends_with_the_mean_of_its_weights(monkeypatch):
    seen = []
    original = WeightAverage.add

    def add(self, n_steps):
        seen.append((n_steps, self._weights[0].detach().clone()))
        original(self, n_steps)

    monkeypatch.setattr(WeightAverage, "add", add)
    config = replace(CONFIG, weight_average=0.9, fine_tune=FineTuneConfig(epochs=0))
    (result,) = train(cells(), config, [0], two_groups)
    assert [n for n, _ in seen] == [3] * 4  # 54 cells in batches of 18
    mean = seen[0][1]
    for epoch, (_, weight) in enumerate(seen[1:], 1):
        left = np.prod([min(0.9, t / (t + 3)) for t in range(3 * epoch + 1, 3 * epoch + 4)])
        mean = left * mean + (1 - left) * weight
    torch.testing.assert_close(result.state["encoder.0.weight"], mean[0], rtol=1e-5, atol=1e-7)


def test_an_early_stop_gives_back_the_mean_it_was_judged_by():
    pretrain = PretrainConfig(epochs=60, warmup_epochs=0, patience=2, learning_rate=0.05)
    config = replace(
        CONFIG, weight_average=0.9, pretrain=pretrain, fine_tune=FineTuneConfig(epochs=0)
    )
    (result,) = train(cells(), config, [0], two_groups)
    held_out = [loss for loss in result.history["held_out"] if loss == loss]
    assert len(held_out) < 60
    assert result.diagnostics["final"]["held_out"] == pytest.approx(min(held_out), rel=1e-6)


@pytest.mark.parametrize("bad", [{"weight_average": 1.0}, {"weight_decay": -1.0}])
def test_values_without_a_meaning_are_refused(bad):
    with pytest.raises(UsageError, match=next(iter(bad))):
        replace(CONFIG, **bad)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(UsageError, match=r"pretrain.schedule='linear' is unknown"):
        replace(CONFIG, pretrain=PretrainConfig(schedule="linear"))
