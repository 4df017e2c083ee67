"""The tables of the study scripts, against rows written and averaged by hand."""

from __future__ import annotations

import csv
import importlib
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def script(monkeypatch):
    """Import a script by its name, with what lies beside it."""
    monkeypatch.syspath_prepend(SCRIPTS)
    yield importlib.import_module
    for name in ("study", "study_data", "study_schedule", "study_consensus"):
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
    assert cells_of(table, "better")[-2:] == ["0.80", "0"]  # .4 / .5, and none collapsed
    assert cells_of(table, "worse")[1:3] == ["2.00", "0.400"]
    assert "half" not in table

    second = [row(name, data, 0.5, 0.5, "1") for name in ("better", "worse") for data in "ab"]
    one, two = module.table(rows + second + [row("other", "a", 0.1)]).split("Final stage, 2 seeds")
    assert one.strip() == table.strip()
    assert cells_of(two, "worse")[1:3] == ["2.00", "0.450"]  # mean of .4 and .5
    assert cells_of(two, "better")[-2:] == ["0.80", "0"]


def test_the_screen_counts_settings_that_all_sets_have(script, tmp_path):
    module = script("study")
    scores = [f"{c}_{m}" for c in ("kmeans", "spectral") for m in ("ari", "nmi")]
    file = tmp_path / "trajectories.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        columns = ["setting", "dataset", "seed", "n_steps", "step", "weights", "active_units"]
        writer.writerow([*columns, *scores])
        for name in module.SCREEN_SETS:
            for weights in ("last", "mean"):
                writer.writerow(["base", name, 0, 4000, 1000, weights, 8, *[0.8] * 4])
                writer.writerow(["base", name, 0, 4000, 4000, weights, 10, *[0.4] * 4])
        writer.writerow(["small", module.SCREEN_SETS[0], 0, 4000, 4000, "last", 10, *[0.4] * 4])
    table = module.summary(file)
    assert f"1 of {len(module.SETTINGS)} settings" in table
    assert "| base | last | 0.400 | 0.400 | 0.400 | 0.400 | 10.0 | 0.50 |" in table
    assert "| small |" not in table


def test_the_consensus_beside_its_members(script, tmp_path):
    module = script("study_consensus")
    file = tmp_path / "consensus.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, module.COLUMNS)
        writer.writeheader()
        for dataset, level in (("baron_mouse1", 0.5), ("paul15", 0.3)):
            for seed in (0, 1):
                for entry in module.ENTRIES:
                    ari = level + 0.1 * seed if entry == "own" else level
                    row = {"dataset": dataset, "seed": seed, "entry": entry, "ari": ari}
                    writer.writerow(row | {"nmi": 0.5, "collapsed": seed == 1 and ari > 0.5})
    table = module.table(file)
    first = table.split("NMI")[0]
    assert cells_of(first, "own")[1:] == ["0.550", "0.350", "0.450"]
    assert cells_of(first, "PCA-50")[1:] == ["0.500", "0.300", "0.400"]
    # sd .0707 over means .55 and .35
    assert "CV of the ARI of `own` over seeds, mean over sets: 0.165." in table
    assert "collapsed: 1." in table


def test_a_rung_without_settings_is_refused(script, tmp_path, monkeypatch, capsys):
    module = script("study")
    words = ["study.py", str(tmp_path), "--rung", "final", "--work", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*words, "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        module.main()
    assert "FINALISTS names no setting yet" in capsys.readouterr().err
