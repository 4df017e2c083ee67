"""Variants of one dataset count once, and for all compared entries in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def collapse_variants(frame: pd.DataFrame, by: Sequence[str] | None = None) -> pd.DataFrame:
    """Let variants of one dataset count once, as `collapse` does.

    Parameters
    ----------
    frame, by
        As in `collapse`.

    Returns
    -------
    The same, with the names in ``datasets`` joined by commas.
    """
    found = collapse(frame, by)
    return found.assign(datasets=[",".join(names) for names in found["datasets"]])


def collapse(frame: pd.DataFrame, by: Sequence[str] | None = None) -> pd.DataFrame:
    """Let variants of one dataset count once.

    The choice is made once for all entries, so that they are compared on the same data: the
    complete file alone where every entry with any of its variants has it, else the mean over the
    variants that all of them have. Where they share none, the dataset is dropped.

    Parameters
    ----------
    frame
        One row a score, with the columns ``dataset``, ``dataset_base`` and ``value``.
    by
        Columns that name an entry; all others by default.

    Returns
    -------
    One row per entry and dataset: the columns `by`, ``dataset_base``, ``datasets`` (those that
    were used, a tuple) and ``value``.
    """
    import pandas as pd

    own = ("dataset", "dataset_base", "value")
    names = [c for c in frame.columns if c not in own] if by is None else list(by)
    entries = pd.Series("", index=frame.index)
    for name in names:
        entries = entries + "\0" + frame[name].astype(str)
    known = frame.assign(_entry=entries).dropna(subset=["value"])
    parts = []
    for base, group in known.groupby("dataset_base", sort=False):
        holders = group.groupby("dataset", sort=False)["_entry"].nunique()
        shared = sorted(holders.index[holders == group["_entry"].nunique()])
        used = [str(base)] if base in shared else shared
        if not used:
            continue
        chosen = group[group["dataset"].isin(used)]
        first = chosen.groupby("_entry", sort=False)[names].first()
        per_dataset = chosen.groupby(["_entry", "dataset"], sort=False)["value"].mean()
        value = per_dataset.groupby(level="_entry", sort=False).mean()
        part = first.assign(dataset_base=base, datasets=None, value=value)
        part["datasets"] = pd.Series([tuple(used)] * len(part), index=part.index, dtype=object)
        parts.append(part.reset_index(drop=True))
    columns = [*names, "dataset_base", "datasets", "value"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
