"""One run's folder: read it while others write it, replace it whole or not at all."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from scinfovae.bench.records.contents import EMBEDDINGS, OWNED, RecordContents, write_contents
from scinfovae.bench.records.files import read_json, write_json, write_parquet
from scinfovae.bench.records.folders import link_files, present, replaced_folder, settle
from scinfovae.bench.records.locks import file_lock
from scinfovae.bench.records.status import MISSING_PACKAGE, State, Status
from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd

T = TypeVar("T")


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

    @contextlib.contextmanager
    def lock(self, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the record for writing, after mending what a killed writer left; see `file_lock`.

        Parameters
        ----------
        waiting
            Called with a sentence if another process holds it.
        """
        with file_lock(self.lock_path, waiting):
            settle(self.folder, OWNED)
            yield

    def status(self) -> Status | None:
        """Read how the run ended.

        Returns
        -------
        None if there is no whole record.
        """
        value = self._json("status.json")
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
        return self._json("metrics.json") or {}

    def provenance(self) -> dict[str, Any]:
        """Read where the result comes from.

        Returns
        -------
        The contents of ``provenance.json``, empty if there is none.
        """
        return self._json("provenance.json") or {}

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
            return status.stage != MISSING_PACKAGE or not self._installed()
        if status.status != "ok" and not status.stage.startswith("cluster"):
            return False
        metrics = self.metrics()
        # a method that gives labels alone has no stage
        embedded = "final" in metrics.get("stages", ["final"])
        needed = ("labels.parquet", *([EMBEDDINGS["final"]] if embedded else []))
        place = present(self.folder)
        return all((place / n).is_file() for n in needed) and "clusterings" in metrics

    def _installed(self) -> bool:
        """Tell whether the packages that the method of the run needs are there by now."""
        from scinfovae.methods import METHODS, missing_packages

        name = self.folder.parents[1].name
        return name in METHODS and not missing_packages(METHODS[name])

    def stages(self) -> list[str]:
        """List the stages whose embedding is kept."""
        place = present(self.folder)
        return [stage for stage, name in EMBEDDINGS.items() if (place / name).is_file()]

    def embeddings(self) -> dict[str, np.ndarray]:
        """Read the embeddings.

        Returns
        -------
        For each stage an array of shape (n_cells, n_dimensions).
        """
        import numpy as np

        def load(path: Path) -> np.ndarray:
            array: np.ndarray = np.load(path, allow_pickle=False)
            return array

        return {stage: self._read(EMBEDDINGS[stage], load) for stage in self.stages()}

    def labels(self) -> pd.DataFrame:
        """Read reference and predicted labels, one row a cell."""
        import pandas as pd

        return self._read("labels.parquet", pd.read_parquet)

    def _json(self, name: str) -> dict[str, Any] | None:
        for _ in range(3):
            path = present(self.folder) / name
            value = read_json(path)
            if value is not None or path.exists():
                return value
        return None

    def _read(self, name: str, read: Callable[[Path], T]) -> T:
        """Read a file, once more if the record was replaced meanwhile; tell of damage."""
        for _ in range(3):
            path = present(self.folder) / name
            try:
                return read(path)
            except FileNotFoundError as error:
                reason: Exception = error
            except (OSError, ValueError, EOFError) as error:
                reason = error
                break
        raise ScInfoVAEError(
            f"'{self.folder / name}' is damaged and cannot be read; redo the run with --force."
        ) from reason

    def write(self, contents: RecordContents) -> None:
        """Write the whole record; an older one is replaced, or stays if this fails.

        Parameters
        ----------
        contents
            What to write. The caller holds the lock.

        Raises
        ------
        StorageError
            If the disk refuses; then the older record is as it was, or there is none.
        """
        with replaced_folder(self.folder, OWNED) as fresh:
            write_contents(fresh, contents)

    def update(self, labels: pd.DataFrame, metrics: Mapping[str, Any], status: Status) -> None:
        """Replace labels, scores and status at once; all else of the record stays.

        Parameters
        ----------
        labels
            One row a cell.
        metrics
            The scores.
        status
            How the run ended. The caller holds the lock.

        Raises
        ------
        StorageError
            If the disk refuses; then the record is as it was.
        """
        changed = ("labels.parquet", "metrics.json", "status.json")
        with replaced_folder(self.folder, OWNED) as fresh:
            link_files(self.folder, fresh, [name for name in OWNED if name not in changed])
            write_parquet(fresh / "labels.parquet", labels)
            write_json(fresh / "metrics.json", metrics)
            write_json(fresh / "status.json", asdict(status))

    def write_status(self, status: Status) -> None:
        """Write how the run ended, and nothing else.

        Parameters
        ----------
        status
            The verdict. The caller holds the lock.
        """
        write_json(self.folder / "status.json", asdict(status))
