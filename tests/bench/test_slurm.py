"""A real Slurm of one node: jobs are submitted and left, requeued, and end as they would here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "scripts" / "start_slurm.py"
PROGRAMS = ("sbatch", "slurmctld", "slurmd", "munged")
SECONDS = 240.0
WORDS = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
    "preprocessing.normalize_total=false",
    "preprocessing.log1p=false",
    "preprocessing.hvg_flavor=variance",
    "clusterers=[kmeans]",
    "plugins=[toy_plugin]",
    "method=steady",
    "method.seconds=4",
)
SLURM = ("executor=slurm", "executor.memory=1", "executor.time_limit=100")


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Start a Slurm and let the commands of this process find it."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    if absent := [name for name in PROGRAMS if shutil.which(name, path=path) is None]:
        pytest.skip(f"no Slurm here ({', '.join(absent)}): apt-get install slurm-wlm munge")
    if os.getuid() != 0:
        pytest.skip("a private Slurm runs as root")
    folder = tmp_path / "slurm"
    words = [sys.executable, str(SCRIPT)]
    done = subprocess.run(
        [*words, "start", str(folder)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("SLURM_CONF", done.stdout.split("=", 1)[1].strip())
    yield folder
    subprocess.run([*words, "stop", str(folder)], timeout=60, check=True)


def waited_for(happens):
    end = time.monotonic() + SECONDS
    while not (found := happens()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.3)
    return found


@pytest.mark.slow
def test_jobs_are_submitted_left_requeued_and_end_as_processes_do(
    slurm, steady, cli, results_of, tmp_path
):
    root = tmp_path / "r"

    def sweep(*words):
        return cli("sweep", *WORDS, f"results.dir={root}", *words)

    def counts():
        words = ("status", *WORDS, "seed=range(5)", f"results.dir={root}", "--json")
        (told,) = json.loads(cli(*words)[1])
        return told["counts"]

    def trained():
        lines = steady.read_text().splitlines() if steady.exists() else []
        return Counter(int(line.split()[1]) for line in lines)

    # the command returns before the runs are done
    code, out, _ = sweep("seed=range(4)", *SLURM)
    assert code == 0
    assert "submitted 4 jobs" in out
    found = counts()
    assert (found["done"], found["queued"] + found["running"]) == (0, 4)
    # what is queued or running is not submitted twice
    code, out, _ = sweep("seed=range(5)", *SLURM)
    assert code == 0
    assert "submitted 1 jobs" in out
    assert "in the queue since an earlier command: 4 runs" in out
    code, out, _ = sweep("seed=range(5)", *SLURM)
    assert (code, out.splitlines()[0]) == (0, "submitted 0 jobs")
    # a job that is put back into the queue in the middle of a run starts again
    (first,) = list(waited_for(trained))[:1]
    (noted,) = [json.loads(f.read_text()) for f in root.glob("logs/jobs/*.json") if "_" in f.name]
    (job,) = [name for name, runs in noted["jobs"].items() if runs[0][3] == first]
    subprocess.run(["scontrol", "requeue", job], check=True, timeout=30)
    waited_for(lambda: counts()["done"] == 5)
    assert trained() == {0: 1, 1: 1, 2: 1, 3: 1, 4: 1, first: 2}
    # now nothing is left, and the results are those of any other executor
    code, out, err = sweep("seed=range(5)", *SLURM)
    assert code == 0
    assert "5 runs (5 done)" in err
    here = ("executor=processes", "executor.workers=2", f"results.dir={tmp_path / 'here'}")
    assert cli("sweep", *WORDS, "seed=range(5)", *here)[0] == 0
    assert len(results_of(root)) == 5
    assert results_of(tmp_path / "here") == results_of(root)


@pytest.mark.slow
def test_a_run_that_takes_too_long_has_a_status_and_is_not_submitted_again(
    slurm, steady, cli, tmp_path
):
    words = (
        *WORDS[:-1],
        "method.behaviour=hang",
        f"results.dir={tmp_path / 'r'}",
        "executor=slurm",
    )
    words = (*words, "executor.memory=1", "executor.time_limit=3")
    assert cli("sweep", *words)[0] == 0

    def failed():
        (told,) = json.loads(cli("status", *words, "--json")[1])
        return [run["told"] for run in told["runs"] if run["progress"] == "failed"]

    (told,) = waited_for(failed)
    assert told.startswith("timeout: the run took longer than executor.time_limit=3 s a run")
    code, _, err = cli("sweep", *words)
    assert code == 1
    assert "1 failed before" in err
