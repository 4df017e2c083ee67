"""Names of data in tables: equal names mean equal cells, genes and K."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

LONGEST = 40
_FILE = "path="
_OWN = ("custom", "simulated", "figure4")
# how a run was scored or where its file lay; its cells are the same
_NOT_DATA = ("label_key=", "labels_path=", "layout=", _FILE)


def name_data(runs: pd.DataFrame) -> pd.DataFrame:
    """Name the data of every run: equal names mean equal cells, genes and K.

    Parameters
    ----------
    runs
        What `scinfovae.bench.records.frame.runs_frame` gives.

    Returns
    -------
    The runs with the columns ``data`` (the dataset or the user's file, with what tells it from
    others of its name), ``data_legend`` (what that abbreviates, else empty) and ``base`` (the
    dataset it is a variant of, else the same); hash and K of runs without a record are filled in
    where others tell them.
    """
    from scinfovae.bench.planning.identity import short_hash

    known = runs.assign(_tokens=[_data_tokens(text) for text in runs["data_variant"]])
    for column, nothing in (("content_hash", ""), ("n_clusters", float("nan"))):
        for by in (["dataset", "identity"], ["dataset", "_tokens"]):
            known[column] = _filled(known, by, column, nothing)
    known["data"], known["data_legend"] = known["dataset"], ""
    for _, group in known.groupby("dataset", sort=False):
        keys = list(zip(group["_tokens"], group["content_hash"], group["n_clusters"], strict=True))
        bases = _files(group)
        told = [tokens for tokens, _, _ in keys]
        shown = [f"#{short_hash(text, 6)}" if len(text) > LONGEST else text for text in told]
        known.loc[group.index, "data"] = _distinct(bases, shown, keys)
        legends = ["" if text == short else text for text, short in zip(told, shown, strict=True)]
        known.loc[group.index, "data_legend"] = legends
    own = known["dataset"].isin(_OWN)
    known["base"] = known["data"].where(own, known["dataset_base"])
    return known.drop(columns="_tokens")


def _data_tokens(variant: str) -> str:
    """Leave out what is said about a dataset and does not change its cells."""
    tokens = [token for token in variant.split(", ") if token]
    return ", ".join(token for token in tokens if not token.startswith(_NOT_DATA))


def _files(group: pd.DataFrame) -> list[str]:
    """Name the data of every run: the user's file without its folder, or else the dataset.

    Files with the same content are called like the first of them.
    """
    from scinfovae.data.registry import load_registry

    given = [
        next((token for token in variant.split(", ") if token.startswith(_FILE)), "")
        for variant in group["data_variant"]
    ]
    called: dict[str, str] = {}
    for content, token in sorted(zip(group["content_hash"], given, strict=True)):
        if token:
            called.setdefault(content or token, PurePath(token.removeprefix(_FILE)).name)
    names = []
    for content, token, dataset in zip(group["content_hash"], given, group["dataset"], strict=True):
        name = called[content or token] if token else ""
        taken = name in load_registry() or name in _OWN
        names.append(f"{dataset} ({name})" if taken else name or str(dataset))
    return names


def _filled(frame: pd.DataFrame, by: list[str], column: str, nothing: Any) -> pd.Series:
    """Fill what is not known of a run with what all the others of its group agree on."""
    absent = frame[column].isna() | (frame[column] == nothing)
    agreed = {
        key: values.iloc[0]
        for key, values in frame[~absent].groupby(by, sort=False)[column]
        if values.nunique() == 1
    }
    keys = [tuple(row) for row in frame[by].itertuples(index=False)]
    filled = [agreed.get(key, nothing) for key in keys]
    return frame[column].where(~absent, filled)


def _distinct(bases: list[str], shown: list[str], keys: list[tuple[str, str, float]]) -> list[str]:
    """Name the data of one dataset: what is shown, and its bytes and K where those differ."""
    contents: dict[tuple[str, str], set[str]] = {}
    clusters: dict[tuple[str, str, str], set[str]] = {}
    for base, told, (_, content, k) in zip(bases, shown, keys, strict=True):
        contents.setdefault((base, told), set()).add(content)
        clusters.setdefault((base, told, content), set()).add(str(k))
    names = []
    for base, told, (_, content, k) in zip(bases, shown, keys, strict=True):
        parts = [told] if told else []
        if len(contents[base, told]) > 1:
            parts.append(f"@{content[:8] or 'unknown'}")
        if len(clusters[base, told, content]) > 1:
            parts.append(f"K={k:g}")
        names.append(f"{base} ({' '.join(parts)})" if parts else base)
    return names


def data_order(data: Iterable[str], runs: pd.DataFrame) -> list[str]:
    """Sort data as the registry lists their datasets, variants after them, others last.

    Parameters
    ----------
    data
        Names given by `name_data`.
    runs
        What `name_data` gives.

    Returns
    -------
    The names, each once.
    """
    from scinfovae.data.registry import load_registry

    places = {name: place for place, name in enumerate(load_registry())}
    dataset = dict(zip(runs["data"], runs["dataset"], strict=True))
    base = dict(zip(runs["data"], runs["dataset_base"], strict=True))
    last = len(places)
    return sorted(
        dict.fromkeys(data),
        key=lambda d: (places.get(base[d], last), places.get(dataset[d], last), natural(d)),
    )


def natural(text: str) -> list[tuple[float, str]]:
    """Sort texts by the numbers in them, as people do.

    Parameters
    ----------
    text
        E.g. ``"latent_dim=10"``.

    Returns
    -------
    A sort key, by which ``latent_dim=2`` comes first.
    """
    parts = re.split(r"(\d+(?:\.\d+)?)", text)
    return [(float(part), "") if i % 2 else (-1.0, part) for i, part in enumerate(parts)]
