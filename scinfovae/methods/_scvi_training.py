"""One training of scvi-tools' SCVI, quiet, seeded, and without a trace outside the result."""

from __future__ import annotations

import logging
import os
import random
import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from scinfovae.methods.base import MethodResult
from scinfovae.methods.each_seed import DivergedError
from scinfovae.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scinfovae.methods.scvi import ScVIConfig

_CURVES = ("elbo_train", "reconstruction_loss_train", "kl_local_train")
_ACTIVE_ABOVE = 0.01


def train_scvi(
    counts: np.ndarray,
    config: ScVIConfig,
    seed: int,
    device: str,
    report: Callable[[str, int, int], None],
) -> MethodResult:
    """Train one model.

    Parameters
    ----------
    counts
        Raw counts, array of shape (n_cells, n_genes).
    config
        The choices.
    seed
        The seed of the run.
    device
        ``"cpu"`` or ``"cuda"``.
    report
        Told of every epoch.

    Returns
    -------
    Posterior means and log-variances.

    Raises
    ------
    DivergedError
        If the training leaves the finite numbers.
    """
    with warnings.catch_warnings(), _left_as_it_was():
        warnings.simplefilter("ignore")  # advice of lightning's on loaders and loggers
        import anndata as ad

        scvi = _quiet_scvi()
        scvi.settings.seed = derive_seed(seed, "scvi") % 2**31
        adata = ad.AnnData(counts.copy())
        scvi.model.SCVI.setup_anndata(adata)
        model = scvi.model.SCVI(
            adata,
            n_hidden=config.hidden,
            n_latent=config.latent_dim,
            n_layers=config.n_layers,
            dropout_rate=config.dropout,
            gene_likelihood=config.likelihood,
        )
        epochs = config.max_epochs or default_epochs(len(counts))
        _train(model, config, epochs, device, report)
        mean, variance = model.get_latent_representation(return_dist=True)
    history = {f"train.{name}": _curve(model.history, name) for name in _CURVES}
    if not np.isfinite(mean).all():
        raise DivergedError(f"the embedding is not finite after {epochs} epochs")
    active = int((mean.var(axis=0) > _ACTIVE_ABOVE).sum())
    return MethodResult(
        stages={"final": mean},
        posterior_log_variance=np.log(variance),
        history=history,
        diagnostics={"final": {"active_units": active, "collapsed": active <= 1}},
    )


def default_epochs(n_cells: int) -> int:
    """Give the epochs that scvi-tools chooses: 400, fewer above 20000 cells."""
    return max(1, min(400, round(20_000 / n_cells * 400)))


def _train(
    model: Any,
    config: ScVIConfig,
    epochs: int,
    device: str,
    report: Callable[[str, int, int], None],
) -> None:
    from lightning.pytorch.callbacks import Callback

    class Told(Callback):
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            report("train", trainer.current_epoch + 1, epochs)

    with tempfile.TemporaryDirectory() as folder:
        try:
            model.train(
                max_epochs=epochs,
                accelerator="gpu" if device == "cuda" else "cpu",
                devices=1,
                batch_size=config.batch_size,
                plan_kwargs={
                    "lr": config.learning_rate,
                    "weight_decay": config.weight_decay,
                    "n_epochs_kl_warmup": config.kl_warmup_epochs,
                },
                callbacks=[Told()],
                default_root_dir=folder,
                enable_progress_bar=False,
            )
        except ValueError as error:
            # torch's distributions refuse parameters that are not numbers
            if "nan" not in str(error).lower():
                raise
            told = str(error).strip().splitlines()[0]
            raise DivergedError(f"the training of scvi-tools diverged: {told}") from error


def _quiet_scvi() -> Any:
    """Import scvi-tools and tell lightning, which greets at every training, to keep still."""
    import scvi

    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return scvi


def _curve(history: Any, name: str) -> list[float]:
    return [float(value) for value in history[name].iloc[:, 0]] if name in history else []


@contextmanager
def _left_as_it_was() -> Iterator[None]:
    """Give back the global random numbers and the environment that lightning sets."""
    state, drawn = random.getstate(), np.random.get_state()  # noqa: NPY002
    environment = dict(os.environ)
    cuda = list(range(torch.cuda.device_count()))
    try:
        with torch.random.fork_rng(cuda):
            yield
    finally:
        random.setstate(state)
        np.random.set_state(drawn)  # noqa: NPY002
        os.environ.clear()
        os.environ.update(environment)
