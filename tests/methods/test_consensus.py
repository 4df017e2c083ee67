"""The consensus of small models: its pieces by hand, its seeds, and that it finds clusters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from scinfovae.clustering import cluster
from scinfovae.clustering.voting import cluster_vote
from scinfovae.errors import NoCountsError, UsageError
from scinfovae.fitted import FittedModel, train_models
from scinfovae.methods._consensus import _moment, member_partitions
from scinfovae.methods._consensus_members import KINDS
from scinfovae.methods._consensus_space import balanced_directions
from scinfovae.methods.scinfovae_consensus import ConsensusConfig, MemberConfig
from scinfovae.model.snapshots import Snapshot
from scinfovae.model.training import TrainedSeed


def test_directions_are_seen_from_the_mean_of_the_centres():
    # a large cluster around (0, 0), a small one around (10, 0): their centres' mean is (5, 0)
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 0.1, (90, 2)), [[10.0, 0.0]] * 10])
    found = balanced_directions(points, 2, seed=0)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    assert (found[:90, 0] < -0.99).all()
    assert (found[90:, 0] > 0.99).all()


def test_steps_are_the_same_whatever_the_number_of_cells():
    config = ConsensusConfig(held_out_fraction=0.0)
    kind = MemberConfig(100, 50, 1.0, 1.0, 0.0)
    assert config.model(kind, 2560).pretrain.epochs == 10
    assert config.model(kind, 2560).fine_tune.epochs == 5
    assert config.model(kind, 2560).pretrain.warmup_epochs == 2
    assert config.model(kind, 256).pretrain.epochs == 100
    assert config.model(kind, 257).pretrain.epochs == 50


SHORT = ConsensusConfig().model(MemberConfig(5, 0, 1.0, 1.0, 0.0), 60)
NO_CENTRES = np.zeros((0, 10), np.float32)


def test_expected_counts_are_those_of_the_network_at_mean_size(tiny):
    (trained,) = train_models(tiny.prepared, SHORT, 3, [0], "cpu")
    model = FittedModel(SHORT, tiny.prepared.reference, trained.state, NO_CENTRES)
    latent = trained.stages["final"].mean
    w = {name: value[0] if value.ndim == 3 else value for name, value in trained.state.items()}
    hidden = torch.relu(latent @ w["decoder.0.weight"] + w["decoder.0.bias"])
    heads = hidden @ w["heads.weight"] + w["heads.bias"]
    n_genes = len(tiny.prepared.gene_names)
    expected = torch.exp(heads[:, :n_genes].clamp(max=12))
    np.testing.assert_allclose(model.expected_counts(latent.numpy()), expected, rtol=1e-4)


def test_expected_counts_of_a_likelihood_without_counts(tiny):
    config = replace(SHORT, likelihood="mse")
    (trained,) = train_models(tiny.prepared, config, 3, [0], "cpu")
    model = FittedModel(config, tiny.prepared.reference, trained.state, NO_CENTRES)
    with pytest.raises(NoCountsError):
        model.expected_counts(trained.stages["final"].mean.numpy())


def test_every_space_is_clustered_twice_with_a_seed_of_its_own():
    rng = np.random.default_rng(0)
    config = ConsensusConfig(members=2)
    spaces = {kind: [rng.normal(size=(40, 3)) for _ in range(2)] for kind in KINDS}
    found = member_partitions(spaces, 3, seed=5, config=config)
    expected = []
    for kind, first in (("decoded", 20), ("self_trained", 22)):  # 2 x 5 x 2 models are of others
        near = enumerate(spaces[kind])
        expected += [cluster("kmeans", one, 3, first + k, {"n_init": 5}).labels for k, one in near]
        expected += [
            AgglomerativeClustering(3, linkage="ward").fit_predict(one) for one in spaces[kind]
        ]
    assert [adjusted_rand_score(*pair) for pair in zip(found, expected, strict=True)] == [1.0] * 8


def test_runs_with_different_seeds_share_no_model(tiny, fit, monkeypatch):
    from scinfovae.methods import _consensus_members

    trained = []
    original = _consensus_members.train_models

    def recorded(prepared, config, n_clusters, seeds, *others, **named):
        trained.extend(seeds)
        return original(prepared, config, n_clusters, seeds, *others, **named)

    monkeypatch.setattr(_consensus_members, "train_models", recorded)
    (first, _) = fit("scinfovae_consensus", tiny, "preset=quick", seeds=(0, 3))
    assert trained == [0, 1, 2, 3, 12, 13, 14, 15]
    assert len(first.members) == 8  # two partitions of each model
    assert set(first.stages) == {"final"}


def test_it_is_looked_at_on_the_way_and_at_last_where_it_ends(tiny, fit, monkeypatch):
    (whole,) = fit("scinfovae_consensus", tiny, "preset=quick")
    looks = whole.snapshots["members"]
    assert list(looks) == list(range(10, 101, 10))
    np.testing.assert_array_equal(looks[100], whole.stages["final"])
    assert np.abs(looks[10] - looks[100]).max() > 0.01
    monkeypatch.setattr("scinfovae.model.snapshots.MOST_CELLS", 0)
    (unseen,) = fit("scinfovae_consensus", tiny, "preset=quick")
    monkeypatch.setattr("scinfovae.model.snapshots.MOST_CELLS", 50_000)
    monkeypatch.setattr("scinfovae.model.snapshots.MOST_WEIGHTS", 10)
    (wide,) = fit("scinfovae_consensus", tiny, "preset=quick")
    assert wide.snapshots == {}
    assert unseen.snapshots == {}
    np.testing.assert_array_equal(unseen.stages["final"], whole.stages["final"])


def test_a_moment_counts_the_epochs_of_all_stages():
    shots = {
        "pretrain": {epoch: Snapshot(torch.full((1, 1), epoch)) for epoch in (2, 4, 6)},
        "fine_tune": {epoch: Snapshot(torch.full((1, 1), 10 * epoch)) for epoch in (2, 4)},
    }
    member = TrainedSeed(7, snapshots=shots)
    # of 10 epochs: the first is of epoch 2, fine-tuning starts after 6
    found = [_moment(member, percent).latent.item() for percent in (10, 20, 50, 70, 80, 100)]
    assert found == [2, 2, 4, 6, 20, 40]


def test_it_finds_the_clusters_of_simulated_cells(cells, fit):
    short = [
        "method.decoded.pretrain_steps=300",
        "method.self_trained.pretrain_steps=300",
        "method.self_trained.fine_tune_steps=100",
    ]
    (result,) = fit("scinfovae_consensus", cells, *short, seeds=(0,), members=2)
    assert cells.ari(result.own_labels) >= 0.7
    assert cells.kmeans_ari(result.stages["final"]) >= 0.7
    assert result.diagnostics["final"]["agreement"] > 0.8
    vote = cluster_vote(np.stack(result.members), cells.n_clusters).labels
    np.testing.assert_array_equal(vote, result.own_labels)


@pytest.mark.parametrize(("kind", "n_trained"), [("decoded", 2), ("self_trained", 4)])
def test_a_model_that_leaves_the_finite_numbers_is_told_with_its_curves(
    tiny, fit, monkeypatch, kind, n_trained
):
    from scinfovae.methods import _consensus_members

    trained = []
    original = _consensus_members.train_models

    def broken(prepared, config, n_clusters, seeds, *others, **named):
        (model,) = original(prepared, config, n_clusters, seeds, *others, **named)
        trained.append(model)
        if len(trained) == n_trained:
            model.message = "not finite"
        return [model]

    monkeypatch.setattr(_consensus_members, "train_models", broken)
    (result,) = fit("scinfovae_consensus", tiny, "preset=quick", seeds=(0,))
    assert len(trained) == n_trained
    assert (result.status, result.message) == ("nan", f"member {n_trained - 1}: not finite")
    assert f"{kind}_pretrain.reconstruction" in result.history
    assert result.own_labels is None


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("members", {"members": 0}),
        ("batch_size", {"batch_size": 0}),
        ("likelihood", {"likelihood": "poisson"}),
        ("decoded: pretrain_steps", {"decoded": MemberConfig(0, 0, 1.0, 1.0, 0.0)}),
        ("self_trained: fine_tune_steps", {"self_trained": MemberConfig(1, -1, 1.0, 1.0, 0.0)}),
        ("self_trained: input_noise", {"self_trained": MemberConfig(1, 1, -1.0, 1.0, 0.0)}),
    ],
)
def test_values_without_a_meaning_are_refused(key, bad):
    with pytest.raises(UsageError, match=key):
        ConsensusConfig(**bad)
