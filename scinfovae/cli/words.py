"""Completion of override words, and other things the verbs share."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

KEYS = (
    "seed=",
    "experiment=",
    "input=",
    "clusterers=",
    "results.dir=",
    "status=",
    "data.mirror=",
    "data.cache_dir=",
    "data.offline=",
    "device=",
    "threads=",
    "tf32=",
    "figures=",
)


def complete_word(prefix: str, **_: Any) -> list[str]:
    """Complete ``key=value``: groups, their names, and the commonest keys.

    Parameters
    ----------
    prefix
        What is typed so far.

    Returns
    -------
    Whole words that begin with it.
    """
    from scinfovae.bench.planning.config import choices, dataset_sets, method_sets

    groups = choices()
    key, equals, value = prefix.partition("=")
    if not equals:
        return [f"{group}=" for group in groups] + list(KEYS)
    names = list(groups.get(key, ()))
    if key == "experiment":
        from scinfovae.bench.planning.experiments import experiment_names

        names += experiment_names()
    sets = {**dataset_sets(), **method_sets()}
    names += [name.partition("/")[2] for name in sets if name.startswith(f"{key}/")]
    chosen, comma, _last = value.rpartition(",")
    return [f"{key}={chosen}{comma}{name}" for name in names]


def complete_dataset(**_: Any) -> list[str]:
    """List the names of registered datasets and their sets.

    Returns
    -------
    Names.
    """
    from scinfovae.data.registry import GROUPS, load_registry

    return [*load_registry(), *GROUPS]


def complete_method(**_: Any) -> list[str]:
    """List the names of methods.

    Returns
    -------
    Names.
    """
    from scinfovae.methods import METHODS

    return list(METHODS)


def add_words(parser: argparse.ArgumentParser, name: str, help_text: str, completer: Any) -> None:
    """Add the words of a verb to its parser.

    Parameters
    ----------
    parser
        The verb's.
    name, help_text
        What they are.
    completer
        Completes one of them.
    """
    action = parser.add_argument("words", nargs="*", metavar=name, help=help_text)
    action.completer = completer  # type: ignore[attr-defined]


def complete_selection(prefix: str, keys: Sequence[str] | None = None, **_: Any) -> list[str]:
    """Complete the words that choose records, out of the registries; no record is read for it.

    Parameters
    ----------
    prefix
        What is typed so far.
    keys
        Keys that may be chosen by; None for those of ``tables``.

    Returns
    -------
    Whole words that begin with it.
    """
    from scinfovae.bench.planning.experiments import experiment_names
    from scinfovae.tables.measures import CLUSTERERS, MEASURES
    from scinfovae.tables.selection import KEYS as OF_TABLES

    key, equals, value = prefix.partition("=")
    if not equals:
        return [f"{name}=" for name in (keys or OF_TABLES)]
    names: dict[str, Callable[[], Iterable[str]]] = {
        "dataset": complete_dataset,
        "method": complete_method,
        "clusterer": lambda: CLUSTERERS,
        "metric": lambda: MEASURES,
        "experiment": experiment_names,
    }
    chosen, comma, _last = value.rpartition(",")
    return [f"{key}={chosen}{comma}{name}" for name in names.get(key, list)()]


def limit_threads_early(words: list[str]) -> None:
    """Tell libraries that are not imported yet how many threads they may use.

    Parameters
    ----------
    words
        The words of the command, perhaps with ``threads=N``.
    """
    given = [word.partition("=")[2] for word in words if word.startswith("threads=")]
    count = given[-1] if given and given[-1].isdigit() and given[-1] != "0" else "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, count)
    if "numba" not in sys.modules:  # it refuses another number once its threads run
        os.environ.setdefault("NUMBA_NUM_THREADS", count)
