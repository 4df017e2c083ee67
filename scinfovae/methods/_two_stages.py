"""The outcome of methods that pretrain an embedding and then draw its cells to clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.methods._curves import describe_embedding
from scinfovae.methods.base import MethodResult

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.methods._curves import Curves


def two_stage_result(
    pretrained: Tensor, final: Tensor, labels: Tensor, curves: Curves, **told: Any
) -> MethodResult:
    """Put together what one seed gives.

    Parameters
    ----------
    pretrained, final
        The embedding before and after the cells were drawn to clusters, arrays of shape
        (n_cells, latent_dim).
    labels
        The method's own clusters, array of shape (n_cells,).
    curves
        Losses and times of both stages.
    **told
        What else the method tells of the final stage.

    Returns
    -------
    Both embeddings, clusters, curves; the final stage also tells how many clusters there are.
    """
    clusters = {"clusters": len(labels.unique())}
    return MethodResult(
        stages={"pretrained": pretrained.cpu().numpy(), "final": final.cpu().numpy()},
        own_labels=labels.cpu().numpy(),
        history=curves.history,
        diagnostics={
            "pretrained": describe_embedding(pretrained),
            "final": describe_embedding(final) | clusters | told,
        },
        seconds=curves.seconds,
    )
