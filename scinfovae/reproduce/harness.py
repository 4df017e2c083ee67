"""Checks of the harness itself against known answers; one that fails is an error of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from scinfovae.errors import ScInfoVAEError
from scinfovae.reproduce import figure4_map
from scinfovae.reproduce.controls import check_controls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scinfovae.data.request import DatasetRequest
    from scinfovae.reproduce.evidence import Evidence

State = Literal["ok", "failed", "not checked"]


@dataclass(frozen=True)
class HarnessCheck:
    """What became of one check.

    Attributes
    ----------
    name, asks
        The check, and what must be true.
    state, message
        Whether it is, and what was found.
    """

    name: str
    asks: str
    state: State
    message: str


def check_harness(
    evidence: Evidence,
    predictions: Path | None,
    index: Path | None,
    requests: Sequence[DatasetRequest],
) -> list[HarnessCheck]:
    """Do every check for which there is something to check.

    Parameters
    ----------
    evidence
        The finished runs.
    predictions, index
        Published per-cell predictions and their scores, as for `verify_predictions`; None if they
        are not at hand.
    requests
        The datasets they may belong to; the network is never used.

    Returns
    -------
    The checks.

    Raises
    ------
    DataError
        If predictions are named that cannot be read, or a dataset that is at hand cannot be used.
    """
    return [
        _published_predictions(predictions, index, requests),
        _controls(evidence),
        _map_of_figure4(),
    ]


def _published_predictions(
    predictions: Path | None, index: Path | None, requests: Sequence[DatasetRequest]
) -> HarnessCheck:
    name = "published predictions"
    asks = "published per-cell predictions get their published ARI and NMI to 4 decimals"
    if predictions is None:
        told = "no predictions at hand: give --predictions FILE, and data.mirror=DIR for the data"
        return HarnessCheck(name, asks, "not checked", told)
    from scinfovae.data.verify import verify_predictions

    datasets = _at_hand(requests)
    checks = verify_predictions(predictions, datasets, index)
    if not checks:
        told = (
            f"no dataset with predictions in '{predictions.name}' is at hand: give data.mirror=DIR "
            "or fetch it with 'scinfovae-bench datasets fetch'"
        )
        return HarnessCheck(name, asks, "not checked", told)
    wrong = [check.key for check in checks if not check.ok]
    on = f"{len({check.dataset for check in checks})} datasets"
    if len(datasets) < len(requests):
        on += f" ({len(requests) - len(datasets)} more are not at hand)"
    if wrong:
        told = f"{len(wrong)} of {len(checks)} on {on} differ, the first {wrong[0]}"
        return HarnessCheck(name, asks, "failed", told)
    return HarnessCheck(name, asks, "ok", f"{len(checks)} of {len(checks)} on {on}")


def _at_hand(requests: Sequence[DatasetRequest]) -> list[Any]:
    """Load the datasets whose files are on this machine."""
    from scinfovae.data.dataset import load_dataset
    from scinfovae.data.download import fetch
    from scinfovae.data.request import resolve_spec

    found = []
    for request in requests:
        try:
            fetch(
                resolve_spec(request),
                cache_dir=request.cache_dir,
                mirror=request.mirror,
                offline=True,
            )
        except ScInfoVAEError:
            continue
        found.append(load_dataset(request))
    return found


def _controls(evidence: Evidence) -> HarnessCheck:
    found = check_controls(evidence)
    name = "controls in order"
    asks = "random labels and embeddings score as chance does, methods above them, the oracle 1"
    if not found.datasets:
        told = "no control was run: scinfovae-bench sweep method=control,pca dataset=at_hand"
        return HarnessCheck(name, asks, "not checked", told)
    if found.problems:
        return HarnessCheck(name, asks, "failed", "; ".join(found.problems))
    told = f"{', '.join(found.controls)} on {', '.join(found.datasets)}"
    return HarnessCheck(name, asks, "ok", told)


def _map_of_figure4() -> HarnessCheck:
    difference = figure4_map.largest_difference()
    name = "9-D map of Fig. 4"
    asks = f"the map reproduces published points to {figure4_map.TOLERANCE:g}"
    state: State = "ok" if difference <= figure4_map.TOLERANCE else "failed"
    n_points = len(figure4_map.PUBLISHED_2D)
    return HarnessCheck(
        name, asks, state, f"largest difference {difference:.1g}, {n_points} points"
    )
