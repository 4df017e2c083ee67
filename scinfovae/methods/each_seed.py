"""Seeds one after the other, for methods that do not train them in one stack."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from scinfovae.errors import ScInfoVAEError
from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Progress = Callable[[str, int, int], None]


class DivergedError(ScInfoVAEError):
    """A training that left the finite numbers; the message says where."""


def each_seed(
    seeds: Sequence[int], progress: Progress, fit_one: Callable[[int, Progress], MethodResult]
) -> list[MethodResult]:
    """Fit every seed by itself; one that diverges does not stop the others.

    Parameters
    ----------
    seeds
        The seeds.
    progress
        Of `Method.fit`; the names of the steps are passed on with the seed where there are
        several.
    fit_one
        Called with a seed and a progress function; raises `DivergedError` when its training
        leaves the finite numbers. The result of a diverged seed has status ``"nan"``.

    Returns
    -------
    One result a seed. ``seconds["fit"]`` is filled in where `fit_one` times nothing itself.
    """
    results = []
    for seed in seeds:

        def report(stage: str, done: int, total: int, seed: int = seed) -> None:
            progress(stage if len(seeds) == 1 else f"seed {seed}: {stage}", done, total)

        start = time.perf_counter()
        try:
            result = fit_one(seed, report)
        except DivergedError as error:
            result = MethodResult(status="nan", message=str(error))
        if not result.seconds:
            result = replace(result, seconds={"fit": time.perf_counter() - start})
        results.append(result)
    return results
