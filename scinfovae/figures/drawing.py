"""What a figure's module makes: pages with the numbers they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """One page with the numbers it shows.

    Attributes
    ----------
    stem
        Of its files.
    title
        What it shows, for lists.
    figure
        Drawn with `scinfovae.figures.style`.
    data
        Every number that is drawn, one row each; written beside it.
    notes
        Sentences on what is shown and what is not.
    """

    stem: str
    title: str
    figure: Figure
    data: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotDrawn:
    """A figure that cannot be drawn from what is there; the sentence says why and what to do."""

    reason: str


def stack(tables: Iterable[pd.DataFrame], *first: str) -> pd.DataFrame:
    """Put the numbers of several panels below each other.

    Parameters
    ----------
    tables
        Some may be empty, or lack columns of others.
    *first
        Columns to begin with.

    Returns
    -------
    One table with the columns of all.
    """
    import pandas as pd

    found = list(tables)
    columns = dict.fromkeys([*first, *(column for table in found for column in table)])
    # pandas takes types from columns without values, and warns that it will not for ever
    known = [table.dropna(axis="columns", how="all") for table in found if len(table)]
    whole = pd.concat(known, ignore_index=True) if known else pd.DataFrame()
    return whole.reindex(columns=list(columns))
