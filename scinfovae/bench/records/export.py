"""The export of a store: one compact file with every run, fit to be committed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.bench.records.atomic import atomic_path
from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.imported import EXPORT, uncounted
from scinfovae.bench.records.scrub import scrub, scrub_text
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Exported:
    """What was exported: where to, how many runs by status, and how many bytes."""

    path: Path
    counts: dict[str, int]
    n_bytes: int


def export_runs(root: Path, path: Path | None = None) -> Exported:
    """Write configuration, provenance and scores of every run to one file.

    Parameters
    ----------
    root
        The results folder.
    path
        Where to; ``records.parquet`` in the results folder by default.

    Returns
    -------
    What was written. Embeddings, labels and models are not in it, nor any absolute path.

    Raises
    ------
    DataError
        If there is no run to export, or the file that is there holds finished runs that would be
        lost.
    StorageError
        If it cannot be written; then an older export is as it was.
    """
    runs = runs_frame(root)
    if runs.empty:
        raise DataError(f"there is no run in '{root}' to export; give another results.dir=DIR.")
    target = root / EXPORT if path is None else path
    if lost := uncounted(target, runs):
        raise DataError(
            f"'{target}' holds {lost} finished runs that '{root}' does not, and they would be "
            f"lost; take them in with 'scinfovae-bench store import {target} results.dir={root}', "
            "or write another file with --out=FILE."
        )
    for column in ("config", "provenance", "metrics"):
        runs[column] = [
            json.dumps(scrub(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
            for text in runs[column]
        ]
    for column in ("message", "data_variant", "variant"):
        runs[column] = runs[column].map(scrub_text)
    with atomic_path(target, "--out=FILE") as temporary, temporary.open("wb") as stream:
        runs.to_parquet(stream, index=False, compression="zstd", compression_level=12)
    counts = {str(status): int(n) for status, n in runs["status"].value_counts().items()}
    return Exported(target, counts, target.stat().st_size)
