"""A disk that refuses while runs are done, and while files about them are written."""

from __future__ import annotations

import errno
import itertools
import json
import os

import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.records.export import export_runs
from scinfovae.bench.records.frame import runs_frame
from scinfovae.bench.records.index import reindex
from scinfovae.bench.records.manifest import ExpectedRun, Manifest, read_manifests, write_manifest
from scinfovae.bench.running.listener import Listener
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.run import Session, run_groups
from scinfovae.errors import StorageError

ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)
TINY = ("dataset.simulation.n_cells=40", "dataset.simulation.n_genes=60", "clusterers=[kmeans]")


class Group:
    """Two runs of the toy method in one results folder; the data are read once for all tests."""

    def __init__(self, cache):
        self.cache = cache

    def run(self, root, *words, force=False):
        plan = make_plan(["method=toy", "seed=0,1", f"results.dir={root}", *TINY, *words])
        self.report = run_groups(plan, Session(Listener(), force=force, cache=self.cache))
        return self.report


@pytest.fixture(scope="module")
def data_cache():
    return DataCache()


@pytest.mark.parametrize(
    ("force", "step"),
    [
        pytest.param(False, 11, id="first"),
        pytest.param(True, 11, id="again"),
        pytest.param(True, 1, id="again, every point", marks=pytest.mark.slow),
    ],
)
def test_a_refused_run_costs_itself_and_is_told_and_the_others_are_done(
    toy, disks, tmp_path, data_cache, force, step
):
    group = Group(data_cache)

    def work(root):
        return lambda: group.run(root, force=force)

    def started(root):
        if force:
            group.run(root)
        return root

    errors = itertools.cycle(ERRORS)
    sample = tmp_path / "count"
    total = disks.n_points(sample, work(started(sample)))
    expected = scores(sample)
    for n in range(0, total, step):
        root = started(tmp_path / str(n))
        disk = disks(root, fail_at=n, error=next(errors))
        raised = disk.refusal(work(root))
        where = disk.points[n]
        if raised is not None:
            # nothing can be written at all, found out before the first run
            assert "nothing can be written" in str(raised), where
            assert raised.exit_code in (1, 2), where
            assert not (root / "runs").exists() or force, where
        else:
            refused = [o for o in group.report.outcomes if o.action == "failed"]
            assert len(refused) <= 1, where
            assert group.report.exit_code == len(refused), where
            done = {o.seed for o in group.report.outcomes if o.action != "failed"}
            there = runs_frame(root)
            assert set(there["status"]) <= {"ok"}, where
            assert done <= set(there["seed"]), where
            for outcome in refused:
                told = outcome.status.message
                assert os.strerror(disk.error) in told, where
                assert "results.dir=DIR" in told, where
                assert outcome.seed in set(there["seed"]) or not force, where
        assert group.run(root).exit_code == 0, where
        assert scores(root) == expected, where


def scores(root):
    runs = runs_frame(root)
    assert list(runs["seed"]) == [0, 1]
    assert set(runs["status"]) == {"ok"}
    return [strip_times(text) for text in runs["metrics"]]


def strip_times(text):
    metrics = json.loads(text)
    return [
        (entry["stage"], entry["key"], entry["external"], entry["internal"])
        for entry in metrics["clusterings"]
    ]


def test_a_refused_clusterer_is_not_half_added(toy, disks, tmp_path, data_cache):
    group = Group(data_cache)
    wanted = "clusterers=[kmeans,ward]"

    def work(root):
        def both():
            plan = make_plan(["method=toy", "seed=0,1", f"results.dir={root}", *TINY[:2], wanted])
            group.report = run_groups(plan, Session(Listener(), cache=data_cache))

        return both

    group.run(tmp_path / "count")
    before = scores(tmp_path / "count")
    total = disks.n_points(tmp_path / "count", work(tmp_path / "count"))
    after = scores(tmp_path / "count")
    for n in range(0, total, 7):
        root = tmp_path / str(n)
        group.run(root)
        disk = disks(root, fail_at=n, error=ERRORS[n % 3])
        assert disk.refusal(work(root)) is None
        where = disk.points[n]
        refused = [o.seed for o in group.report.outcomes if o.action == "failed"]
        assert len(refused) <= 1, where
        for seed, found in enumerate(scores(root)):
            assert found == (before if seed in refused else after)[seed], where


@pytest.mark.parametrize("stays", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("what", ["index", "export", "manifest"])
def test_files_about_runs_are_the_old_ones_or_the_new_ones(
    toy, disks, tmp_path, data_cache, what, stays
):
    root, group = tmp_path / "results", Group(data_cache)
    group.run(root)
    run = ExpectedRun("simulated", "toy", "0" * 16, 0, "paper")
    acts = {
        "index": lambda: reindex(root),
        "export": lambda: export_runs(root),
        "manifest": lambda: write_manifest(root, Manifest((run,), command="again")),
    }
    work = acts[what]
    for n in range(disks.n_points(root, work)):
        disk = disks(root, fail_at=n, stays=stays, error=ERRORS[n % 3])
        raised = disk.refusal(work)
        if raised is not None:
            assert isinstance(raised, StorageError)
            assert os.strerror(disk.error) in str(raised)
        assert sum(runs_frame(root)["status"] == "ok") == 2
        assert len(read_manifests(root)) == (what == "manifest")
        if what == "export":
            assert len(runs_frame(root / "records.parquet")) == 2
        if not stays:
            assert not list(root.rglob(".tmp-*"))


def test_a_command_on_a_full_disk_says_so_in_one_sentence(toy, disks, bench, results):
    bench("method=toy", "clusterers=[kmeans]")
    disk = disks(results, fail_at=9, stays=True)
    told = []
    disk.refusal(lambda: told.extend(bench("method=toy", "clusterers=[kmeans]", "--force")))
    code, out, err = told
    assert code == 1
    assert "No space left on device; free the disk" in out + err
    assert "Traceback" not in out + err
    assert bench("method=toy", "clusterers=[kmeans]")[0] == 0
    assert toy == [(0,), (0,)]


def test_a_disk_that_refuses_is_told_and_leaves_nothing(toy, bench, results, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = bench("method=toy")
    assert code == 1
    assert "No space left on device" in err
    assert not list(results.rglob("seed=*"))
