"""Score finished runs again from what is stored: nothing is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.identity import canonical
from scinfovae.bench.planning.plan import build_recipe
from scinfovae.bench.records.store import RecordStore
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.rescore_record import Rescoring, ScoreRequest
from scinfovae.errors import DataError, ScInfoVAEError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.running.changes import Change
    from scinfovae.bench.running.listener import RunLog


@dataclass(frozen=True)
class Rescored:
    """What became of one run.

    Attributes
    ----------
    dataset, method, identity, seed
        Its name.
    changes
        Every number that is new or another.
    relabelled
        For each column of labels that was computed anew how many cells changed cluster; a change
        of names alone counts.
    problem
        Why it could not be scored; the record is as it was, a failing clusterer aside.
    without_data
        Why metrics in the common space could not be computed.
    """

    dataset: str
    method: str
    identity: str
    seed: int
    changes: tuple[Change, ...] = ()
    relabelled: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    without_data: str = ""


def rescore(
    runs: pd.DataFrame, root: Path, request: ScoreRequest, log: RunLog
) -> Iterator[Rescored]:
    """Score runs again, those on the same data one after the other.

    Parameters
    ----------
    runs
        Rows of the frame of runs.
    root
        The results folder they were read from.
    request
        What is to be done.
    log
        Hears progress.

    Yields
    ------
    What became of each run that has something to score; others are passed over. A record in which
    nothing changes is not written.
    """
    store, spaces = RecordStore(root), _CommonSpaces(request.recipe, log)
    rows = runs.to_dict("records")
    for row in sorted(rows, key=lambda row: _data_of(json.loads(row["config"]))):
        name = (row["dataset"], row["method"], row["identity"], int(row["seed"]))
        record = store.record(*name)
        if not record.is_trained() or "clusterings" not in record.metrics():
            continue
        try:
            with record.lock(log.message):
                config = json.loads(row["config"])
                done = Rescoring(record, name[3], config, request, spaces.of).do()
        except ScInfoVAEError as error:
            done = {"problem": str(error)}
        yield Rescored(*name, **done)


def _data_of(config: Mapping[str, Any]) -> str:
    return canonical([config.get(key) for key in ("dataset", "preprocessing", "input")])


@dataclass
class _CommonSpaces:
    """Gives the common space of a record's cells, loading each dataset once."""

    recipe: Recipe
    log: RunLog
    cache: DataCache = field(default_factory=DataCache)
    refused: dict[str, str] = field(default_factory=dict)

    def of(
        self, config: Mapping[str, Any], content_hash: str, rows: list[int]
    ) -> tuple[np.ndarray | None, str]:
        """Give the space, or why there is none."""
        name = _data_of(config)
        if name in self.refused:
            return None, self.refused[name]
        if "dataset" not in config:
            return None, "the record has no configuration; redo the run with --force."
        parts = {key: config[key] for key in ("dataset", "preprocessing", "input") if key in config}
        try:
            # of the method nothing matters here: the one of the record may be unknown by now
            data = self.cache.prepared(
                build_recipe({**self.recipe.resolved, "input": "common", **parts}), self.log
            )
        except (DataError, UsageError) as error:
            self.refused[name] = str(error)
            return None, str(error)
        if content_hash != data.dataset.content_hash:
            return None, "the dataset is another one by now; redo the run."
        if rows != data.prepared.cell_index.tolist():
            return None, "the dataset has other cells now after preprocessing."
        return data.common, ""
