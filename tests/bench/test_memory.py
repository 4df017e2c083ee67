"""How much memory a step needs, told by the system itself."""

from __future__ import annotations

import numpy as np
import pytest

from scinfovae.bench.planning.clusterers import ClustererRequest
from scinfovae.bench.running import memory
from scinfovae.bench.running.memory import memory_rise, peak_before_forgetting
from scinfovae.bench.running.provenance import peak_memory
from scinfovae.bench.running.scoring import cluster_stage

MB = 1_000_000


def told() -> bool:
    with memory_rise() as rise:
        pass
    return rise.n_bytes is not None


needs_linux = pytest.mark.skipif(not told(), reason="the system does not tell peaks of a process")


@needs_linux
def test_the_rise_is_what_was_held_at_once_and_not_what_was_held_before() -> None:
    before = np.ones(10 * MB)
    with memory_rise() as rise:
        for _ in range(5):
            np.ones(8 * MB)  # 64 MB, freed each time
    assert 60 * MB < rise.n_bytes < 80 * MB
    with memory_rise() as nothing:
        before[0] = 2.0
    assert nothing.n_bytes < 5 * MB


@needs_linux
def test_memory_that_was_freed_before_counts_again() -> None:
    pieces = [np.ones(1000) for _ in range(8000)]  # 64 MB in small pieces, kept by the allocator
    del pieces
    with memory_rise() as rise:
        assert len([np.ones(1000) for _ in range(8000)]) == 8000
    assert rise.n_bytes > 50 * MB


@needs_linux
def test_the_peak_of_the_process_is_not_forgotten(monkeypatch) -> None:
    monkeypatch.setattr(memory, "_before_forgetting", 0)
    big = np.ones(20 * MB)  # 160 MB
    with memory_rise():
        del big
    kept = peak_before_forgetting()
    assert kept > 160 * MB
    with memory_rise():
        pass
    assert peak_before_forgetting() >= kept
    monkeypatch.setattr(memory, "_before_forgetting", 10**15)
    assert peak_memory()["host"] == 10**15


def test_where_the_system_does_not_tell_there_is_no_number(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(memory, "_CLEAR", tmp_path / "nothing" / "clear_refs")
    with memory_rise() as rise:
        pass
    assert rise.n_bytes is None
    assert peak_memory()["host"] >= peak_before_forgetting()


def test_a_block_that_fails_fails() -> None:
    with pytest.raises(RuntimeError, match="inside"), memory_rise():
        raise RuntimeError("inside")


@needs_linux
def test_a_clustering_says_what_it_needed() -> None:
    points = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    labels, said = cluster_stage(points, ClustererRequest("kmeans", {}), 3, 0)
    assert labels.shape == (300,)
    assert set(said) == {"info", "seconds", "peak_memory_bytes"}
    assert said["peak_memory_bytes"] >= 0
