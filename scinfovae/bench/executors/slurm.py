"""Job arrays of a Slurm cluster through submitit; the command returns when they are submitted."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.executors.job import Job, now
from scinfovae.bench.executors.queue import note_jobs, runs_in_queue
from scinfovae.bench.executors.tasks import logs_folder
from scinfovae.bench.records.files import told_oserror
from scinfovae.bench.running.run import RunReport
from scinfovae.errors import ScInfoVAEError, UsageError, how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scinfovae.bench.executors.base import Surroundings
    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.planning.executors import SlurmConfig

# beside the runs: start of the interpreter, writing down what a limit has ended
SECONDS_BESIDE = 120.0
GIB_BESIDE = 0.5


@dataclass(frozen=True)
class SlurmExecutor:
    """Submits tasks that no job has taken on yet.

    Attributes
    ----------
    config
        What to ask the cluster for.
    threads
        Threads of one worker.
    """

    config: SlurmConfig
    threads: int

    def execute(self, tasks: Sequence[Task], around: Surroundings) -> RunReport:
        """Submit the tasks; see `Executor.execute`."""
        submitit = _submitit()
        report, taken = RunReport(), runs_in_queue(around.root)
        fresh = [task for task in tasks if not any(name in taken for name in task.names)]
        n_runs = [sum(len(task.todo) for task in some) for some in (tasks, fresh)]
        report.n_queued = n_runs[0] - n_runs[1]
        root = around.root.absolute()
        folder = logs_folder(root, around.sweep)
        with told_oserror(folder):
            (folder / "slurm").mkdir(parents=True, exist_ok=True)
        executor = submitit.SlurmExecutor(folder / "slurm")
        for start in range(0, len(fresh), self.config.array_size):
            some = fresh[start : start + self.config.array_size]
            jobs = self._submit(executor, some, folder, root, around.sweep)
            note_jobs(root, around.sweep, {job: t.names for job, t in zip(jobs, some, strict=True)})
            report.jobs += jobs
        return report

    def _submit(
        self, executor: Any, tasks: Sequence[Task], folder: Path, root: Path, sweep: str
    ) -> list[str]:
        """Submit one array; returns the ids of its jobs."""
        submitted = now()
        calls = [
            Job(
                path=str(task.write(folder)),
                root=str(root),
                sweep=sweep,
                submitted=submitted,
                threads=self.threads,
                time_limit=self.config.time_limit,
                memory_limit=self.config.memory,
                gpus=self.config.gpus,
            )
            for task in tasks
        ]
        executor.update_parameters(**self._parameters(max(len(task.todo) for task in tasks)))
        try:
            with executor.batch():
                jobs = [executor.submit(call) for call in calls]
        except Exception as error:
            # of what submitit raises, the last line is the one of sbatch
            reason = str(error).strip().splitlines()
            raise ScInfoVAEError(
                f"Slurm has not taken the jobs: {reason[-1] if reason else type(error).__name__}"
            ) from error
        return [str(job.job_id) for job in jobs]

    def _parameters(self, most_seeds: int) -> dict[str, Any]:
        config = self.config
        cpus = self.threads if config.cpus == "auto" else config.cpus
        seconds = config.time_limit * most_seeds + SECONDS_BESIDE
        memory = config.memory * 1.1 + GIB_BESIDE
        asked: dict[str, Any] = {
            "job_name": "scinfovae",
            "time": math.ceil(seconds / 60),
            "mem": f"{math.ceil(memory * 1024)}M",
            "cpus_per_task": cpus,
            "srun_args": [f"--cpus-per-task={cpus}"],
            "array_parallelism": config.parallel,
            "setup": list(config.setup) or None,
            "stderr_to_stdout": True,
            "additional_parameters": {"requeue": True, **config.options},
        }
        if config.partition:
            asked["partition"] = config.partition
        if config.gpus:
            asked["gpus_per_node"] = config.gpus
        return asked


def _submitit() -> Any:
    """Import submitit where there is a Slurm to submit to."""
    try:
        import submitit
    except ImportError:
        raise UsageError(
            f"executor=slurm needs submitit, which is not installed: {how_to_install('slurm')}."
        ) from None
    for program in ("sbatch", "srun", "squeue"):
        if shutil.which(program) is None:
            raise UsageError(
                f"executor=slurm needs a Slurm cluster, and there is no '{program}' on the PATH: "
                "repeat the command on a login node, or use executor=processes. (A machine joins "
                "a cluster with Debian's packages: apt-get install slurm-client munge.)"
            )
    return submitit
