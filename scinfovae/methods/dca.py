"""DCA (Eraslan et al. 2019): denoise the counts, then cluster the components of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from scinfovae.errors import UsageError
from scinfovae.methods._checks import check_above_zero, check_at_least, check_widths
from scinfovae.methods._from_counts import CountMethod
from scinfovae.methods.base import MethodInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.data.preprocessing import Prepared
    from scinfovae.methods.base import MethodResult
    from scinfovae.model.cells import TrainingData

DCALikelihood = Literal["zinb", "nb"]
Embed = Literal["denoised", "bottleneck"]


@dataclass(frozen=True)
class DCAConfig:
    """Choices of DCA; the defaults are its authors' where they set one.

    Attributes
    ----------
    hidden
        Widths of the hidden layers, the bottleneck in the middle.
    likelihood
        ``"zinb"``, as in the paper, or ``"nb"``, the default of the authors' later releases.
    ridge
        Weight of the mean squared dropout probability in the loss.
    embed
        ``"denoised"``: principal components of the denoised values, normalised and logged;
        ``"bottleneck"``: pre-activations of the middle layer.
    n_components
        How many principal components; the comparison in the paper of scDeepCluster clusters 2.
    batch_size
        Cells in a minibatch.
    epochs
        Most passes over the cells.
    learning_rate
        Of RMSprop, at the start.
    clip_gradient
        Every entry of the gradient is clipped at plus and minus this value.
    held_out_fraction
        Share of cells that only tells when to stop.
    reduce_patience
        Divide the learning rate by 10 when the held-out loss has not improved for so many
        epochs; 0 never does.
    stop_patience
        Stop when the held-out loss has not improved for so many epochs; 0 never does.
    """

    hidden: tuple[int, ...] = (64, 32, 64)
    likelihood: DCALikelihood = "zinb"
    ridge: float = 0.0
    embed: Embed = "denoised"
    n_components: int = 50
    batch_size: int = 32
    epochs: int = 300
    learning_rate: float = 1e-3
    clip_gradient: float = 5.0
    held_out_fraction: float = 0.1
    reduce_patience: int = 10
    stop_patience: int = 15

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        for key, kind in {"likelihood": DCALikelihood, "embed": Embed}.items():
            value, allowed = getattr(self, key), get_args(kind)
            if value not in allowed:
                raise UsageError(f"{key}={value!r} is unknown; choose {' or '.join(allowed)}.")
        check_widths(self, "hidden")
        check_at_least(self, ridge=0, n_components=1, batch_size=2, epochs=0)
        check_at_least(self, reduce_patience=0, stop_patience=0)
        check_above_zero(self, "learning_rate", "clip_gradient")
        if not 0 < self.held_out_fraction <= 0.5:
            raise UsageError(
                f"held_out_fraction={self.held_out_fraction} must lie above 0, at most at 0.5."
            )


class DCAMethod(CountMethod):
    """Autoencoder of the counts whose decoded means take the place of the counts."""

    config: DCAConfig

    def train(
        self,
        prepared: Prepared,
        data: TrainingData,
        n_clusters: int,
        seed: int,
        report: Callable[[str, int, int], None],
    ) -> MethodResult:
        """Denoise the counts; see `CountMethod.train`."""
        from scinfovae.methods._dca import train

        return train(prepared, data, self.config, seed, report)


INFO = MethodInfo(
    name="dca",
    title="DCA",
    version=1,
    citation=(
        "Eraslan, Simon, Mircea, Mueller & Theis 2019, Nature Communications 10:390, "
        "doi 10.1038/s41467-018-07931-2"
    ),
    summary="Principal components of counts denoised by an autoencoder (ZINB).",
    needs_k=False,
    stochastic=True,
    own_recipe={
        "min_cell_fraction": 0.0,
        "min_gene_fraction": 0.0,
        "min_gene_counts": 1,
        "min_cell_counts": 1,
        "n_hvg": None,
        "clip": None,
    },
    config_class=DCAConfig,
    method_class=DCAMethod,
)
