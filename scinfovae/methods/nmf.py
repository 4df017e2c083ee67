"""Non-negative matrix factorisation of the log-normalised values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.methods._checks import check_at_least
from scinfovae.methods.base import MethodInfo, MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared


@dataclass(frozen=True)
class NMFConfig:
    """Choices of NMF.

    Attributes
    ----------
    n_components
        Parts, and so dimensions of the embedding; null takes K.
    max_iter
        Most sweeps of the coordinate descent.
    tolerance
        Stop when the error falls by less than this share of the first step's.
    """

    n_components: int | None = None
    max_iter: int = 500
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        check_at_least(self, or_null=True, n_components=1)
        check_at_least(self, max_iter=1, tolerance=0)


class NMFMethod:
    """NMF from a deterministic start: the same embedding for every seed."""

    def __init__(self, config: NMFConfig) -> None:
        self.config = config

    def fit(
        self,
        prepared: Prepared,
        *,
        n_clusters: int,
        seeds: Sequence[int],
        device: str,
        progress: Callable[[str, int, int], None],
    ) -> list[MethodResult]:
        """Factorise the values before scaling, which are not negative; see `Method.fit`."""
        import warnings

        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning

        config = self.config
        start = time.perf_counter()
        progress("nmf", 0, 1)
        values = prepared.normalized()
        parts = min(config.n_components or n_clusters, *values.shape)
        factors = NMF(
            n_components=parts,
            init="nndsvda",
            max_iter=config.max_iter,
            tol=config.tolerance,
            random_state=0,  # of the randomised SVD the start is made of
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # told in the diagnostics
            embedding = factors.fit_transform(values)
        progress("nmf", 1, 1)
        told = {
            "iterations": int(factors.n_iter_),
            "converged": bool(factors.n_iter_ < config.max_iter),
            "reconstruction_error": float(factors.reconstruction_err_),
        }
        seconds = {"fit": time.perf_counter() - start}
        return [
            MethodResult(
                stages={"final": embedding}, diagnostics={"final": dict(told)}, seconds=seconds
            )
            for _ in seeds
        ]


INFO = MethodInfo(
    name="nmf",
    title="NMF",
    version=1,
    citation="Lee & Seung 1999, Nature 401:788, doi 10.1038/44565",
    summary="Non-negative factors of the log-normalised values, as many as clusters.",
    needs_k=True,
    stochastic=False,
    kind="baseline",
    config_class=NMFConfig,
    method_class=NMFMethod,
)
