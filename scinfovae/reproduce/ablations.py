"""Claims about the parts of ScInfoVAE: objective, divergence, fine-tuning and likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.reproduce.measures import CLUSTERERS, OURS, diagnostic_of, score_of, title_of
from scinfovae.reproduce.values import compare, side
from scinfovae.reproduce.verdict import ABOVE, NO_WORSE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison

AE, VAE = "ae", "vae"
MMD, JS, STEIN = "infovae_mmd", "infovae_js", "infovae_stein"
METRICS = ("ari", "nmi")


def infovae_above(evidence: Evidence, other: str) -> list[Comparison]:
    """Compare the ARI of ScInfoVAE with that of the same network with another objective.

    Parameters
    ----------
    evidence
        What counts.
    other
        The ablation: ``"vae"`` or ``"ae"``.

    Returns
    -------
    One comparison per clusterer.
    """
    return [_scored(evidence, OURS, other, clusterer, "ari", ABOVE) for clusterer in CLUSTERERS]


def information_kept(evidence: Evidence) -> list[Comparison]:
    """Compare what the latent space of ScInfoVAE holds with those of the VAE and the AE.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    NMI of K-means and active units against both, no fewer of these than the AE, which has nothing
    that could switch them off; against the VAE, which has a posterior, also the mutual information
    and how near all posteriors together come to the prior. Diagnostics are those before
    fine-tuning.
    """
    found = [_scored(evidence, OURS, other, "kmeans", "nmi", ABOVE) for other in (VAE, AE)]
    found.append(_told(evidence, VAE, "active_units", "active units"))
    found.append(_told(evidence, AE, "active_units", "active units", NO_WORSE))
    found.append(_told(evidence, VAE, "mutual_information", "MI, nats"))
    ours, theirs = (side(evidence, name, diagnostic_of("mmd")) for name in (OURS, VAE))
    label = f"{title_of(VAE)} − ScInfoVAE, distance of q(z) from the prior"
    return [*found, compare(label, "MMD", theirs, ours, margin=ABOVE)]


def mmd_no_worse(evidence: Evidence) -> list[Comparison]:
    """Compare the maximum mean discrepancy with the two other divergences.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per divergence and metric, with K-means.
    """
    return [
        _scored(evidence, MMD, other, "kmeans", metric, NO_WORSE)
        for other in (JS, STEIN)
        for metric in METRICS
    ]


def fine_tuning_helps(evidence: Evidence) -> list[Comparison]:
    """Compare ScInfoVAE after fine-tuning with the same runs before it.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per clusterer and metric.
    """
    return [
        compare(
            f"ScInfoVAE ({title}), fine-tuned − pretrained",
            metric.upper(),
            side(evidence, OURS, score_of(clusterer, metric)),
            side(evidence, OURS, score_of(clusterer, metric, "pretrained")),
            margin=ABOVE,
        )
        for clusterer, title in CLUSTERERS.items()
        for metric in METRICS
    ]


def zinb_above(evidence: Evidence) -> list[Comparison]:
    """Compare the zero-inflated likelihood with the plain one and with the squared error.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per other reconstruction and metric, with K-means.
    """
    return list(_likelihoods(evidence, ("nb", "mse")))


def _likelihoods(evidence: Evidence, others: Sequence[str]) -> Iterator[Comparison]:
    for other in others:
        for metric in METRICS:
            per_run = score_of("kmeans", metric)
            yield compare(
                f"{title_of(MMD)} (KM) with ZINB − with {other.upper()}",
                metric.upper(),
                side(evidence, MMD, per_run),
                side(evidence, MMD, per_run, variant=f"likelihood={other}"),
                margin=ABOVE,
            )


def _scored(
    evidence: Evidence, method: str, other: str, clusterer: str, metric: str, margin: float
) -> Comparison:
    """Compare a score of two methods with the same clusterer."""
    per_run = score_of(clusterer, metric)
    inside = CLUSTERERS[clusterer]
    label = f"{title_of(method)} ({inside}) − {title_of(other)} ({inside})"
    sides = (side(evidence, name, per_run) for name in (method, other))
    return compare(label, metric.upper(), *sides, margin=margin)


def _told(
    evidence: Evidence, other: str, name: str, unit: str, margin: float = ABOVE
) -> Comparison:
    """Compare a diagnostic of ScInfoVAE with that of another method; more is better."""
    per_run = diagnostic_of(name)
    sides = (side(evidence, method, per_run) for method in (OURS, other))
    return compare(f"ScInfoVAE − {title_of(other)}, {unit}", unit, *sides, margin=margin)
