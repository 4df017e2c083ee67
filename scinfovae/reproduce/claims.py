"""The claims of the paper, in its order, each with what would decide it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from scinfovae.errors import UsageError, did_you_mean
from scinfovae.reproduce import ablations, averages, neighbours, robustness, scores, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison


@dataclass(frozen=True)
class Claim:
    """A claim and its check.

    Attributes
    ----------
    name
        Its name on the command line.
    words, where
        What the paper says, quoted or in our words, and where it says so.
    asks
        What is measured, and what decides.
    check
        Measures it.
    experiment
        The experiment whose sweep makes the runs.
    """

    name: str
    words: str
    where: str
    asks: str
    check: Callable[[Evidence], list[Comparison]]
    experiment: str


CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        Claim(
            "ari_no_worse",
            "“our method provides high clustering performance” on 15 real datasets: its ARI with "
            "K-means, spectral clustering and RSC is no worse than that of the other methods",
            "abstract; Fig. 2",
            "paired difference in ARI over datasets, lower 95 % bound above −.02",
            scores.ari_no_worse,
            "comparison",
        ),
        Claim(
            "infovae_above_vae",
            "the extended mutual information term raises the ARI above that of a plain VAE, on "
            "five datasets",
            "Supp. Fig. 9",
            "paired difference in ARI over datasets, lower 95 % bound above 0",
            partial(ablations.infovae_above, other="vae"),
            "ablation",
        ),
        Claim(
            "infovae_above_ae",
            "the extended objective clusters better than the reconstruction alone, the same "
            "network as a plain autoencoder",
            "implied; ablation",
            "paired difference in ARI over datasets, lower 95 % bound above 0",
            partial(ablations.infovae_above, other="ae"),
            "ablation",
        ),
        Claim(
            "information_kept",
            "the mutual information term keeps z informative and its posterior near the prior: "
            "more NMI, active units and mutual information than VAE and AE, and an aggregate "
            "posterior nearer to the prior than that of the VAE",
            "methods section; ablation",
            "paired differences over datasets, lower 95 % bounds above 0",
            ablations.information_kept,
            "ablation",
        ),
        Claim(
            "mmd_no_worse",
            "of three divergences, MMD, Jensen–Shannon and Stein, the MMD is the choice",
            "methods section; ablation",
            "paired difference in ARI and NMI over datasets, lower 95 % bound above −.02",
            ablations.mmd_no_worse,
            "ablation",
        ),
        Claim(
            "fine_tuning_helps",
            "fine-tuning by self-training improves the clusters of the pretrained embedding",
            "methods section; ablation",
            "paired difference in ARI and NMI over datasets, the same runs before and after, "
            "lower 95 % bound above 0",
            ablations.fine_tuning_helps,
            "comparison",
        ),
        Claim(
            "zinb_above",
            "the zero-inflated negative binomial suits the counts better than the negative "
            "binomial and the squared error",
            "methods section; ablation",
            "paired difference in ARI and NMI over datasets, lower 95 % bound above 0",
            ablations.zinb_above,
            "ablation",
        ),
        Claim(
            "cv_average",
            "the coefficient of variation over runs (ARI, NMI, CH, silhouette) is at the average "
            "of the methods",
            "stability figure",
            "mean CV of the other methods minus that of ScInfoVAE, lower 95 % bound above −.02",
            averages.cv_average,
            "comparison",
        ),
        Claim(
            "cv_same",
            "the coefficient of variation is the same for K-means and RSC",
            "stability figure",
            "difference in CV, 95 % interval within ±.02",
            averages.cv_same,
            "comparison",
        ),
        Claim(
            "time_median",
            "the run time lies at the median of the methods",
            "Supp. Fig. 8",
            "ln(median of the other methods' seconds / seconds of ScInfoVAE), preprocessing aside, "
            "lower 95 % bound above −.02, that is at most 2 % slower",
            seconds.time_median,
            "comparison",
        ),
        Claim(
            "time_hvg",
            "500 highly variable genes take less time than all genes",
            "complexity section",
            "ln(seconds on all genes / seconds on 500), preprocessing aside, lower 95 % bound "
            "above 0",
            seconds.time_hvg,
            "genes",
        ),
        Claim(
            "knn_above_tsne",
            "“the low-dimensional representation learned by ScInfoVAE retains local and global "
            "neighborhood structure data well”: its kNN preservation is above that of t-SNE",
            "abstract; Fig. 5",
            "paired difference over draws of the points of Fig. 4, lower 95 % bound above 0, in "
            "both definitions",
            neighbours.knn_above_tsne,
            "figure4",
        ),
        Claim(
            "robust_parameters",
            "the results are robust to the parameters: latent dimension 2 to 50, 250 to 2000 "
            "highly variable genes, λ and γ",
            "supplement",
            "paired difference in ARI against the default, lower 95 % bound above −.02, for every "
            "value",
            robustness.robust_parameters,
            "robustness",
        ),
        Claim(
            "robust_cells",
            "the results are robust to the number of cells: 25, 50 and 100 %",
            "supplement",
            "paired difference in ARI against all cells, lower 95 % bound above −.02",
            robustness.robust_cells,
            "cells",
        ),
        Claim(
            "rsc_memory",
            "RSC needs less memory on the embedding than on the genes",
            "RSC section",
            "ln(bytes on 500 genes / bytes on the embedding), lower 95 % bound above 0",
            robustness.rsc_memory,
            "rsc_on_genes",
        ),
    )
}


def claim_of(name: str) -> Claim:
    """Look a claim up.

    Parameters
    ----------
    name
        Its name.

    Returns
    -------
    The claim.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in CLAIMS:
        raise UsageError(
            f"there is no claim '{name}'.{did_you_mean(name, CLAIMS)} "
            f"Known are {', '.join(CLAIMS)}."
        )
    return CLAIMS[name]
