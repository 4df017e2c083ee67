"""A method outside the package, for tests of executors: cheap, and it misbehaves when told to."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

import numpy as np

from scinfovae.methods import MethodInfo, MethodResult


@dataclass(frozen=True)
class SteadyConfig:
    seconds: float = 0.0
    behaviour: str = ""


class Steady:
    """Notes every training in the file that TOY_SIDE_FILE names."""

    def __init__(self, config):
        self.config = config

    def fit(self, prepared, *, n_clusters, seeds, device, progress):
        side = os.open(os.environ["TOY_SIDE_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for seed in seeds:
            os.write(side, f"{self.config.behaviour or 'plain'} {seed} {len(seeds)}\n".encode())
        os.close(side)
        misbehave(self.config.behaviour)
        time.sleep(self.config.seconds)
        return [self.result(seed, prepared) for seed in seeds]

    def result(self, seed, prepared):
        embedding = prepared.scaled[:, :5] + np.random.default_rng(seed).normal(size=5)
        return MethodResult(stages={"final": embedding}, seconds={"fit": self.config.seconds})


def misbehave(behaviour):
    if behaviour == "hang":
        time.sleep(600)
    elif behaviour == "hog":
        held = np.ones(2**28, dtype=np.int64)  # 2 GiB
        time.sleep(600)
        print(held.sum())
    elif behaviour == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif behaviour == "crash":
        sys.stderr.write("the toy has crashed\n")
        os._exit(7)
    elif behaviour == "no_memory":
        raise MemoryError


INFO = MethodInfo(
    name="steady",
    title="Steady",
    version=1,
    citation="nobody",
    summary="For tests.",
    needs_k=False,
    stochastic=True,
    config_class=SteadyConfig,
    method_class=Steady,
)
