"""The study of how many models vote, against votes and averages by hand."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandas as pd


def test_ensembles_of_any_size_by_hand(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "scripts")
    module = importlib.import_module("study_ensemble")
    monkeypatch.setattr(module, "SIZES", (1, 3))
    monkeypatch.setattr(module, "DRAWS", 4)
    y = np.repeat([0, 1], 6)
    right, wrong = y.astype(np.int32), np.tile([0, 1], 6).astype(np.int32)
    # two of three models are right: alone one may be wrong, together they outvote it
    pool = {kind: [[right, right], [right, right], [wrong, wrong]] for kind in ("a", "b")}
    frame = pd.DataFrame(module.ensembles(pool, y, 2)).assign(dataset="baron_mouse1")
    assert set(frame.loc[frame["models"] == 3, "ari"]) == {1.0}
    assert frame.loc[frame["models"] == 1, "ari"].min() < 1.0
    frame["ari"] = [0.4, 0.6, 0.4, 0.6, 0.7, 0.9, 0.7, 0.9]
    means, spread = module.table(frame).split("CV,")
    assert "| 1 | 0.500 | 0.500 |" in means
    # sd .1155 over a mean of .5 and .8, by sqrt(1 - 1/20) and sqrt(1 - 3/20)
    assert "| 1 | 0.237 | 0.237 |" in spread
    assert "| 3 | 0.157 | 0.157 |" in spread
