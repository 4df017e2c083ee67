"""The store of run records: one folder a run, readable without any tool of ours."""

from __future__ import annotations

import errno
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.bench.records.contents import EMBEDDINGS, OWNED, RecordContents
from scinfovae.bench.records.record import Record
from scinfovae.errors import StorageError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EMBEDDINGS", "OWNED", "Record", "RecordContents", "RecordStore"]


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
            What `scinfovae.bench.planning.identity.identity` gives.
        seed
            The seed.

        Returns
        -------
        The record, whether it exists or not.
        """
        folder = self.root / "runs" / dataset / method / identity / f"seed={seed}"
        return Record(folder, self.lock_path(identity, seed))

    def lock_path(self, identity: str, seed: int) -> Path:
        """Name the file whose lock the writer of a record holds.

        Parameters
        ----------
        identity, seed
            The run.

        Returns
        -------
        A file that need not exist.
        """
        return self.root / ".locks" / f"{identity}-seed={seed}.lock"

    def check_writable(self) -> None:
        """Find out before hours of training that nothing can be kept.

        Raises
        ------
        UsageError, StorageError
            If the results folder, or what it would be made in, refuses for good, or is full.
        """
        nearest = next(path for path in (self.root, *self.root.absolute().parents) if path.exists())
        try:
            with tempfile.TemporaryFile(dir=nearest) as probe:
                probe.write(b"0" * 4096)
                probe.flush()
                os.fsync(probe.fileno())
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
            raise (StorageError if full else UsageError)(
                f"nothing can be written to '{self.root}': {error.strerror or error}; "
                f"{'free the disk, or ' if full else ''}choose another results.dir=DIR."
            ) from error
