"""Frames of runs built by hand, in the shape the store gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scinfovae.bench.records.columns import empty_row
from scinfovae.bench.records.frame import frame_of
from scinfovae.tables.board import make_boards
from scinfovae.tables.measures import MEASURES
from scinfovae.tables.records import prepare

STATUSES_WITHOUT_FILES = ("missing",)


class Bench:
    """A store that exists only as rows; every run is said in one call."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def run(
        self,
        dataset: str,
        method: str,
        seed: int,
        scores: dict[str, Any] | None = None,
        *,
        status: str = "ok",
        setting: str = "",
        content: str = "",
        label_keys: tuple[str, ...] = ("Y",),
        pretrained: dict[str, Any] | None = None,
        asked: tuple[str, ...] = (),
        members: dict[str, list[float]] | None = None,
        trajectory: dict[str, dict[str, list[float]]] | None = None,
        **columns: Any,
    ) -> None:
        """Add a run. `scores`: by clusterer an ARI, or metrics by name, or those by label key."""
        setting = setting or f"{method}-def"[:8]
        content = content or f"hash of {dataset}"
        identity = columns.pop("identity", f"{content}|{method}|{setting}")
        row = empty_row(dataset, method, identity, seed)
        row |= {"setting": setting, "status": status, "preset": "paper"}
        if status != "missing":
            row |= {"content_hash": content, "n_clusters": 5.0, "device": "cpu", "numerics": "n"}
            row |= {"threads": 1.0, "stack_width": 1.0, "seconds_fit": 2.0, "seconds_load": 0.5}
            row |= {"seconds_preprocess": 0.25, "peak_memory_bytes": 1e9}
            row["config"] = json.dumps({"clusterers": list(asked)})
            row["provenance"] = json.dumps({"seconds": {"load": 0.5, "pretrain": 1.5}})
        if status not in ("missing", "not_applicable") and (scores or pretrained):
            stages = {"final": scores or {}, "pretrained": pretrained or {}}
            row["metrics"] = json.dumps(
                ({} if members is None else {"members": members})
                | ({} if trajectory is None else {"trajectory": trajectory})
                | {
                    "label_keys": list(label_keys),
                    "clusterings": [
                        _clustering(stage, key, found, label_keys)
                        for stage, by_key in stages.items()
                        for key, found in by_key.items()
                    ],
                }
            )
        self.rows.append({**row, **columns})

    def records(self, selection=None):
        return prepare(frame_of(self.rows), selection)

    def boards(self, measures=tuple(MEASURES), allow_partial=False):
        return make_boards(self.records(), measures, allow_partial)

    def board(self, *measures, allow_partial=False):
        return self.boards(measures or ("ari",), allow_partial)["final"]


def _clustering(stage, key, found, label_keys):
    found = dict(found) if isinstance(found, dict) else {"ari": found}
    clusters = found.pop("clusters", 5)
    internal = {k: v for k, v in found.items() if k in MEASURES and MEASURES[k].space != "labels"}
    external = {k: v for k, v in found.items() if k not in internal}
    if external and not any(isinstance(value, dict) for value in external.values()):
        external = dict.fromkeys(label_keys, external)
    return {
        "stage": stage,
        "key": key,
        "external": external,
        "internal": internal,
        "seconds": 0.25,
        "clusters_found": clusters,
    }


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def row_of():
    """Find the texts of a line by its first cells."""

    def find(table, *heads):
        for one in table.lines:
            texts = [cell.text for cell in one.cells]
            if tuple(texts[: len(heads)]) == heads:
                return dict(zip(table.columns, texts, strict=True))
        raise AssertionError(f"no line {heads} in {[one.cells[0].text for one in table.lines]}")

    return find
