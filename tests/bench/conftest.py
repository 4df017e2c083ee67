"""A throw-away benchmark: toy methods, a tiny dataset, the command line, disks that refuse."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from scinfovae.cli.main import main
from scinfovae.methods import METHODS, MethodInfo, MethodResult, NotApplicableError

TINY = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
)


@dataclass(frozen=True)
class ToyConfig:
    width: int = 2
    raise_for: tuple[int, ...] = ()
    nan_for: tuple[int, ...] = ()
    memory_for: tuple[int, ...] = ()
    not_for: tuple[int, ...] = ()
    bad_shape: bool = False
    own: bool = False
    collapsed: bool = False
    interrupt: bool = False
    bad_history: bool = False


@dataclass
class Toy:
    """Counts how often it is asked; its embedding depends on the seed alone."""

    config: ToyConfig
    calls: list[tuple[int, ...]] = field(default_factory=list)

    def fit(self, prepared, *, n_clusters, seeds, device, progress):
        self.calls.append(tuple(seeds))
        if self.config.interrupt:
            raise KeyboardInterrupt
        for seed in seeds:
            if seed in self.config.raise_for:
                raise RuntimeError(f"toy refuses seed {seed}")
            if seed in self.config.memory_for:
                raise MemoryError
            if seed in self.config.not_for:
                raise NotApplicableError("toys do not work here")
        progress("toy", 1, 1)
        return [self._result(seed, prepared, n_clusters) for seed in seeds]

    def _result(self, seed, prepared, n_clusters):
        if seed in self.config.nan_for:
            return MethodResult(status="nan", message="the loss left the numbers in epoch 3")
        n_cells = len(prepared.cell_index) - self.config.bad_shape
        generator = np.random.default_rng(seed)
        embedding = generator.normal(size=(n_cells, self.config.width))
        own = generator.integers(0, n_clusters, n_cells) if self.config.own else None
        return MethodResult(
            stages={"pretrained": embedding[:, ::-1].copy(), "final": embedding},
            own_labels=own,
            history={"loss": [object()] if self.config.bad_history else [2.0, 1.0]},
            diagnostics={"final": {"collapsed": self.config.collapsed, "active_units": 2}},
            seconds={"fit": 0.5},
        )


@pytest.fixture
def cli(capsys):
    """Run a command line in this process; code, output and errors."""

    def run(*words):
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def toy(monkeypatch):
    """Register the method ``toy``; gives the list of the stacks it was fitted for."""
    calls: list[tuple[int, ...]] = []
    info = MethodInfo(
        name="toy",
        title="Toy",
        version=1,
        citation="nobody",
        summary="For tests.",
        needs_k=False,
        stochastic=True,
        config_class=ToyConfig,
        method_class=lambda config: Toy(config, calls),
    )
    monkeypatch.setitem(METHODS, "toy", info)
    return calls


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def bench(results, capsys):
    """Run the command line on the tiny dataset; gives exit code, output and error output."""

    def run(*words, verb="run"):
        defaults = ("figures=false", f"results.dir={results}")
        own = [word.partition("=")[0] for word in words]
        taken = [word for word in defaults if word.partition("=")[0] not in own]
        code = main([verb, *TINY, *taken, *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def steady(tmp_path, monkeypatch):
    """Make the method of the plug-in known here and to workers; gives the file it writes to."""
    side = tmp_path / "side.txt"
    monkeypatch.setenv("TOY_SIDE_FILE", str(side))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.syspath_prepend(Path(__file__).parent)
    yield side
    METHODS.pop("steady", None)


@pytest.fixture(scope="session")
def results_of():
    """Collect what must not depend on how the runs of a folder came about."""

    def collect(root):
        found = {}
        for record in sorted(root.glob("runs/*/*/*/seed=*")):
            entries = json.loads((record / "metrics.json").read_text())["clusterings"]
            spent = ("seconds", "peak_memory_bytes")
            scores = [{k: v for k, v in entry.items() if k not in spent} for entry in entries]
            files = (record / "embedding.npy", record / "labels.parquet")
            place = record.relative_to(root).as_posix()
            found[place] = (scores, *(file.read_bytes() for file in files))
        return found

    return collect


@pytest.fixture
def disks(monkeypatch):
    """Give the class of disks that refuse; nobody pulls the plug here, so nothing is flushed."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from refusing_disk import Disk, fsync

    monkeypatch.setattr(os, "fsync", fsync)
    return Disk
