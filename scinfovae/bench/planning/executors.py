"""What can be said of each executor; read for the help text too, so nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from scinfovae.errors import UsageError


@dataclass(frozen=True)
class InlineConfig:
    """One run after the other, in this process."""

    name: Literal["inline"] = "inline"


@dataclass(frozen=True)
class ProcessesConfig:
    """One isolated process for each stack of seeds.

    Attributes
    ----------
    workers
        How many at once; ``"auto"`` is one for every ``threads`` cores, and one for every GPU
        where the runs use GPUs.
    time_limit
        Seconds a run may take, reading its data included; a stack of seeds has the sum. None is
        no limit.
    memory_limit
        GiB of main memory that a worker and its children may hold together. None is no limit.
    gpus
        GPUs to use, by their number; ``"auto"`` is all that are visible. Worker by worker they
        are dealt out in turn through CUDA_VISIBLE_DEVICES.
    """

    name: Literal["processes"] = "processes"
    workers: Literal["auto"] | int = "auto"
    time_limit: float | None = None
    memory_limit: float | None = None
    gpus: Literal["auto", "none"] | tuple[int, ...] = "auto"

    def __post_init__(self) -> None:
        """Refuse what leaves no room for a run."""
        if self.workers != "auto" and self.workers < 1:
            raise UsageError(f"executor.workers={self.workers} must be at least 1, or auto.")
        for key in ("time_limit", "memory_limit"):
            _check_above_zero(key, getattr(self, key))
        if not isinstance(self.gpus, str) and (not self.gpus or min(self.gpus) < 0):
            raise UsageError(
                f"executor.gpus={list(self.gpus)} must list GPUs by their numbers from 0 on; say "
                "executor.gpus=none to use none."
            )


@dataclass(frozen=True)
class SlurmConfig:
    """Job arrays of a Slurm cluster, one task of an array for each stack of seeds.

    Attributes
    ----------
    partition
        Where to queue; None is the default of the cluster.
    time_limit
        Seconds a run may take; the job asks for two minutes more, so that a run that takes longer
        is told as ``timeout``.
    memory
        GiB of main memory of a run; the job asks for a tenth more, so that a run that holds more
        is told as ``oom``.
    cpus
        Cores of a job; ``"auto"`` is ``threads``.
    gpus
        GPUs of a job.
    parallel
        How many tasks of an array may run at once.
    array_size
        Most tasks of one array; clusters bound it (MaxArraySize).
    setup
        Lines of shell before the run, such as ``"module load cuda"``.
    options
        Further options of sbatch, such as ``{account: mine, qos: long}``.
    """

    name: Literal["slurm"] = "slurm"
    partition: str | None = None
    time_limit: float = 14400.0
    memory: float = 8.0
    cpus: Literal["auto"] | int = "auto"
    gpus: int = 0
    parallel: int = 64
    array_size: int = 1000
    setup: tuple[str, ...] = ()
    options: dict[str, str | int | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no cluster can give."""
        for key in ("time_limit", "memory"):
            _check_above_zero(key, getattr(self, key))
        for key, least in {"cpus": 1, "gpus": 0, "parallel": 1, "array_size": 1}.items():
            value = getattr(self, key)
            if value != "auto" and value < least:
                raise UsageError(f"executor.{key}={value} must be at least {least}.")


ExecutorConfig = InlineConfig | ProcessesConfig | SlurmConfig


def _check_above_zero(key: str, value: float | None) -> None:
    if value is not None and not value > 0:
        raise UsageError(f"executor.{key}={value} must be above 0.")
