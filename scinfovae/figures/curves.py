"""The curves that a training recorded, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.bench.records.folders import present
from scinfovae.figures.drawing import stack

if TYPE_CHECKING:
    from scinfovae.figures.stored import Stored

MEMBERS = "members"
CONSENSUS = "consensus_ari"
_STAGES = ("pretrain", "fine_tune")


def kinds_of(stored: Stored) -> list[str]:
    """Name the kinds of models whose trainings a run recorded.

    Parameters
    ----------
    stored
        The run.

    Returns
    -------
    ``[""]`` for a method with one model; where several kinds were trained, each with epochs of its
    own, what stands before the stage (``"decoded"`` of ``decoded_pretrain``); empty without curves.
    """
    return list(dict.fromkeys(_split(stage)[0] for stage in _columns(stored)))


def read_curves(stored: Stored, kind: str = "") -> Any:
    """Read the curves of a run.

    Parameters
    ----------
    stored
        The run.
    kind
        One of `kinds_of`.

    Returns
    -------
    One row per stage (in the order of the record, that of training), curve and epoch, epochs
    counted on over the stages, with the K-means ARI of
    the snapshots where they were scored (that of a consensus by the percent of its models' epochs);
    None if none were recorded.
    """
    import pandas as pd

    columns = _columns(stored)
    stages = [stage for stage in columns if _split(stage)[0] == kind]
    if not stages:
        return None
    history = pd.read_parquet(present(stored.record.folder) / "history.parquet")
    recorded = stored.metrics.get("trajectory", {})
    parts, start = [], 0
    for stage in stages:
        numbers = history[columns[stage]].apply(pd.to_numeric, errors="coerce").dropna(how="all")
        epochs = np.arange(len(numbers)) + start + 1
        for column in columns[stage]:
            table = {"epoch": epochs, "value": numbers[column].to_numpy(dtype=float)}
            told = {"stage": stage, "curve": column.partition(".")[2], "seed": stored.seed}
            parts.append(pd.DataFrame({**told, **table}).dropna(subset=["value"]))
        if (told := recorded.get(stage)) and told["epoch"]:
            shown = {"stage": stage, "curve": "ari", "seed": stored.seed}
            epochs = np.asarray(told["epoch"]) + start
            parts.append(pd.DataFrame({**shown, "epoch": epochs, "value": told["ari"]}))
        start += len(numbers)
    if (told := recorded.get(MEMBERS)) and told["epoch"]:
        shown = {"stage": MEMBERS, "curve": CONSENSUS, "seed": stored.seed}
        parts.append(pd.DataFrame({**shown, "epoch": told["epoch"], "value": told["ari"]}))
    return stack(parts)


def _columns(stored: Stored) -> dict[str, list[str]]:
    """List the columns of the history by stage."""
    import pyarrow.parquet

    path = present(stored.record.folder) / "history.parquet"
    found: dict[str, list[str]] = {}
    if path.is_file():
        for column in pyarrow.parquet.read_schema(path).names:
            stage, dot, _ = column.partition(".")
            if dot:
                found.setdefault(stage, []).append(column)
    return found


def _split(stage: str) -> tuple[str, str]:
    """Split ``decoded_pretrain`` into its kind and its stage; most stages have no kind."""
    for known in _STAGES:
        if stage.endswith(f"_{known}"):
            return stage.removesuffix(f"_{known}"), known
    return "", stage
