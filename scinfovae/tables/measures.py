"""What the tables measure, and the clusterers they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Space = Literal["labels", "common", "own"]


@dataclass(frozen=True)
class Measure:
    """One metric of the tables; of all of them, more is better.

    Attributes
    ----------
    name, title
        Its name in records and files, and in headings.
    digits
        Decimals in print; files for machines hold all of them.
    space
        What it compares: labels, clusters in the space common to all methods, or clusters in the
        method's own embedding, where values of two methods have no common scale.
    """

    name: str
    title: str
    digits: int
    space: Space

    @property
    def is_comparable(self) -> bool:
        """Whether two methods can be compared by it."""
        return self.space != "own"


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("ari", "ARI", 3, "labels"),
        Measure("nmi", "NMI", 3, "labels"),
        Measure("accuracy", "accuracy", 3, "labels"),
        Measure("homogeneity", "homogeneity", 3, "labels"),
        Measure("completeness", "completeness", 3, "labels"),
        Measure("silhouette_common", "silhouette (PCA-50)", 3, "common"),
        Measure("calinski_harabasz_common", "CH (PCA-50)", 0, "common"),
        Measure("silhouette", "silhouette (own)", 3, "own"),
        Measure("calinski_harabasz", "CH (own)", 0, "own"),
    )
}
CLUSTERERS = {
    "kmeans": "K-means",
    "spectral": "spectral",
    "rsc": "RSC",
    "leiden": "Leiden",
    "gmm": "mixture",
    "ward": "Ward",
    "kmeans_silhouette": "K-means, K by silhouette",
    "kmeans_calinski_harabasz": "K-means, K by CH",
    "kmeans_consensus": "K-means, K by consensus",
    "own": "own",
}


def clusterer_title(key: str) -> str:
    """Name a clusterer for a heading.

    Parameters
    ----------
    key
        Its key in records, e.g. ``"kmeans@1a2b3c4d"`` where its parameters are not the defaults.

    Returns
    -------
    E.g. ``"K-means @1a2b3c4d"``.
    """
    name, at, params = key.partition("@")
    title = CLUSTERERS.get(name, name)
    return f"{title} @{params}" if at else title


def clusterer_order(key: str) -> tuple[int, str]:
    """Sort clusterers as they are usually named, others after them.

    Parameters
    ----------
    key
        The key of a clusterer.

    Returns
    -------
    A sort key.
    """
    names = list(CLUSTERERS)
    name = key.partition("@")[0]
    return (names.index(name) if name in names else len(names), key)
