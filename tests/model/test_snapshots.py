"""What is kept of models on their way: it leads to the end and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from scinfovae.model import FineTuneConfig, ModelConfig, PretrainConfig
from scinfovae.model.cells import TrainingData
from scinfovae.model.training import train

SMALL = ModelConfig(
    latent_dim=3,
    hidden=(16, 8),
    batch_size=32,
    pretrain=PretrainConfig(epochs=10, warmup_epochs=0),
    fine_tune=FineTuneConfig(epochs=10),
)


def fit(config=SMALL, seeds=(0,), **more):
    counts = np.random.default_rng(0).poisson(2.0, (64, 20)).astype(float)
    factors = counts.sum(1) / np.median(counts.sum(1))
    data = TrainingData.from_arrays(np.log1p(counts) - 1, counts, factors)
    return train(data, config, seeds, lambda embedding, seed: embedding[:2].clone(), **more)


def test_snapshots_lead_to_the_embedding_and_change_nothing(monkeypatch):
    config = replace(SMALL, weight_average=0.9)
    trained = fit(config, seeds=(3, 4), keep_snapshots="models")
    unseen = fit(config, seeds=(3, 4))
    monkeypatch.setattr("scinfovae.model.snapshots.MOST_CELLS", 0)
    (too_many,) = fit(config, seeds=(3,), keep_snapshots="models")
    assert too_many.snapshots == {}
    for result, other in zip(trained, unseen, strict=True):
        assert list(result.snapshots["pretrain"]) == list(range(1, 11))
        assert other.snapshots == {}
        last = {"pretrained": ("pretrain", 10), "final": ("fine_tune", 10)}
        for stage, (name, epoch) in last.items():
            assert torch.equal(result.snapshots[name][epoch].mean, result.stages[stage].mean)
            assert torch.equal(other.stages[stage].mean, result.stages[stage].mean)
        end = result.snapshots["fine_tune"][10].state
        assert end.keys() == result.state.keys() >= {"centres"}
        assert all(torch.equal(end[name], result.state[name]) for name in end)
        assert "centres" not in result.snapshots["pretrain"][10].state


def test_snapshots_are_few_and_include_the_last_epoch():
    config = replace(SMALL, pretrain=PretrainConfig(epochs=45, warmup_epochs=0))
    (result,) = fit(config, keep_snapshots="embeddings")
    assert list(result.snapshots["pretrain"]) == [*range(3, 46, 3)]
    assert result.snapshots["pretrain"][45].state == {}
