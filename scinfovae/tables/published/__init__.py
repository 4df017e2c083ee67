"""Results others published on the same 15 datasets, with their source.

``runs.csv`` holds one row per harness, method, dataset and run: ARI, NMI, silhouette and
Calinski-Harabasz as printed by the repositories of graph-sc and contrastive-sc. Rows of kind
``figure`` were read off their vector figures; among them ``run=mean`` is a mean, never to be
averaged with runs. ``best.csv`` holds the best published means and some single results,
``cv.csv`` a published table of coefficients of variation. All are made by
``scripts/carry_published.py``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

File = Literal["runs", "best", "cv"]
METRICS = ("ari", "nmi", "silhouette", "calinski_harabasz")

# our method and clusterer -> harness and name there
COUNTERPARTS = {
    ("contrastive_sc", "kmeans"): ("contrastive-sc", "contrastive+KM"),
    ("contrastive_sc", "leiden"): ("contrastive-sc", "contrastive+LD"),
    ("contrastive_sc", "spectral"): ("contrastive-sc", "contrastive+Spectral Clust"),
    ("contrastive_sc", "gmm"): ("contrastive-sc", "contrastive+GMM"),
    ("contrastive_sc", "ward"): ("contrastive-sc", "contrastive+Ward Hierarchical Clust"),
    ("desc", "own"): ("graph-sc", "desc"),
    ("graph_sc", "kmeans"): ("graph-sc", "graph-sc(KM)"),
    ("graph_sc", "leiden"): ("graph-sc", "graph-sc(LD)"),
    ("graph_sc", "gmm"): ("graph-sc", "graph-sc+GMM"),
    ("graph_sc", "ward"): ("graph-sc", "graph-sc+Ward Hierarchical Clust"),
    ("scanpy_leiden", "own"): ("graph-sc", "scanpy-seurat"),
    ("scdeepcluster", "own"): ("graph-sc", "scDeepCluster"),
    ("scgnn", "own"): ("graph-sc", "scGNN"),
    ("scvi", "leiden"): ("graph-sc", "scvi"),
    ("sczidesk", "own"): ("graph-sc", "scziDesk"),
}
# they exist only in R, or no longer run: published rows are all there is
ONLY_PUBLISHED = {
    "cidr": "CIDR",
    "soup": "SOUP",
    "raceid": "RaceID",
    "scrna": "scRNA",
    "scedar": "scedar",
}


@dataclass(frozen=True)
class PublishedScore:
    """What a method scored on one dataset, as published.

    Attributes
    ----------
    harness, method
        Who ran what.
    mean, sd
        Over its runs; the standard deviation is NaN where runs are not listed one by one.
    n
        How many runs.
    kind
        ``"run"`` if the numbers were printed, ``"figure"`` if they were read off a figure.
    remark, source
        What sets it apart, and where it stands.
    """

    harness: str
    method: str
    mean: float
    sd: float
    n: int
    kind: str
    remark: str
    source: str


@functools.cache
def read(name: File) -> pd.DataFrame:
    """Read one of the tables.

    Parameters
    ----------
    name
        ``"runs"``, ``"best"`` or ``"cv"``.

    Returns
    -------
    The table; read once per process, so do not change it.
    """
    import pandas as pd

    frame = pd.read_csv(Path(__file__).parent / f"{name}.csv", dtype={"run": str})
    texts = [column for column in ("remark", "source", "run") if column in frame]
    return frame.assign(**{column: frame[column].fillna("") for column in texts})


@functools.cache
def published_score(harness: str, method: str, dataset: str, metric: str) -> PublishedScore | None:
    """Look up what a method scored.

    Parameters
    ----------
    harness, method
        As in ``runs.csv``.
    dataset
        Our id of the full dataset.
    metric
        One of `METRICS`.

    Returns
    -------
    Mean and spread over its printed runs, or what a figure shows; None if it is not published.
    """
    if metric not in METRICS:
        return None
    whole = _by_name().get((harness, method, dataset))
    if whole is None or whole[metric].isna().all():
        return None
    rows = whole.dropna(subset=[metric])
    printed, single = rows[rows["kind"] == "run"], rows["run"] != "mean"
    values = (printed if len(printed) else rows[single])[metric]
    means = values if len(printed) else rows[~single][metric]
    first = rows.iloc[0]
    return PublishedScore(
        harness=harness,
        method=method,
        mean=float((means if len(means) else values).mean()),
        sd=float(values.std(ddof=1)),
        n=int((whole["run"] != "mean").sum()),
        kind=str(first["kind"]),
        remark=str(first["remark"]),
        source=str(first["source"]),
    )


@functools.cache
def _by_name() -> dict[Any, pd.DataFrame]:
    return dict(iter(read("runs").groupby(["harness", "method", "dataset"])))


@functools.cache
def best_published(dataset: str, metric: str) -> PublishedScore | None:
    """Look up the best mean over several runs that was published for a dataset.

    Parameters
    ----------
    dataset
        Our id of the full dataset.
    metric
        ``"ari"``, ``"nmi"`` or ``"accuracy"``.

    Returns
    -------
    The best row; None if there is none. Single results, and settings chosen with labels, do not
    count.
    """
    frame = read("best")
    if metric not in frame:
        return None
    means = frame[frame["kind"].isin(("harness", "benchmark")) & (frame["dataset"] == dataset)]
    known = means.dropna(subset=[metric])
    if known.empty:
        return None
    row = known.sort_values(metric, kind="stable").iloc[-1]
    n, nan = (3 if row["kind"] == "harness" else 5), float("nan")
    told = (str(row["method"]), float(row[metric]), nan, n, "run", str(row["remark"]))
    return PublishedScore(str(row["kind"]), *told, str(row["source"]))
