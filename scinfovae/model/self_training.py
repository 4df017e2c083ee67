"""Self-training: Student assignments to trained centres, sharpened targets, their KL (Eq. 9-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.model.divergence import squared_distances

if TYPE_CHECKING:
    from torch import Tensor

    from scinfovae.model.config import Target


def soft_assignment(embedding: Tensor, centres: Tensor, t_dof: float = 1.0) -> Tensor:
    """Student-t similarity of each cell to each centre, normalised over centres (Eq. 9).

    Parameters
    ----------
    embedding
        Array of shape (n_seeds, n_cells, latent_dim).
    centres
        Array of shape (n_seeds, n_clusters, latent_dim).
    t_dof
        Degrees of freedom nu; the exponent is -(nu + 1) / 2.

    Returns
    -------
    Array of shape (n_seeds, n_cells, n_clusters), rows sum to 1.
    """
    similarity = (1 + squared_distances(embedding, centres) / t_dof) ** (-(t_dof + 1) / 2)
    return similarity / similarity.sum(-1, keepdim=True)


def target_distribution(q: Tensor, target: Target = "paper") -> Tensor:
    """Sharpened assignments p (Eq. 10).

    Parameters
    ----------
    q
        Array of shape (n_seeds, n_cells, n_clusters).
    target
        ``"paper"``: frequencies f_j summed over cells; ``"literal"``: as printed, over clusters.

    Returns
    -------
    Array of the shape of `q`, rows sum to 1.
    """
    frequency = q.sum(dim=1 if target == "paper" else 2, keepdim=True)
    weight = q**2 / frequency
    return weight / weight.sum(-1, keepdim=True)


def clustering_kl(p: Tensor, q: Tensor) -> Tensor:
    """KL(P || Q), mean over cells (Eq. 11 over n), nats; array of shape (n_seeds,)."""
    tiny = 1e-30 if p.dtype.itemsize < 8 else 1e-300
    log_ratio = p.clamp(min=tiny).log() - q.clamp(min=tiny).log()
    return (p * log_ratio).sum(-1).mean(-1)
