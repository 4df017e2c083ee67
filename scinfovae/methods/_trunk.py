"""ScInfoVAE's network as a method, which ScInfoVAE itself and its ablations share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.model.config import ModelConfig
    from scinfovae.model.training import TrainedSeed


class TrunkMethod:
    """ScInfoVAE's network; every choice is one of `scinfovae.model.ModelConfig`."""

    def __init__(self, config: ModelConfig) -> None:
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
        """Train one model per seed in one stack; see `Method.fit`."""
        from scinfovae.fitted import train_models

        trained = train_models(
            prepared,
            self.config,
            n_clusters,
            seeds,
            device,
            progress,
            keep_snapshots="embeddings",
        )
        return [self._result(seed, prepared) for seed in trained]

    def _result(self, trained: TrainedSeed, prepared: Prepared) -> MethodResult:
        import numpy as np

        from scinfovae.fitted import FittedModel

        final = trained.stages.get("final")
        log_variance = final.log_variance if final is not None else None
        weights = dict(trained.state)
        centres = weights.pop("centres", None)
        model = None
        if not trained.message:
            if centres is None:
                shown = np.zeros((0, self.config.latent_dim), dtype=np.float32)
            else:
                shown = centres.numpy()
            model = FittedModel(self.config, prepared.reference, weights, shown)
        return MethodResult(
            status="nan" if trained.message else "ok",
            message=trained.message,
            stages={name: stage.mean.numpy() for name, stage in trained.stages.items()},
            posterior_log_variance=None if log_variance is None else log_variance.numpy(),
            history=by_stage(trained.history),
            snapshots={
                stage: {epoch: moment.mean.numpy() for epoch, moment in taken.items()}
                for stage, taken in trained.snapshots.items()
            },
            diagnostics={str(k): v for k, v in trained.diagnostics.items()},
            seconds=trained.seconds,
            model=model,
            embed=None if model is None else model.embed,
        )


def by_stage(history: dict[str, list[float | str]]) -> dict[str, list[float]]:
    """Split every curve at the stages, e.g. ``pretrain.total`` and ``fine_tune.total``."""
    stages = history.get("stage", [])
    return {
        f"{stage}.{name}": [float(v) for v, s in zip(values, stages, strict=True) if s == stage]
        for stage in dict.fromkeys(stages)
        for name, values in history.items()
        if name != "stage"
    }
