"""The tables of the study scripts, against rows written and averaged by hand."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from scinfovae.methods.scinfovae_consensus import ConsensusConfig
from scinfovae.model import ModelConfig
from scinfovae.model.cells import TrainingData

OTHERS = ("study_schedule", "study_consensus", "study_figure")
SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def script(monkeypatch):
    """Import a script by its name, with what lies beside it."""
    monkeypatch.syspath_prepend(SCRIPTS)
    yield importlib.import_module
    for name in ("study", "study_data", "study_settings", "study_tables", *OTHERS):
        sys.modules.pop(name, None)


def cells_of(table, name):
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_settings_of_the_schedule_are_ranked_where_they_are_complete(script):
    module = script("study_schedule")

    def row(setting, dataset, ari, peak="", seed="0"):
        scores = dict.fromkeys(module.SCORES, str(ari))
        told = {"stage": "final", "peak": peak, "collapsed": "False", "seed": seed}
        return {"setting": setting, "dataset": dataset} | scores | told

    rows = [
        row("better", "a", 0.8, 0.8),
        row("better", "b", 0.4, 0.5),
        row("worse", "a", 0.6, 0.6),
        row("worse", "b", 0.2, 0.2),
        row("half", "a", 0.9, 0.9),
    ]
    table = module.table(rows)
    assert cells_of(table, "better")[1:3] == ["1.00", "0.600"]
    assert cells_of(table, "better")[-3:] == ["0.80", "0.80", "0"]  # .4 / .5, and none collapsed
    assert cells_of(table, "worse")[1:3] == ["2.00", "0.400"]
    assert "half" not in table

    second = [row(name, data, 0.5, 0.5, "1") for name in ("better", "worse") for data in "ab"]
    one, two = module.table(rows + second + [row("other", "a", 0.1)]).split("Final stage, 2 seeds")
    assert one.strip() == table.strip()
    assert cells_of(two, "worse")[1:3] == ["2.00", "0.450"]  # mean of .4 and .5
    assert cells_of(two, "better")[-3:] == ["0.90", "0.80", "0"]  # set b: .4 / .5 and .5 / .5


def looks(setting, dataset, seed, weights, way, end):
    """Two looks at a trajectory: halfway and at the end, with one score for all four."""
    common = {"setting": setting, "dataset": dataset, "seed": str(seed), "weights": weights}
    common |= {"active_units": "10", "held_out": "7", "collapsed": "False", "agreement": "0.7"}
    scores = ("kmeans_ari", "kmeans_nmi", "spectral_ari", "spectral_nmi")
    return [
        common | {"step": "7000"} | dict.fromkeys(scores, str(way)),
        common | {"step": "14000"} | dict.fromkeys(scores, str(end)),
    ]


def test_settings_of_the_study_are_ranked_by_their_ends(script):
    module = script("study_tables")
    rows = []
    for dataset, base, noisy in (("a", 0.4, 0.5), ("b", 0.6, 0.2)):
        rows += looks("base", dataset, 0, "mean", 0.8, base)
        rows += looks("base", dataset, 0, "last", 0.8, base - 0.3)
        rows += looks("no noise", dataset, 0, "mean", 0.5, noisy)
        rows += looks("no noise", dataset, 0, "last", 0.5, noisy - 0.2)
    rows += looks("VAE", "a", 0, "mean", 0.9, 0.9)  # one set only
    table = module.summary(
        rows, {"screen": (["a", "b"], [0]), "final": (["a", "b", "c"], [0, 1])}, 14_000
    )
    assert "\n2 of " in table
    assert "\n0 of 21 settings are complete on a, b, c, 2 seeds" in table
    # base with mean weights is second on a and first on b, with the last weights fourth and second
    assert [line.split(" | ")[:3] for line in table.splitlines() if "| base" in line] == [
        ["| base", "mean", "1.50"],
        ["| base", "last", "3.00"],
    ]
    assert cells_of(table, "no noise | mean")[2:] == [
        "2.00", "0.350", "0.350", "0.350", "0.350", "10.0", "0", "0.70", "0.40",
    ]  # fmt: skip
    assert "VAE" not in table


def test_a_setting_that_failed_once_has_no_rank(script):
    module = script("study_tables")
    (failed, _) = looks("no noise", "a", 0, "failed", 0.8, 0.9)
    rows = [
        *looks("base", "a", 0, "mean", 0.8, 0.4),
        *looks("no noise", "a", 0, "mean", 0.8, 0.9)[:1],
        # as it stands in the file: where it failed, and nothing else
        dict.fromkeys(failed, "")
        | {"setting": "no noise", "dataset": "a", "seed": "0"}
        | {"step": "9000", "weights": "failed"},
    ]
    table = module.summary(rows, {"screen": (["a"], [0])}, 14_000)
    assert "\n2 of " in table
    assert cells_of(table, "base | mean")[2] == "1.00"
    assert "| no noise" not in table
    assert "Left the finite numbers at least once: no noise." in table


def test_the_best_go_on_and_the_preset_among_them(script):
    module = script("study_tables")
    settings = script("study_settings").SETTINGS
    names = ["lambda 1", "cosine", "AMSGrad", "VAE", "batch 128", "decay 0.1", "noise 10"]
    rows = looks("base", "a", 0, "mean", 0.1, 0.1)
    for place, name in enumerate(names):
        rows += looks(name, "a", 0, "mean", 0.5, 0.9 - place / 100)
        rows += looks(name, "a", 0, "last", 0.5, 0.95 - place / 100)
    rows += looks("small", "a", 0, "mean", 0.99, 0.99)  # for context only
    assert module.finalists(rows, ["a"], [0], 14_000) == [*names[:5], "base"]
    assert set(names) <= set(settings)


def test_agreement_is_the_mean_ari_of_two_seeds(script):
    module = script("study_tables")
    clusters = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]])
    # 1 for the first two, -1/2 for each with the third: one pair of six within and expected 2/3
    assert module.agreement(clusters) == 0.0
    assert module.agreement(clusters[:2]) == 1.0
    assert module.agreement(clusters[:1]) is None


def test_a_trajectory_is_looked_at_on_its_way(script, monkeypatch):
    from scinfovae.data.preprocessing import PreprocessingConfig, preprocess
    from scinfovae.data.simulate import SimulationConfig, simulate_counts

    module = script("study")
    adata = simulate_counts(SimulationConfig(n_cells=120, n_genes=300, n_clusters=3))
    prepared = preprocess(adata, PreprocessingConfig(n_hvg=100))
    labels = adata.obs["cluster"].to_numpy()[prepared.cell_index]
    monkeypatch.setattr(module, "prepared_set", lambda *_: (prepared, labels))
    monkeypatch.setattr(module, "N_STEPS", 12)
    monkeypatch.setattr(module, "LOOKS", (4, 12))
    rows = module.trajectories(("base", "simulated_even", (0, 1, 2)), "", "cpu")
    looks = [(4, "last"), (4, "mean"), (12, "last"), (12, "mean")]
    assert [(row["seed"], row["step"], row["weights"]) for row in rows] == [
        (seed, *at) for seed in range(3) for at in looks
    ]
    assert set(rows[0]) == set(module.COLUMNS)
    assert all(len({row["agreement"] for row in rows[k::4]}) == 1 for k in range(4))
    data = TrainingData.from_arrays(prepared.scaled, prepared.counts, prepared.size_factors)
    found = {}
    together = module.train_stack(data, ModelConfig(), "constant", [0, 1, 2], labels, found)
    ends = [row for row in together if row["step"] == 12 and row["weights"] == "mean"]
    assert [row["kmeans_ari"] for row in ends] == pytest.approx(
        [adjusted_rand_score(labels, clusters) for clusters in found[12, "mean"]], abs=1e-5
    )
    # a seed of a stack is trained as it is alone
    assert [row["held_out"] for row in ends] == pytest.approx(
        [row["held_out"] for row in rows[3::4]], rel=1e-4
    )


def test_a_seed_that_leaves_the_finite_numbers_is_told(script, monkeypatch):
    from scinfovae.model.stack import Stack

    module = script("study")
    data = TrainingData.from_arrays(
        np.random.default_rng(0).normal(size=(60, 5)), np.ones((60, 5)), np.ones(60)
    )
    monkeypatch.setattr(module, "N_STEPS", 4)
    monkeypatch.setattr(module, "LOOKS", (2, 4))
    original = Stack.run_epoch

    def spoil(self, weights, target=None):
        original(self, weights, target)
        if len(self.history) == 3:
            self.failures[1] = "the loss became nan"

    monkeypatch.setattr(Stack, "run_epoch", spoil)
    labels, found = np.arange(60) % 2, {}
    rows = module.train_stack(data, ModelConfig(), "constant", [0, 1], labels, found)
    told = [(row["seed"], row["step"]) for row in rows if row["weights"] != "last"]
    assert told == [(0, 2), (1, 2), (1, 3), (0, 4)]
    assert [len(clusters) for clusters in found.values()] == [2, 2, 1, 1]


def test_groups_and_finalists_are_drawn_with_what_is_complete(script, tmp_path):
    module = script("study_figure")
    sets = list(script("study_data").SETS)
    rows = []
    for name in ("base", "no noise"):
        for dataset in sets:
            for seed in range(3):
                for weights in ("mean", "last"):
                    rows += looks(name, dataset, seed, weights, 0.5, 0.4 + seed / 10)
    pd.DataFrame(rows).to_csv(tmp_path / "trajectories.csv", index=False)
    drawn = module.figures(tmp_path)
    assert set(drawn) == {"noise", "final"}
    panels = np.reshape(drawn["final"].axes, (5, len(sets)))
    assert [panel.get_title() for panel in panels[0]] == sets
    first, *_ = panels[0, 0].lines  # of the preset: the mean over seeds, and their range around it
    assert first.get_ydata().tolist() == pytest.approx([0.5, 0.5])
    band = panels[0, 0].collections[0].get_datalim(panels[0, 0].transData)
    assert (band.y0, band.y1) == pytest.approx((0.4, 0.6))
    agreement, *_ = panels[4, 0].lines
    assert agreement.get_ydata().tolist() == pytest.approx([0.7, 0.7])


def test_every_setting_can_be_trained(script):
    settings = script("study_settings").SETTINGS
    outside = {"schedule", "hvg_flavor"}
    for changes in settings.values():
        inside = {key: value for key, value in changes.items() if key not in outside}
        changed = ModelConfig(**inside)
        assert (changed != ModelConfig()) == bool(inside)


def test_rules_of_the_consensus_by_hand(script):
    module = script("study_consensus")
    rows = [
        {"dataset": dataset, "seed": seed, "entry": entry, "ari": level, "nmi": 0.5}
        for dataset in ("baron_mouse1", "paul15")
        for seed in (0, 1)
        for entry, level in dict.fromkeys(module.ENTRIES, 0.2).items()
    ]
    frame = pd.DataFrame(rows)
    chosen = frame["entry"] == module.CHOSEN
    frame.loc[chosen, "ari"] = [0.5, 0.6, 0.3, 0.4]
    frame.loc[frame["entry"] == "best member", "ari"] = 0.9
    first = module.table(frame).split("NMI |")[0]
    # sd .0707 over means .55 and .35; first of 12 by ARI, and 6.5 where all are level
    expected = ["0.550", "0.350", "0.450", "0.165", "3.75"]
    assert cells_of(first, module.CHOSEN)[1:] == expected
    assert cells_of(first, "best member")[1:] == ["0.900", "0.900", "0.900", "0.000", ""]
    assert "Means over 2 seeds" in first


def test_a_rule_votes_over_what_the_models_see(script, tmp_path):
    from sklearn.datasets import make_blobs

    module = script("study_consensus")
    points, y = make_blobs(120, 3, centers=3, random_state=0)
    stored = {f"{kind} {i}": points for kind in ("decoded", "self_trained") for i in range(4)}
    stored |= {f"centres {i}": y for i in range(4)} | {"labels 0": y, "pca 0": points[:, :2]}
    np.savez(module.file_of("any", 1, tmp_path, ConsensusConfig()), **stored)
    rows = module.run("any", 1, "", str(tmp_path))
    assert [row["entry"] for row in rows if row["ari"] == 1.0][: len(module.RULES)] == [
        *module.RULES
    ]
    assert {row["entry"] for row in rows} == set(module.ENTRIES)
    assert set(rows[0]) == set(module.COLUMNS)
    others = [ConsensusConfig(), ConsensusConfig(members=3)]
    assert len({module.file_of("any", 1, tmp_path, one) for one in others}) == 2


def test_the_second_rung_waits_for_the_first(script, tmp_path, monkeypatch):
    module = script("study")
    words = ["study.py", str(tmp_path), "--rung", "final", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    total = len(module.SETTINGS) * len(module.SCREEN_SETS)
    with pytest.raises(SystemExit, match=f"{total} trajectories of the screen are missing"):
        module.main()


def test_a_rung_goes_on_with_the_seeds_that_are_missing(script):
    module = script("study")
    names = ["lambda 1", "cosine", "AMSGrad", "VAE", "batch 128"]
    rows = []
    for name in module.SETTINGS:
        level = 0.9 - names.index(name) / 100 if name in names else 0.1
        for dataset in module.SCREEN_SETS:
            rows += looks(name, dataset, 0, "mean", level, level)
    assert module.missing("screen", rows) == []
    assert module.missing("screen", rows[2:]) == [("base", module.SCREEN_SETS[0], (0,))]
    jobs = module.missing("final", rows)
    assert {name for name, _, _ in jobs} == {"base", *names}
    assert len(jobs) == 6 * 6
    for _, dataset, seeds in jobs:
        assert seeds == ((1, 2) if dataset in module.SCREEN_SETS else (0, 1, 2))
