"""The measurements of benchmark_training.py, each made in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch
from benchmarking import peak_memory, stopwatch
from training_ours import our_training, prepared_stack, simulated_cells
from training_peers import difference_at_step_one, matrix_products, plain_loop, scvi_training

from scinfovae.model import FineTuneConfig, ModelConfig, PretrainConfig, products
from scinfovae.model.stack import Weights
from scinfovae.model.training import train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Row = dict[str, Any]

TOLERANCE = 1e-4
NEIGHBOUR = """
import os, sys, torch
torch.set_num_threads(1)
a, parent = torch.randn(500, 500), int(sys.argv[1])
print("working", flush=True)
while os.getppid() == parent:
    a @ a
"""


def take_turns(
    contestants: Mapping[str, Callable[[], object]], case: Row, n_steps: int, clock: str = "cpu"
) -> dict[str, list[float]]:
    """Milliseconds a step by contestant, one entry per turn; a turn beforehand is not counted."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(case["turns"] + 1):
        for name, contestant in contestants.items():
            with stopwatch() as watch:
                contestant()
            if turn:
                times[name].append(1000 * getattr(watch, clock) / n_steps)
    return times


def by_blas(contestant: Callable[[], object]) -> Callable[[], object]:
    """Let the library that PyTorch was built with do the products of the layers."""

    def run() -> None:
        with mock.patch.object(products, "library_of_products", return_value="blas"):
            contestant()

    return run


def measure_step(case: Row) -> Row:
    config, stage, n_steps = ModelConfig(held_out_fraction=0), case["stage"], case["steps"]
    data = simulated_cells(config.batch_size * n_steps, case["zeros"])
    difference = difference_at_step_one(data, config, stage)
    if not difference <= TOLERANCE:
        raise AssertionError(f"{stage}: plain loop and ours differ by {difference:.2g} at step 1")
    contestants = {
        "ours": our_training(data, config, stage),
        "ours, products by BLAS": by_blas(our_training(data, config, stage)),
        "matrix products": matrix_products(config, stage, n_steps),
        "plain loop": plain_loop(data, config, stage),
    }
    zeros = (data.counts == 0).double().mean().item()
    library = products.library_of_products()
    found = {"zeros_drawn": zeros, "difference_at_step_one": difference, "library": library}
    return {**found, "turns_ms": take_turns(contestants, case, n_steps)}


def measure_scvi(case: Row) -> Row:
    """SCVI as it comes; both with three hidden layers of 256, both ways, and batches of 256."""
    warnings.simplefilter("ignore")  # advice on loaders and loggers
    config, epochs = ModelConfig(held_out_fraction=0, hidden=(256, 256, 256)), case["epochs"]
    data = simulated_cells(config.batch_size * case["steps"], case["zeros"])
    scvi = scvi_training(data, config, epochs)
    if scvi is None:
        return {"note": "scvi-tools is not installed"}
    ours = our_training(data, config, "pretrain")
    contestants = {"ours": lambda: [ours() for _ in range(epochs)], "scvi": scvi}
    return {"turns_ms": take_turns(contestants, case, case["steps"] * epochs)}


def measure_seeds(case: Row) -> Row:
    config = ModelConfig(held_out_fraction=0)
    data = simulated_cells(config.batch_size * case["steps"], case["zeros"])
    contestants = {
        "one seed": our_training(data, config, case["stage"]),
        "five seeds": our_training(data, config, case["stage"], range(5)),
    }
    return {"turns_ms": take_turns(contestants, case, case["steps"])}


@contextmanager
def neighbour(working: bool) -> Iterator[None]:
    """Let another process keep one core busy while the context is open."""
    if not working:
        yield
        return
    command = [sys.executable, "-c", NEIGHBOUR, str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def measure_threads(case: Row) -> Row:
    config = ModelConfig(held_out_fraction=0)
    data = simulated_cells(config.batch_size * case["steps"], 0.92)
    epoch = our_training(data, config, "pretrain")

    def with_threads(n: int) -> None:
        torch.set_num_threads(n)
        epoch()

    contestants = {"one thread": lambda: with_threads(1), "two threads": lambda: with_threads(2)}
    with neighbour(case["neighbour"]):
        return {"turns_ms": take_turns(contestants, case, case["steps"], "wall")}


def measure_million(case: Row) -> Row:
    """Seconds, and peak memory so far, of an epoch and of what else looks at all cells."""
    data = simulated_cells(case["cells"], 0.92)
    found: Row = {"arrays_gib": (data.scaled.nbytes + data.counts.nbytes) / 2**30}
    found["peak_gib_before"] = peak_memory() / 2**30
    config = ModelConfig()
    weights = Weights(config.kl_weight, config.divergence_weight)
    stack, _ = prepared_stack(data, config, "pretrain")
    parts = {
        "epoch": lambda: stack.run_epoch(weights),
        "evaluate": stack.evaluate,
        "describe": lambda: stack.describe(*stack.embed()),
    }
    for name, part in parts.items():
        with stopwatch() as watch:
            part()
        found |= {f"{name}_cpu_seconds": watch.cpu, f"{name}_wall_seconds": watch.wall}
        found[f"peak_gib_after_{name}"] = peak_memory() / 2**30
    return found


def measure_gpu(case: Row) -> Row:
    """Take steps as they are recorded and replayed; the device is waited for."""
    if not torch.cuda.is_available():
        return {"note": "no CUDA device"}
    config, n_steps = ModelConfig(held_out_fraction=0), case["steps"]
    data = simulated_cells(config.batch_size * n_steps, 0.92, "cuda")

    def waited_for(n_seeds: int, capture: bool) -> Callable[[], None]:
        epoch = our_training(data, config, case["stage"], range(n_seeds), capture)

        def contestant() -> None:
            epoch()
            torch.cuda.synchronize()

        return contestant

    contestants = {
        "one seed": waited_for(1, True),
        "five seeds": waited_for(5, True),
        "one seed, not recorded": waited_for(1, False),
    }
    turns = take_turns(contestants, case, n_steps, "wall")
    return {"device": torch.cuda.get_device_name(), "turns_ms": turns}


def measure_gpu_protocol(case: Row) -> Row:
    """Wall-clock seconds of whole trainings of five seeds; centres are cells, not K-means."""
    if not torch.cuda.is_available():
        return {"note": "no CUDA device"}
    pretrain, fine_tune = case["epochs"]
    stages = (PretrainConfig(epochs=pretrain), FineTuneConfig(epochs=fine_tune))
    config = ModelConfig(pretrain=stages[0], fine_tune=stages[1])
    seconds = 0.0
    for n_cells in case["cells"]:
        data = simulated_cells(n_cells, 0.92, "cuda")
        with stopwatch() as watch:
            train(data, config, range(5), lambda embedding, seed: embedding[:10].clone())
            torch.cuda.synchronize()
        seconds += watch.wall
    peak = torch.cuda.max_memory_allocated() / 2**30
    name = torch.cuda.get_device_name()
    return {"device": name, "wall_seconds": seconds, "gpu_peak_gib": peak}


MEASURES = {
    "step": measure_step,
    "scvi": measure_scvi,
    "seeds": measure_seeds,
    "threads": measure_threads,
    "million": measure_million,
    "gpu": measure_gpu,
    "gpu protocol": measure_gpu_protocol,
    "gpu all datasets": measure_gpu_protocol,
}
