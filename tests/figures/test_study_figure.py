"""The picture of the study's trajectories."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def study(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    before = set(sys.modules)
    yield importlib.import_module("study_figure")
    for name in {name for name in sys.modules if name.startswith("study")} - before:
        del sys.modules[name]


def test_active_units_have_whole_ticks_and_a_setting_one_colour(study):
    names = list(study.SETTINGS)[:3]
    rows = [
        {"dataset": data, "setting": name, "weights": weights, "step": step, "seed": 0}
        | dict.fromkeys(study.MEASURES, 1.0 + step / 9000)
        for data in ("a", "b")
        for name in names
        for weights in ("mean", "last")
        for step in (1000, 2000)
    ]
    figure = study.draw(pd.DataFrame(rows), names, ["a", "b"], study.MEASURES)
    figure.canvas.draw()
    panels = figure.axes
    units = [
        a for i, a in enumerate(panels) if i // 2 == list(study.MEASURES).index("active_units")
    ]
    assert len(units) == 2
    for axes in units:
        ticks = axes.get_yticks()
        assert len(ticks) > 1
        assert all(tick == int(tick) for tick in ticks)
    for axes in panels:
        lines = axes.get_lines()
        assert {line.get_color() for line in lines} <= {
            "black" if name == study.BASE else study.COLOURS[i] for i, name in enumerate(names)
        }
    study.pyplot.close(figure)
