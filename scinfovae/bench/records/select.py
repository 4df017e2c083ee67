"""Choose runs of a store by the words of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from scinfovae.bench.records.status import State
from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

# read with Hydra's grammar: lists, ranges, patterns, named sets
_GRAMMAR = ("dataset", "method", "status", "preset", "seed")
# taken as they stand, by their first digits: 49e6 is no number here
_HASHES = ("identity", "setting", "sweep")
FILTERS = (*_GRAMMAR, *_HASHES)


def is_filter(word: str) -> bool:
    """Tell whether a word of a command chooses runs.

    Parameters
    ----------
    word
        E.g. ``"dataset=muraro"``, a folder, or the first digits of an identity.

    Returns
    -------
    False for words that set something else, such as ``"threads=2"``.
    """
    key, equals, _ = word.partition("=")
    return not equals or key in FILTERS or _is_place(word)


def select(runs: pd.DataFrame, root: Path, words: Sequence[str]) -> pd.DataFrame:
    """Choose runs.

    Parameters
    ----------
    runs
        What `runs_frame` gives.
    root
        The results folder it was read from.
    words
        Each ``key=value`` with a key of `FILTERS`, the folder of a run, or the first digits of an
        identity. Runs that fit all keys are chosen, and of several folders or digits any.

    Returns
    -------
    The chosen rows; none if none fits.

    Raises
    ------
    UsageError
        If a word is not of these forms, or names what is neither known nor in the store.
    """
    kept = runs.index == runs.index
    for key, values in _read(runs, [w for w in words if "=" in w and not _is_place(w)]).items():
        if key in _HASHES:
            kept &= runs[key].map(lambda cell, v=tuple(values): _begins(cell, v)).astype(bool)
        else:
            kept &= runs[key].isin(values)
    named = [word for word in words if "=" not in word or _is_place(word)]
    if named:
        any_of = runs.index != runs.index
        for word in named:
            any_of |= _named(runs, root, word)
        kept &= any_of
    return runs[kept]


def of_sweep(runs: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Keep the runs that a sweep asks for.

    Parameters
    ----------
    runs
        What `runs_frame` gives, of a results folder or of an export.
    wanted
        The name of a sweep, its first digits (at least 4), or the name of its experiment.

    Returns
    -------
    Its runs, at least one, numbered anew.

    Raises
    ------
    UsageError
        If no sweep is called so.
    """
    sweeps, experiments = (
        [set(filter(None, names.split(","))) for names in runs[column]]
        for column in ("sweep", "experiment")
    )
    chosen = [
        asked.issuperset(wanted.split(","))
        or any(name == wanted or (len(wanted) >= 4 and name.startswith(wanted)) for name in names)
        for names, asked in zip(sweeps, experiments, strict=True)
    ]
    if not any(chosen):
        known = [*sorted(set().union(*sweeps)), *sorted(set().union(*experiments))]
        told = f"Known are {', '.join(known)}." if known else "No sweep was recorded."
        raise UsageError(f"there is no sweep '{wanted}'.{did_you_mean(wanted, known)} {told}")
    return runs[chosen].reset_index(drop=True)


def select_one(runs: pd.DataFrame, root: Path, words: Sequence[str]) -> pd.Series:
    """Choose one run.

    Parameters
    ----------
    runs, root, words
        As for `select`.

    Returns
    -------
    Its row.

    Raises
    ------
    UsageError
        If there is none, or more than one.
    """
    chosen = select(runs, root, words)
    if len(chosen) == 1:
        return chosen.iloc[0]
    told = " ".join(words) or "no words"
    if chosen.empty:
        raise UsageError(f"no run fits '{told}'; see 'scinfovae-bench store list'.")
    names = [f"{r.identity} seed={r.seed}" for r in chosen.head(5).itertuples()]
    more = ", ..." if len(chosen) > len(names) else ""
    raise UsageError(f"{len(chosen)} runs fit '{told}': {', '.join(names)}{more}; name one.")


def _read(runs: pd.DataFrame, words: Sequence[str]) -> dict[str, list[Any]]:
    from scinfovae.bench.planning.config import choices, dataset_sets, method_sets
    from scinfovae.bench.planning.words import expand

    values: dict[str, list[Any]] = {}
    grammatical = []
    for word in words:
        key, _, text = word.partition("=")
        if key not in FILTERS:
            raise UsageError(
                f"'{word}' chooses no runs.{did_you_mean(key, FILTERS)} "
                f"Keys are {', '.join(FILTERS)}."
            )
        if key in _HASHES:
            values[key] = text.split(",")
        else:
            grammatical.append(word)
    offered = choices()
    known: dict[str, list[str]] = {"status": [*get_args(State), "missing"]}
    for key in ("dataset", "method", "preset"):
        known[key] = list(dict.fromkeys([*offered[key], *runs[key].unique()]))
    for point in expand(grammatical, known, {**dataset_sets(), **method_sets()}):
        for key, value in point.items():
            values.setdefault(key, []).append(value)
    return values


def _begins(cell: str, beginnings: tuple[str, ...]) -> bool:
    return any(part.startswith(beginnings) for part in cell.split(","))


def _is_place(word: str) -> bool:
    """Tell whether a word is a folder of a run, whose name holds an equals sign."""
    return "/" in word and Path(word).name.startswith("seed=") and "=" not in Path(word).parts[0]


def _named(runs: pd.DataFrame, root: Path, word: str) -> Any:
    if _is_place(word):
        given = Path(word).expanduser()
        places = {str(given), str(given.resolve())}
        return (
            runs["folder"]
            .map(
                lambda folder: (
                    bool(folder) and (folder in places or str((root / folder).resolve()) in places)
                )
            )
            .astype(bool)
        )
    if len(word) < 4 or set(word) - set("0123456789abcdef"):
        raise UsageError(
            f"'{word}' names no run: give its folder, or at least 4 digits of its identity and "
            "seed=N; or choose with key=value, as in dataset=muraro."
        )
    return runs["identity"].str.startswith(word)
