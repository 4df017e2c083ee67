"""What is written of runs whose worker is gone, and above all what is not."""

from __future__ import annotations

import datetime

import pytest

from scinfovae.bench.executors.before import state_before
from scinfovae.bench.executors.tasks import read_task, tasks_of
from scinfovae.bench.executors.verdict import Verdict
from scinfovae.bench.executors.worker import MEMORY, TOLD
from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.running.listener import Listener, RunLog
from scinfovae.bench.running.loading import DataCache
from scinfovae.bench.running.survey import survey
from scinfovae.errors import DataError

TINY = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
)


@pytest.fixture
def verdict(toy, results, tmp_path):
    """Give the verdict over a worker that was to do some seeds of the toy."""

    def make(*words, force=False, log="line\n"):
        given = (*TINY, "method=toy", "figures=false", f"results.dir={results}", *words)
        found = survey(make_plan(given), DataCache(), RunLog(Listener()))
        (task,) = tasks_of(found.groups, "cpu", force=force, retry_failed=True, command="x")
        path = tmp_path / "logs" / "sweep" / "task.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"of an earlier worker\n{log}")
        before = {seed: state_before(record) for seed, record in task.records.items()}
        now = datetime.datetime.now(datetime.UTC)
        return Verdict(task, path, len("of an earlier worker\n"), now, before)

    return make


def only_record(found):
    (record,) = found.task.records.values()
    return record


@pytest.mark.parametrize(
    ("code", "ended_for", "status", "message"),
    [
        (-9, "timeout", "timeout", "took longer than LIMIT"),
        (-9, "oom", "oom", "held more than LIMIT"),
        (-9, "", "killed", "was killed"),
        (-11, "", "killed", "SIGSEGV"),
        (MEMORY, "", "oom", "memory ran out"),
        (1, "", "failed", "exit code 1"),
        (0, "", "failed", "without a record"),
    ],
)
def test_every_end_has_a_status(verdict, code, ended_for, status, message):
    found = verdict("clusterers=[kmeans]")
    (outcome,), error = found.outcomes(code, ended_for, "LIMIT")
    record = only_record(found)
    assert error is None
    assert (outcome.action, outcome.status.status) == ("failed", status)
    written = record.status()
    assert (written.status, written.stage, written.traceback) == (status, "worker", "line\n")
    assert message in written.message
    if not ended_for and status != "oom":
        assert written.message.endswith("its log is 'logs/sweep/task.log'.")
    assert record.provenance()["identity"] == found.task.identity
    assert not record.is_trained()


def test_data_that_cannot_be_had_are_no_failure_of_the_run(verdict):
    found = verdict(log="error: first\nerror: no such file\n")
    outcomes, error = found.outcomes(TOLD + DataError.exit_code, "", "")
    assert outcomes == []
    assert isinstance(error, DataError)
    assert str(error) == "no such file"
    assert not only_record(found).folder.exists()


def test_a_worker_ended_while_it_clustered_loses_no_training(toy, bench, verdict):
    bench("method=toy", "clusterers=[kmeans]")
    found = verdict("clusterers=[kmeans,ward]")
    found.outcomes(-9, "timeout", "LIMIT")
    record = only_record(found)
    assert (record.status().status, record.status().stage) == ("timeout", "cluster")
    assert record.is_trained()
    words = ("method=toy", "clusterers=[kmeans,ward]")
    code, _, err = bench(*words, verb="sweep")
    assert code == 1
    assert "1 failed before" in err
    assert bench(*words, "--retry-failed", verb="sweep")[0] == 0
    assert record.status().status == "ok"
    assert toy == [(0,)]


def test_a_forced_run_that_is_killed_leaves_the_old_record(bench, verdict):
    bench("method=toy", "clusterers=[kmeans]")
    found = verdict("clusterers=[kmeans]", force=True)
    before = only_record(found).provenance()
    (outcome,), _ = found.outcomes(-9, "", "")
    assert (outcome.action, outcome.status.status) == ("failed", "killed")
    assert only_record(found).status().status == "ok"
    assert only_record(found).provenance() == before


def test_what_the_worker_has_written_stands(bench, verdict):
    found = verdict("seed=0,1", "stack_width=2", "clusterers=[kmeans]")
    bench("method=toy", "clusterers=[kmeans]", "seed=1")
    outcomes, _ = found.outcomes(-9, "", "")
    assert [(o.seed, o.action, o.status.status) for o in outcomes] == [
        (0, "failed", "killed"),
        (1, "done", "ok"),
    ]


def test_a_run_that_another_command_is_doing_is_left_to_it(verdict):
    found = verdict("clusterers=[kmeans]")
    with only_record(found).lock(print):
        (outcome,), _ = found.outcomes(-9, "timeout", "LIMIT")
    assert outcome.status.message == "another command is doing this run."
    assert only_record(found).status() is None


def test_a_task_survives_its_file(verdict, tmp_path):
    task = verdict("seed=0,1,2", "stack_width=3", "executor=processes", force=True).task
    again = read_task(task.write(tmp_path))
    assert again.plain() == task.plain()
    assert again.group.seeds == (0, 1, 2)
    assert again.names == task.names
    assert again.recipe.method_config == task.recipe.method_config
