"""Hand-made runs: a line a run, made into the frames that the checks read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.records.frame import frame_of, scores_frame
from scinfovae.bench.records.rows import empty_row
from scinfovae.data.registry import load_registry
from scinfovae.reproduce import averages, controls, scores, seconds
from scinfovae.reproduce.evidence import Evidence, gather

if TYPE_CHECKING:
    from pathlib import Path

FIVE = ("worm_neuron", "mouse_es", "adam", "muraro", "romanov")
OTHERS = ("pca", "nmf", "tsne")


def _hash(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Runs:
    """A results folder in the making."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        dataset: str,
        method: str,
        ari: float | Sequence[float] | Mapping[str, Any] = 0.5,
        *,
        seeds: Sequence[int] = (0, 1, 2),
        seconds: float = 10.0,
        memory: Mapping[str, int] | None = None,
        structure: Mapping[str, Any] | None = None,
        diagnostics: Mapping[str, Any] | None = None,
        pretrained: float = 0.123,
        label_key: str | None = None,
        clusterers: Sequence[str] = ("kmeans", "spectral", "rsc"),
        **columns: Any,
    ) -> None:
        """Add the runs of one cell.

        `ari` is one value, one a seed, or either by clusterer, at the final stage; `pretrained` is
        that before fine-tuning, of all. `diagnostics` are those before
        fine-tuning, after which all are the same. NMI and
        silhouette equal ARI, CH is a hundred times it.
        """
        variant, data_variant = columns.get("variant", ""), columns.get("data_variant", "")
        spec = load_registry().get(dataset)
        if label_key is None:
            label_key = "Y" if spec is None else spec.label_key
        by_clusterer = ari if isinstance(ari, Mapping) else dict.fromkeys(clusterers, ari)
        for place, seed in enumerate(seeds):
            row = empty_row(dataset, method, _hash(dataset, method, variant, data_variant), seed)
            entries = [
                _entry(key, value if isinstance(value, float) else value[place], label_key)
                for key, value in by_clusterer.items()
            ]
            entries += [
                {**_entry(key, pretrained, label_key), "stage": "pretrained"}
                for key in by_clusterer
            ]
            for entry in entries:
                if memory is not None:
                    entry["peak_memory_bytes"] = memory[entry["key"]]
            row |= {
                "status": "ok",
                "setting": _hash(method, variant)[:8],
                "preset": "paper",
                "n_clusters": float("nan") if spec is None else float(spec.n_classes),
                "stack_width": 1.0,
                "threads": 1.0,
                "device": "cpu",
                "seconds_preprocess": 7.0,
                "seconds_fit": seconds - 0.5,
                "started": "2026-01-01T00:00:00+00:00",
                **columns,
            }
            metrics = {
                "clusterings": entries,
                "structure": structure or {},
                "diagnostics": {
                    "pretrained": dict(diagnostics or {}),
                    "final": {"active_units": 10, "mutual_information": 8.0, "mmd": 0.0},
                },
            }
            row["metrics"] = json.dumps(metrics) if row["status"] == "ok" else "{}"
            self.rows.append(row)

    def frame(self):
        return frame_of(self.rows)

    def evidence(self) -> Evidence:
        runs = self.frame()
        return gather(runs, scores_frame(runs))


def _entry(clusterer: str, value: float, label_key: str) -> dict[str, Any]:
    internal = {"silhouette": value, "calinski_harabasz": 100 * value}
    return {
        "stage": "final",
        "clusterer": clusterer,
        "key": clusterer,
        "seconds": 0.5,
        "clusters_found": 5,
        "external": {label_key: {"ari": value, "nmi": value}},
        "internal": internal,
    }


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def three_others(monkeypatch) -> tuple[str, ...]:
    """Let three methods be all there are beside ScInfoVAE."""
    for module in (scores, averages, seconds, controls):
        monkeypatch.setattr(module, "other_methods", lambda _: list(OTHERS))
    return OTHERS


@pytest.fixture
def one_other(monkeypatch) -> str:
    """Let PCA be the only method beside ScInfoVAE."""
    for module in (scores, averages, seconds, controls):
        monkeypatch.setattr(module, "other_methods", lambda _: ["pca"])
    return "pca"


@pytest.fixture
def few_predictions(shared_data: Path, tmp_path: Path) -> Path:
    """Copy three published clusterings of one dataset; gives the archive."""
    file = shared_data / "published" / "graph_sc_predictions.npz"
    index = pd.read_csv(file.with_name("graph_sc_predictions_index.csv"))
    usable = (index["dataset"] == "worm_neuron_cell") & (index["n_cells"] == 4186)
    few = index[usable & ~index["method"].str.contains("gae_optimal")].head(3)
    keys = [f"{row.method}|{row.dataset}|{row.run}" for row in few.itertuples()]
    with np.load(file, allow_pickle=False) as archive:
        np.savez_compressed(tmp_path / "few.npz", **{key: archive[key] for key in keys})
    few.to_csv(tmp_path / "few_index.csv", index=False)
    return tmp_path / "few.npz"
