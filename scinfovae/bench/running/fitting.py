"""Fit a method for several seeds, so that the failure of one is the failure of one."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.status import MISSING_PACKAGE, State, Status
from scinfovae.bench.running.warm_up import warm_up_method
from scinfovae.errors import NoCountsError, UsageError
from scinfovae.methods import (
    MethodInfo,
    MethodResult,
    MissingPackageError,
    NotApplicableError,
    create,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.bench.running.listener import RunLog
    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class Fit:
    """What became of one seed.

    Attributes
    ----------
    seed
        The seed.
    stacked
        The seeds it was trained with, itself included.
    status
        How the fit ended.
    result
        What the method returned, if it returned.
    """

    seed: int
    stacked: tuple[int, ...]
    status: Status
    result: MethodResult | None = None


def fit_seeds(
    info: MethodInfo,
    config: Any,
    prepared: Prepared,
    *,
    n_clusters: int,
    seeds: Sequence[int],
    device: str,
    log: RunLog,
) -> list[Fit]:
    """Fit a method for some seeds at once; if that fails, for each of them alone.

    Parameters
    ----------
    info, config
        The method and its choices.
    prepared
        The cells.
    n_clusters
        K.
    seeds
        The stack.
    device
        ``"cpu"`` or ``"cuda"``.
    log
        Hears progress and failures.

    Returns
    -------
    One fit a seed, in their order.

    Raises
    ------
    UsageError
        If the method finds that its configuration cannot be meant.
    """
    try:
        return _fit_together(info, config, prepared, n_clusters, seeds, device, log)
    except UsageError:
        raise
    except MissingPackageError as error:
        lacking = Status("not_applicable", stage=MISSING_PACKAGE, message=str(error))
        return [Fit(seed, tuple(seeds), lacking) for seed in seeds]
    except NotApplicableError as error:
        lacking = Status("not_applicable", stage="fit", message=str(error))
        return [Fit(seed, tuple(seeds), lacking) for seed in seeds]
    except NoCountsError as error:
        lacking = Status("not_applicable", stage="fit", message=f"{info.title}: {error}")
        return [Fit(seed, tuple(seeds), lacking) for seed in seeds]
    except Exception as error:
        if len(seeds) == 1:
            log.note(traceback.format_exc())
            return [Fit(seeds[0], tuple(seeds), failure("fit", error))]
        log.message(f"the stack of seeds {list(seeds)} failed ({error}); trying each alone")
    alone: list[Fit] = []
    for seed in seeds:
        alone += fit_seeds(
            info, config, prepared, n_clusters=n_clusters, seeds=[seed], device=device, log=log
        )
    return alone


def _fit_together(
    info: MethodInfo,
    config: Any,
    prepared: Prepared,
    n_clusters: int,
    seeds: Sequence[int],
    device: str,
    log: RunLog,
) -> list[Fit]:
    warm_up_method(info, config, prepared, device)
    results = create(info, config).fit(
        prepared,
        n_clusters=n_clusters,
        seeds=list(seeds),
        device=device,
        progress=log.progress,
    )
    return [
        Fit(seed, tuple(seeds), _status_of(result, prepared, info), result)
        for seed, result in zip(seeds, results, strict=True)
    ]


def failure(stage: str, error: BaseException) -> Status:
    """Turn an exception into the status of a run.

    Parameters
    ----------
    stage
        What was being done.
    error
        What was raised.

    Returns
    -------
    ``oom`` or ``failed``, with message and traceback.
    """
    state: State = "failed"
    # torch.OutOfMemoryError is a RuntimeError, and torch need not be imported here
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        state = "oom"
    message = str(error).strip() or type(error).__name__
    told = "".join(traceback.format_exception(error))
    return Status(state, stage=stage, message=message, traceback=told)


def _status_of(result: MethodResult, prepared: Prepared, info: MethodInfo) -> Status:
    """Check what a method returned."""
    import numpy as np

    if result.status == "nan":
        return Status("nan", stage="fit", message=result.message)
    n_cells = len(prepared.cell_index)
    if result.own_labels is not None:
        own = np.asarray(result.own_labels)
        if own.shape != (n_cells,) or own.dtype.kind not in "iu":
            told = f"{own.dtype} of shape {own.shape} for {n_cells} cells"
            return Status("failed", stage="fit", message=f"the method's own labels are {told}.")
    elif info.own_labels and not info.has_embedding and not info.labels_from_reference:
        return Status("failed", stage="fit", message="the method returned no labels.")
    if info.has_embedding and "final" not in result.stages:
        return Status("failed", stage="fit", message="the method returned no final embedding.")
    for stage, embedding in result.stages.items():
        points = np.asarray(embedding)
        if points.ndim != 2 or len(points) != n_cells:
            shape = f"shape {points.shape} for {n_cells} cells"
            return Status("failed", stage="fit", message=f"the {stage} embedding has {shape}.")
        if not np.isfinite(points).all():
            return Status("nan", stage="fit", message=f"the {stage} embedding is not finite.")
    final: dict[str, Any] = result.diagnostics.get("final", {})
    return Status("ok", collapsed=bool(final.get("collapsed", False)))
