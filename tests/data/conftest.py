"""Small count files in every layout."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from scinfovae.data.registry import DatasetSpec, get_dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def counts() -> np.ndarray:
    """Return counts of 6 cells x 4 genes."""
    return np.random.default_rng(0).poisson(1.5, (6, 4)).astype(np.float64)


@pytest.fixture
def labels() -> np.ndarray:
    return np.array(["b", "a", "a", "c", "b", "a"])


@pytest.fixture
def write_scdeepcluster(tmp_path: Path) -> Callable[..., Path]:
    """Write the members given by name into an HDF5 file; returns its path."""

    def write(name: str = "f.h5", **members: object) -> Path:
        path = tmp_path / name
        with h5py.File(path, "w") as handle:
            for key, value in members.items():
                handle.create_dataset(key, data=value)
        return path

    return write


@pytest.fixture
def spec_for() -> Callable[..., DatasetSpec]:
    """Pin the entry of Muraro to other bytes, with or without their size and SHA-256."""

    def pin(content: bytes, *urls: str, sized: bool = False) -> DatasetSpec:
        return dataclasses.replace(
            get_dataset("muraro"),
            urls=urls,
            git_blob_sha1=hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest(),
            sha256=hashlib.sha256(content).hexdigest() if sized else None,
            size_bytes=len(content) if sized else None,
        )

    return pin
