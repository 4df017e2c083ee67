"""The store of run records: one folder a run, readable without any tool of ours."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from scinfovae.bench.files import (
    TEMPORARY,
    atomic_path,
    read_json,
    told_oserror,
    write_array,
    write_json,
    write_parquet,
    write_text,
)
from scinfovae.bench.locks import file_lock
from scinfovae.bench.status import State, Status
from scinfovae.errors import ScInfoVAEError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from scinfovae.methods import MethodResult

EMBEDDINGS = {"final": "embedding.npy", "pretrained": "embedding_pretrained.npy"}
_OWNED = (
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


@dataclass(frozen=True)
class Record:
    """One run's folder.

    Attributes
    ----------
    folder
        Where the record lies, or will.
    lock_path
        The file whose lock its writer holds.
    """

    folder: Path
    lock_path: Path

    def lock(self, waiting: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
        """Hold the record for writing; see `file_lock`.

        Parameters
        ----------
        waiting
            Called with a sentence if another process holds it.
        """
        return file_lock(self.lock_path, waiting)

    def status(self) -> Status | None:
        """Read how the run ended.

        Returns
        -------
        None if there is no whole record.
        """
        value = read_json(self.folder / "status.json")
        if value is None or value.get("status") not in get_args(State):
            return None
        known = Status.__dataclass_fields__
        return Status(**{key: member for key, member in value.items() if key in known})

    def metrics(self) -> dict[str, Any]:
        """Read the scores.

        Returns
        -------
        The contents of ``metrics.json``, empty if there is none.
        """
        return read_json(self.folder / "metrics.json") or {}

    def provenance(self) -> dict[str, Any]:
        """Read where the result comes from.

        Returns
        -------
        The contents of ``provenance.json``, empty if there is none.
        """
        return read_json(self.folder / "provenance.json") or {}

    @property
    def plot(self) -> Path:
        """Where the picture of the embedding stands, if it was drawn."""
        return self.folder / "embedding_plot.png"

    def is_trained(self) -> bool:
        """Tell whether nothing is left to be trained, even if a clusterer failed after it."""
        status = self.status()
        if status is None:
            return False
        if status.status == "not_applicable":
            return True
        if status.status != "ok" and not status.stage.startswith("cluster"):
            return False
        needed = (EMBEDDINGS["final"], "labels.parquet")
        return all((self.folder / n).is_file() for n in needed) and "clusterings" in self.metrics()

    def stages(self) -> list[str]:
        """List the stages whose embedding is kept."""
        return [stage for stage, name in EMBEDDINGS.items() if (self.folder / name).is_file()]

    def embeddings(self) -> dict[str, np.ndarray]:
        """Read the embeddings.

        Returns
        -------
        For each stage an array of shape (n_cells, n_dimensions).
        """
        import numpy as np

        files = {stage: self.folder / EMBEDDINGS[stage] for stage in self.stages()}
        found = {}
        for stage, file in files.items():
            with self._told_damage(file):
                found[stage] = np.load(file, allow_pickle=False)
        return found

    def labels(self) -> pd.DataFrame:
        """Read reference and predicted labels, one row a cell."""
        import pandas as pd

        path = self.folder / "labels.parquet"
        with self._told_damage(path):
            return pd.read_parquet(path)

    @contextlib.contextmanager
    def _told_damage(self, path: Path) -> Iterator[None]:
        """Turn what a reader says of a damaged file into a sentence."""
        try:
            yield
        except (OSError, ValueError, EOFError) as error:
            raise ScInfoVAEError(
                f"'{path}' is damaged and cannot be read; redo the run with --force."
            ) from error

    def write(self, contents: RecordContents) -> None:
        """Write the whole record, its status last; an older one is replaced.

        Parameters
        ----------
        contents
            What to write. The caller holds the lock.

        Raises
        ------
        ScInfoVAEError
            If the disk refuses; then there is no status, and so no record.
        """
        try:
            self._write(contents)
        except BaseException:
            # half a record is of no use to anyone
            self.clear()
            # seed, identity, method, dataset; none goes that holds something else
            with contextlib.suppress(OSError):
                for folder in (self.folder, *self.folder.parents[:3]):
                    folder.rmdir()
            raise

    def _write(self, contents: RecordContents) -> None:
        self.clear()
        write_text(self.folder / "config.yaml", contents.config)
        write_json(self.folder / "provenance.json", contents.provenance)
        if contents.result is not None:
            self._write_result(contents.result, contents.keep_model)
        if contents.labels is not None:
            self.write_scores(contents.labels, contents.metrics)
        write_text(self.folder / "log.txt", contents.log)
        self.write_status(contents.status)

    def write_scores(self, labels: pd.DataFrame, metrics: Mapping[str, Any]) -> None:
        """Write labels and scores; the scores, which say what is there, last.

        Parameters
        ----------
        labels
            One row a cell.
        metrics
            The scores.
        """
        write_parquet(self.folder / "labels.parquet", labels)
        write_json(self.folder / "metrics.json", metrics)

    def write_status(self, status: Status) -> None:
        """Write how the run ended.

        Parameters
        ----------
        status
            The verdict.
        """
        write_json(self.folder / "status.json", asdict(status))

    def clear(self) -> None:
        """Remove an older record, its status first, and what a killed writer left."""
        with told_oserror(self.folder):
            for name in ("status.json", *_OWNED):
                (self.folder / name).unlink(missing_ok=True)
            for left in self.folder.glob(f"{TEMPORARY}*"):
                left.unlink(missing_ok=True)

    def _write_result(self, result: MethodResult, keep_model: bool) -> None:
        import numpy as np

        for stage, embedding in result.stages.items():
            write_array(self.folder / EMBEDDINGS[stage], np.asarray(embedding, np.float32))
        if result.posterior_log_variance is not None:
            variance = np.asarray(result.posterior_log_variance, np.float32)
            write_array(self.folder / "posterior_log_variance.npy", variance)
        if result.history:
            import pandas as pd

            columns = {name: pd.Series(list(curve)) for name, curve in result.history.items()}
            write_parquet(self.folder / "history.parquet", pd.DataFrame(columns))
        if result.model is not None and keep_model:
            with atomic_path(self.folder / "model.safetensors") as temporary:
                result.model.save(temporary)


@dataclass(frozen=True)
class RecordStore:
    """All records under one results folder.

    Attributes
    ----------
    root
        The results folder; it need not exist yet.
    """

    root: Path

    def record(self, dataset: str, method: str, identity: str, seed: int) -> Record:
        """Name the record of a run.

        Parameters
        ----------
        dataset, method
            Their names.
        identity
            What `scinfovae.bench.identity.identity` gives.
        seed
            The seed.

        Returns
        -------
        The record, whether it exists or not.
        """
        folder = self.root / "runs" / dataset / method / identity / f"seed={seed}"
        return Record(folder, self.root / ".locks" / f"{identity}-seed={seed}.lock")

    def check_writable(self) -> None:
        """Find out before hours of training that nothing can be kept.

        Raises
        ------
        UsageError
            If the results folder, or what it would be made in, refuses.
        """
        nearest = next(path for path in (self.root, *self.root.absolute().parents) if path.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise UsageError(
                f"nothing can be written to '{self.root}'; choose another results.dir=DIR."
            )
