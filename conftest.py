"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder that holds the real data files, or skip the test."""
    named = os.environ.get("SCINFOVAE_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parent.parent / "shared"
    if not (folder / "data" / "mirror").is_dir():
        pytest.skip("no real data: set SCINFOVAE_SHARED to a folder with data/mirror/")
    return folder
