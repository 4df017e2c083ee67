"""The words of ``figures``: figures by name, and which records, data and runs they are about."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

# what a word may choose among the records, and whether a sweep understands it as well
OF_RUNS = {"dataset": True, "method": True, "preset": True, "variant": False}
CHOOSE = (*OF_RUNS, "clusterer")
PLACES = ("results.dir", "data.mirror", "data.cache_dir", "data.offline")
KEYS = (*CHOOSE, "experiment", "seed", *PLACES)
_TEXT = ("variant", *PLACES)


@dataclass(frozen=True)
class Choice:
    """What the words of a command say.

    Attributes
    ----------
    figures
        Names of figures.
    wanted
        Names and patterns by key of `CHOOSE`; an absent key takes everything.
    experiment
        A sweep, by its name or experiment, whose runs alone are drawn.
    seed
        Which seed stands for a run where one embedding is shown; None for the first.
    places
        Words that say where records and data are.
    more
        Words for the sweep of ``--run-missing`` alone.
    """

    figures: tuple[str, ...] = ()
    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    experiment: str | None = None
    seed: int | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()

    def runs(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Choose among runs.

        Parameters
        ----------
        frame
            What `scinfovae.bench.records.frame.runs_frame` gives.

        Returns
        -------
        The rows that are wanted; none where a known dataset or method has no record.

        Raises
        ------
        UsageError
            If a name is neither known nor in a record.
        """
        chosen = frame
        for key in OF_RUNS:
            if key in self.wanted:
                chosen = chosen[chosen[key].isin(self.names(key, frame))]
        return chosen

    def names(self, key: str, frame: pd.DataFrame) -> list[str]:
        """Expand what was said of a key to names.

        Parameters
        ----------
        key
            One of `OF_RUNS`.
        frame
            The runs.

        Returns
        -------
        Names; empty if nothing was said.

        Raises
        ------
        UsageError
            If a name is neither known nor in a record.
        """
        from scinfovae.bench.planning.config import choices, dataset_sets, method_sets

        known = list(dict.fromkeys([*choices().get(key, ()), *map(str, frame[key].unique())]))
        sets = {**dataset_sets(), **method_sets()}
        found: dict[str, None] = {}
        for one in self.wanted.get(key, ()):
            members = tuple(sets.get(f"{key}/{one}", ())) or (one,)
            fits = [name for name in known if _fits(name, members)]
            if not fits:
                raise UsageError(
                    f"there is no {key} '{one}'.{did_you_mean(one, known)} Known are "
                    f"{', '.join(name or repr(name) for name in known)}."
                )
            found |= dict.fromkeys(fits)
        return list(found)

    def clusterers(self, keys: Sequence[str]) -> list[str]:
        """Choose among clusterers.

        Parameters
        ----------
        keys
            Those that there are.

        Returns
        -------
        Those that were asked for; all if nothing was said.
        """
        return [key for key in keys if _fits(key, self.wanted.get("clusterer", ("*",)))]

    def sweep_words(self, experiment: str, *, narrowed: bool = True) -> list[str]:
        """Write the words of the sweep that makes what is wanted.

        Parameters
        ----------
        experiment
            That of a figure.
        narrowed
            Whether words that choose datasets and methods narrow it.

        Returns
        -------
        Words for `scinfovae.bench.planning.plan.make_plan`.
        """
        keys = [key for key in OF_RUNS if self._narrows(key) and (narrowed or key == "preset")]
        words = [f"{key}={','.join(self.wanted[key])}" for key in keys]
        seed = [] if self.seed is None or not narrowed else [f"seed={self.seed}"]
        places = [f"{key}={value}" for key, value in self.places.items()]
        return [f"experiment={experiment}", *words, *seed, *places, *self.more]

    def _narrows(self, key: str) -> bool:
        return key in self.wanted and OF_RUNS[key]


def read_words(words: Sequence[str], may_run: bool = False) -> Choice:
    """Read the words of the command.

    Parameters
    ----------
    words
        Names of figures, and ``key=value`` with one value, several with commas, a pattern, or a
        set of datasets or methods.
    may_run
        Whether other keys may follow, for the sweep.

    Returns
    -------
    The choice.

    Raises
    ------
    UsageError
        If a key is unknown or given twice, or a value is missing.
    """
    figures: list[str] = []
    given: dict[str, str] = {}
    more: list[str] = []
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            figures.append(word)
        elif key not in KEYS and may_run:
            more.append(word)
        elif key not in KEYS:
            raise UsageError(
                f"figures has no key '{key}'.{did_you_mean(key, KEYS)} Known are "
                f"{', '.join(KEYS)}; keys of a sweep go with --run-missing."
            )
        elif key in given:
            raise UsageError(f"'{key}' is given twice; give all its values at once: {key}=a,b.")
        elif not text or (key not in _TEXT and not all(text.split(","))):
            raise UsageError(f"'{word}' names nothing; leave it out to take everything.")
        else:
            given[key] = text
    wanted = {
        key: (given[key],) if key in _TEXT else tuple(given[key].split(","))
        for key in CHOOSE
        if key in given
    }
    places = {key: given[key] for key in PLACES if key in given}
    seed = _seed(given["seed"]) if "seed" in given else None
    return Choice(tuple(figures), wanted, given.get("experiment"), seed, places, tuple(more))


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"seed={text} is not possible: figures show one seed, as in seed=0.")
    return int(text)


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(name == one or fnmatch.fnmatchcase(name, one) for one in patterns)
