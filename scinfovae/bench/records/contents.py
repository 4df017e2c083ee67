"""What is written of a run, and how it goes into an empty folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import (
    atomic_path,
    write_array,
    write_json,
    write_parquet,
    write_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from scinfovae.bench.records.status import Status
    from scinfovae.methods import MethodResult

EMBEDDINGS = {"final": "embedding.npy", "pretrained": "embedding_pretrained.npy"}
OWNED = (
    "status.json",
    "config.yaml",
    "provenance.json",
    *EMBEDDINGS.values(),
    "posterior_log_variance.npy",
    "labels.parquet",
    "history.parquet",
    "metrics.json",
    "model.safetensors",
    "log.txt",
    "embedding_plot.png",
    "embedding_plot.pdf",
    "embedding_plot.csv",
)


@dataclass
class RecordContents:
    """What is written of a run; every member None or empty is left out."""

    config: str
    provenance: Mapping[str, Any]
    status: Status
    log: str
    result: MethodResult | None = None
    labels: pd.DataFrame | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    keep_model: bool = True


def write_contents(folder: Path, contents: RecordContents) -> None:
    """Write all files of a record, the status last.

    Parameters
    ----------
    folder
        An empty folder.
    contents
        What to write.
    """
    write_text(folder / "config.yaml", contents.config)
    write_json(folder / "provenance.json", contents.provenance)
    if contents.result is not None:
        _write_result(folder, contents.result, contents.keep_model)
    if contents.labels is not None:
        write_parquet(folder / "labels.parquet", contents.labels)
        write_json(folder / "metrics.json", contents.metrics)
    write_text(folder / "log.txt", contents.log)
    write_json(folder / "status.json", asdict(contents.status))


def _write_result(folder: Path, result: MethodResult, keep_model: bool) -> None:
    import numpy as np

    for stage, embedding in result.stages.items():
        write_array(folder / EMBEDDINGS[stage], np.asarray(embedding, np.float32))
    if result.posterior_log_variance is not None:
        variance = np.asarray(result.posterior_log_variance, np.float32)
        write_array(folder / "posterior_log_variance.npy", variance)
    if result.history:
        import pandas as pd

        columns = {name: pd.Series(list(curve)) for name, curve in result.history.items()}
        write_parquet(folder / "history.parquet", pd.DataFrame(columns))
    if result.model is not None and keep_model:
        with atomic_path(folder / "model.safetensors") as temporary:
            result.model.save(temporary)
