"""The datasets over which rows can be compared: those that all of them have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def shared_datasets(covered: Sequence[frozenset[str]], base_of: Mapping[str, str]) -> list[str]:
    """Choose the data over which rows are compared.

    Parameters
    ----------
    covered
        For every row the data it has.
    base_of
        The dataset that each of the data is a variant of.

    Returns
    -------
    The data, in the order of `base_of`: of the sets some row has, and the common parts of two or
    all of them, the one with the most rows that have it times its datasets, variants once; of
    equals the one with more datasets. A set that only one row has is the last choice.
    """
    candidates = {a & b for a in covered for b in covered}
    if covered:
        candidates.add(frozenset.intersection(*covered))

    def worth(candidate: frozenset[str]) -> tuple[bool, int, int, int, list[str]]:
        n_bases = len({base_of[name] for name in candidate})
        n_rows = sum(candidate <= one for one in covered)
        is_shared = n_bases > 0 and n_rows > 1
        return is_shared, n_rows * n_bases, n_bases, len(candidate), sorted(candidate)

    best = max(candidates, key=worth, default=frozenset())
    return [name for name in base_of if name in best]
