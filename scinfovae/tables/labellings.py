"""Which reference labels a table speaks of: one labelling a dataset, the same for every method."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from scinfovae.tables.records import Records


@dataclass(frozen=True)
class Labelling:
    """Reference labels of some data.

    Attributes
    ----------
    keys
        The label keys of a run, the primary one first; empty for unlabelled data.
    file
        Hash of the file the labels stand in, if it is not that of the counts.
    """

    keys: tuple[str, ...] = ()
    file: str = ""

    @property
    def primary(self) -> str:
        """The label key that counts; empty for unlabelled data."""
        return self.keys[0] if self.keys else ""


UNKNOWN = Labelling(("",))
"""Of a run that was never scored."""


def add_labellings(runs: pd.DataFrame) -> pd.DataFrame:
    """Read from the metrics of every run against which labels it was scored.

    Parameters
    ----------
    runs
        With a column ``metrics`` of JSON texts.

    Returns
    -------
    The runs with a column ``labelling``.
    """
    import pandas as pd

    found = []
    for text in runs["metrics"]:
        metrics = json.loads(text)
        keys = tuple(metrics.get("label_keys") or ())
        found.append(Labelling(keys, metrics.get("labels_file") or "") if metrics else UNKNOWN)
    return runs.assign(labelling=pd.Series(found, index=runs.index, dtype=object))


def choose_labellings(runs: pd.DataFrame) -> dict[str, Labelling]:
    """Choose the labels that count for each dataset: those most of its runs name first.

    Parameters
    ----------
    runs
        With the columns ``data`` and ``labelling``.

    Returns
    -------
    By dataset its labelling; `keys` holds every label key any of the runs was scored against.
    """
    chosen = {}
    for data, group in runs.groupby("data", sort=False):
        known = [one for one in group["labelling"] if one != UNKNOWN]
        votes = Counter((one.primary, one.file) for one in known if one.keys)
        if not votes:
            # nothing was scored yet: it will have labels, as all data of the benchmark
            chosen[str(data)] = Labelling() if known else UNKNOWN
            continue
        (primary, file), _ = min(votes.items(), key=lambda item: (-item[1], item[0]))
        others = [k for one in known if one.file == file for k in one.keys]
        chosen[str(data)] = Labelling(tuple(dict.fromkeys((primary, *others))), file)
    return chosen


def scored_against(
    runs: pd.DataFrame, scores: pd.DataFrame, chosen: dict[str, Labelling]
) -> pd.DataFrame:
    """Leave out the scores against labels of another file than the one that counts.

    Parameters
    ----------
    runs
        With the columns ``data``, ``run`` and ``labelling``.
    scores
        With the columns ``run`` and ``label_key``.
    chosen
        What `choose_labellings` gives.

    Returns
    -------
    The scores that agree, those without labels included.
    """
    agrees = {
        run: labelling.file == chosen[data].file
        for run, data, labelling in zip(runs["run"], runs["data"], runs["labelling"], strict=True)
    }
    return scores[(scores["label_key"] == "") | scores["run"].map(agrees)]


def metrics_in_one_labelling(records: Records) -> dict[int, dict[str, Any]]:
    """Read the metrics of the runs that were scored against the labels that count.

    Parameters
    ----------
    records
        The records.

    Returns
    -------
    Contents of ``metrics.json`` by run; of the others, and of runs without scores, nothing.
    """
    runs = records.runs
    columns = (runs[name] for name in ("run", "data", "labelling", "metrics"))
    found = {}
    for run, data, labelling, text in zip(*columns, strict=True):
        counts = records.labellings[data]
        if (labelling.primary, labelling.file) == (counts.primary, counts.file):
            found[run] = json.loads(text)
    return found
