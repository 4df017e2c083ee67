"""Claims about what the scores depend on, and about the memory of RSC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.reproduce.measures import OURS, log_memory_of, score_of
from scinfovae.reproduce.values import compare, side
from scinfovae.reproduce.verdict import ABOVE, NO_WORSE

if TYPE_CHECKING:
    from scinfovae.reproduce.evidence import Evidence
    from scinfovae.reproduce.verdict import Comparison

# key of a variant -> its heading, the values of the experiment, and what the claim covers
PARAMETERS: dict[str, tuple[str, tuple[float, ...], tuple[float, float]]] = {
    "latent_dim": ("latent dimension", (2, 5, 20, 50), (2, 50)),
    "preprocessing.n_hvg": ("HVG", (250, 1000, 2000), (250, 2000)),
    "lambda_": ("λ", (1, 100), (0, float("inf"))),
    "gamma": ("γ", (10, 1000), (0, float("inf"))),
}
FRACTIONS = (0.25, 0.5)
GENES = "genes"


def robust_parameters(evidence: Evidence) -> list[Comparison]:
    """Compare every value of a parameter with the default, all else equal.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per value: those of the experiment, and others in the range of the claim that
    were run.
    """
    per_run = score_of("kmeans", "ari")
    default = side(evidence, OURS, per_run)
    return [
        compare(
            f"ScInfoVAE (KM) with {title} {value:g} − default",
            "ARI",
            side(evidence, OURS, per_run, variant=variant),
            default,
            margin=NO_WORSE,
        )
        for variant, title, value in _variants(evidence)
    ]


def _variants(evidence: Evidence) -> list[tuple[str, str, float]]:
    """List the variants that differ in one parameter only, with its heading and value."""
    runs = evidence.runs
    texts = set(runs.loc[runs["method"] == OURS, "variant"])
    found = []
    for key, (title, planned, (least, most)) in PARAMETERS.items():
        values = {value: f"{key}={int(value)}" for value in planned}
        for text in texts:
            name, _, said = text.partition("=")
            value = _number(said)
            if name == key and value is not None and least <= value <= most:
                values[value] = text
        found += [(text, title, value) for value, text in sorted(values.items())]
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def robust_cells(evidence: Evidence) -> list[Comparison]:
    """Compare shares of the cells with all of them.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison per share.
    """
    per_run = score_of("kmeans", "ari")
    whole = side(evidence, OURS, per_run)
    return [
        compare(
            f"ScInfoVAE (KM) on {fraction:.0%} of the cells − on all",
            "ARI",
            side(evidence, OURS, per_run, fraction=fraction),
            whole,
            margin=NO_WORSE,
        )
        for fraction in FRACTIONS
    ]


def rsc_memory(evidence: Evidence) -> list[Comparison]:
    """Compare the memory of RSC on the genes with that of RSC on the embedding.

    Parameters
    ----------
    evidence
        What counts.

    Returns
    -------
    One comparison of logarithms; positive where RSC needs less on the embedding.
    """
    per_run = log_memory_of("rsc")
    return [
        compare(
            "RSC on 500 genes − RSC on the embedding of ScInfoVAE",
            "ln bytes",
            side(evidence, GENES, per_run),
            side(evidence, OURS, per_run),
            margin=ABOVE,
        )
    ]
