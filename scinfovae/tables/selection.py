"""The words of ``tables``: which datasets, methods, clusterers and metrics are wanted."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.data.registry import GROUPS, group_members
from scinfovae.errors import UsageError, did_you_mean
from scinfovae.tables.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

OF_RUNS = ("dataset", "method", "preset", "variant")
KEYS = (*OF_RUNS, "clusterer", "metric", "results.dir")


@dataclass(frozen=True)
class Selection:
    """What is wanted; an absent key takes everything.

    Attributes
    ----------
    wanted
        Names or patterns by key.
    results
        The results folder, if one was named.
    """

    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    results: str | None = None

    def runs(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Choose among runs.

        Parameters
        ----------
        frame
            With the columns ``dataset``, ``method``, ``preset`` and ``variant``.

        Returns
        -------
        The rows that are wanted.

        Raises
        ------
        UsageError
            If a name is in no record, or nothing is left.
        """
        chosen = frame
        for key in OF_RUNS:
            if key in self.wanted:
                names = _match(key, self.wanted[key], frame[key].unique())
                chosen = chosen[chosen[key].isin(names)]
        if chosen.empty and not frame.empty:
            told = " ".join(f"{key}={','.join(names)}" for key, names in self.wanted.items())
            raise UsageError(f"no record fits {told} all at once.")
        return chosen

    def scores(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Choose among scores.

        Parameters
        ----------
        frame
            With the column ``clusterer``.

        Returns
        -------
        The rows that are wanted.

        Raises
        ------
        UsageError
            If a name is in no record.
        """
        if "clusterer" not in self.wanted:
            return frame
        names = _match("clusterer", self.wanted["clusterer"], frame["clusterer"].unique())
        return frame[frame["clusterer"].isin(names)]

    def clusterers(self, known: Iterable[str]) -> set[str]:
        """Choose among clusterers.

        Parameters
        ----------
        known
            Their keys.

        Returns
        -------
        Those that are wanted.
        """
        wanted = self.wanted.get("clusterer", ("*",))
        return {key for key in known if any(fnmatch.fnmatchcase(key, name) for name in wanted)}

    def measures(self) -> tuple[str, ...]:
        """List the metrics that are wanted.

        Returns
        -------
        Their names, in the order of the tables.

        Raises
        ------
        UsageError
            If a name is unknown.
        """
        return tuple(_match("metric", self.wanted.get("metric", ("*",)), MEASURES))


def read_words(words: Sequence[str]) -> Selection:
    """Read the words of the command.

    Parameters
    ----------
    words
        Each ``key=value`` with one value, several with commas, a pattern, or a set of datasets.

    Returns
    -------
    The selection.

    Raises
    ------
    UsageError
        If a word is not of that form, or a key is unknown or given twice.
    """
    wanted: dict[str, tuple[Any, ...]] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"'{word}' is not of the form key=value, as in dataset=at_hand.")
        if key not in KEYS:
            raise UsageError(
                f"there is no key '{key}'.{did_you_mean(key, KEYS)} Known are {', '.join(KEYS)}."
            )
        if key in wanted:
            raise UsageError(f"'{key}' is given twice; give all its values at once: {key}=a,b.")
        values = (text,) if key in ("results.dir", "variant") else tuple(text.split(","))
        if key != "variant" and not all(values):
            raise UsageError(f"'{word}' names nothing; leave it out to take everything.")
        wanted[key] = values
    results = wanted.pop("results.dir", (None,))[0]
    return Selection(wanted, results)


def _match(key: str, wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    """Expand names, patterns and sets of datasets to what there is."""
    names = [str(name) for name in known]
    found: list[str] = []
    for one in wanted:
        members = group_members(one) if key == "dataset" and one in GROUPS else (one,)
        fits = [n for n in names if any(fnmatch.fnmatchcase(n, m) for m in members) or n == one]
        if one == "all" and key == "dataset":
            fits = names
        if not fits:
            raise UsageError(
                f"there is no record with {key}={one}.{did_you_mean(one, names)} There are "
                f"{', '.join(name or repr(name) for name in names)}."
            )
        found += fits
    return [name for name in names if name in found]
