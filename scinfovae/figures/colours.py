"""One colour, marker and hatch a method, the same in every figure.

The first colours are those of Okabe & Ito and of Paul Tol's "muted" scheme, which people with any
common colour blindness tell apart. More than twenty methods cannot be told by hue alone, so bars
carry a hatch by kind of method, and points and lines a marker; where there is room, the name
stands beside what is drawn.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

OURS = "scinfovae"


@dataclass(frozen=True)
class Look:
    """How a method is drawn.

    Attributes
    ----------
    colour
        Of bars, lines and points.
    marker, hatch, dash
        Told apart without colour.
    """

    colour: str
    marker: str = "o"
    hatch: str = ""
    dash: str = "-"


_ABLATION, _BASELINE, _CONTROL = "////", "----", "xxxx"
LOOKS = {
    "scinfovae": Look("#D55E00", "o"),
    "scinfovae_consensus": Look("#8C2D04", "8"),
    "contrastive_sc": Look("#E69F00", "^"),
    "dca": Look("#009E73", "s"),
    "desc": Look("#CC79A7", "D"),
    "graph_sc": Look("#7FA25B", ">"),
    "scdeepcluster": Look("#0072B2", "v"),
    "scgnn": Look("#A8673C", "p"),
    "scvae": Look("#882255", "P"),
    "scvi": Look("#56B4E9", "X"),
    "sczidesk": Look("#332288", "<"),
    "ae": Look("#999933", "^", _ABLATION, "--"),
    "beta_vae": Look("#44AA99", "s", _ABLATION, "--"),
    "infovae_js": Look("#AA4499", "D", _ABLATION, "--"),
    "infovae_mmd": Look("#CC6677", "v", _ABLATION, "--"),
    "infovae_stein": Look("#661100", "P", _ABLATION, "--"),
    "vae": Look("#117733", "X", _ABLATION, "--"),
    "genes": Look("#A0A0A0", "^", _BASELINE, ":"),
    "nmf": Look("#DDAA33", "s", _BASELINE, ":"),
    "pca": Look("#555555", "D", _BASELINE, ":"),
    "pca_umap": Look("#DDCC77", "v", _BASELINE, ":"),
    "scanpy_leiden": Look("#88CCEE", "P", _BASELINE, ":"),
    "scanpy_louvain": Look("#77AADD", "X", _BASELINE, ":"),
    "tsne": Look("#004488", "<", _BASELINE, ":"),
    "oracle_labels": Look("#CFCFCF", "*", _CONTROL, "-."),
    "random_embedding": Look("#E3E3E3", "d", _CONTROL, "-."),
    "random_labels": Look("#BEBEBE", "h", _CONTROL, "-."),
}
# for methods from outside the package: always the same one for the same name
_OTHERS = ("#7A6E5D", "#5D7A6E", "#6E5D7A", "#8C7B3F", "#3F7B8C", "#8C3F7B")
_OTHER_MARKERS = ("<", ">", "p", "H", "8")

# ScInfoVAE stands several times in one panel, once a clusterer
CLUSTERER_HATCHES = {"kmeans": "", "spectral": "\\\\\\\\", "rsc": "||||", "leiden": "oooo"}


def look(method: str) -> Look:
    """Say how a method is drawn.

    Parameters
    ----------
    method
        Its name in records.

    Returns
    -------
    Its look; for a method that is not known here one that depends on its name alone.
    """
    if method in LOOKS:
        return LOOKS[method]
    number = zlib.crc32(method.encode())
    marker = _OTHER_MARKERS[number // len(_OTHERS) % len(_OTHER_MARKERS)]
    return Look(_OTHERS[number % len(_OTHERS)], marker, "oo")
