"""Nothing of n x n entries is ever made: the peak memory of a process says so."""

from __future__ import annotations

import subprocess
import sys

import pytest

N_CELLS = 20_000
# the largest of what is allowed at once, well below one byte for each pair of cells
LARGEST_RISE = 200e6

WORK = {
    "neighbours in 5 dimensions": "nearest_neighbours(points[:, :5], 15)",
    "neighbours in 30 dimensions": "nearest_neighbours(points, 15)",
    "spectral": "cluster('spectral', points[:, :5], 4, 0)",
    "rsc": "cluster('rsc', points[:, :5], 4, 0)",
    "silhouette": "internal_scores(points[:, :5], labels)",
}

SCRIPT = """
import numpy as np
from scinfovae.clustering import cluster
from scinfovae.clustering.neighbours import nearest_neighbours
from scinfovae.metrics import internal_scores

def peak():
    # of this program alone; the figure of getrusage starts at that of the parent
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def work(points, labels):
    return {work}

rng = np.random.default_rng(0)
labels = rng.integers(0, 4, {n})
points = 2.0 * rng.normal(size=(4, 30))[labels] + rng.normal(size=({n}, 30))
work(points[:300], labels[:300])
before = peak()
work(points, labels)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", WORK)
def test_memory_does_not_grow_with_the_square_of_the_cells(name):
    script = SCRIPT.format(work=WORK[name], n=N_CELLS)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < LARGEST_RISE < N_CELLS**2
