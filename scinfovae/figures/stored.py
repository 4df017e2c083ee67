"""A finished run with its files, as figures read it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from scinfovae.bench.records.record import Record


@dataclass(frozen=True)
class Stored:
    """A finished run with its files.

    Attributes
    ----------
    row
        Its row of the frame of runs, with ``data`` and ``base``.
    record
        Its files.
    """

    row: Mapping[str, Any]
    record: Record

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(self.row["seed"])

    @functools.cached_property
    def labels(self) -> pd.DataFrame:
        """One row a cell."""
        return self.record.labels()

    @functools.cached_property
    def embedding(self) -> np.ndarray:
        """Array of shape (n_cells, n_dimensions)."""
        return self.record.embeddings()["final"]

    @functools.cached_property
    def metrics(self) -> dict[str, Any]:
        """Its scores."""
        return self.record.metrics()

    def reference(self) -> np.ndarray | None:
        """Give the first reference labels as texts, or None for unlabelled data."""
        keys = [f"label.{key}" for key in self.metrics.get("label_keys") or ()]
        known = [key for key in keys if key in self.labels]
        return self.labels[known[0]].astype(str).to_numpy() if known else None

    def predicted(self, clusterer: str) -> np.ndarray | None:
        """Give the labels of a clusterer as texts, or None if there are none."""
        column = f"final.{clusterer}"
        return self.labels[column].astype(str).to_numpy() if column in self.labels else None
