"""Experiments: lists of words with a name, one list for each sweep they consist of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.errors import UsageError, did_you_mean
from scinfovae.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "experiment"
SAME = "same_runs_as"  # in place of runs: those of another experiment


def experiment_names() -> tuple[str, ...]:
    """List the experiments that are shipped.

    Returns
    -------
    Names, sorted.
    """
    return tuple(sorted(file.stem for file in (resource_path("configs") / KEY).glob("*.yaml")))


def word_lists(words: Sequence[str]) -> list[list[str]]:
    """Replace ``experiment=NAME`` by the lists of words it stands for.

    Parameters
    ----------
    words
        The words of a command; ``experiment=a,b`` stands for both one after the other, and
        ``experiment=FILE.yaml`` for a file of the user.

    Returns
    -------
    Lists of words, each to be expanded by itself: those of the experiment with the other words
    added, which win over the experiment's own values of the same keys. Without an experiment the
    words themselves.

    Raises
    ------
    UsageError
        If there is no such experiment, or its file is none.
    """
    own = [word for word in words if not _is_experiment(word)]
    named = _named(words)
    if not named:
        return [own]
    given = {_key(word) for word in own}
    return [
        [*(word for word in listed if _key(word) not in given), *own]
        for name in named
        for listed in _lists(name)
    ]


def experiment_of(words: Sequence[str]) -> str:
    """Name the experiment that the words of a command ask for.

    Parameters
    ----------
    words
        The words.

    Returns
    -------
    Its name, of a file the name without folder and suffix, of one with the runs of another that
    of the other; several joined by commas; empty without one.
    """
    return ",".join(
        Path(name).stem if _is_file(name) else _true_name(name) for name in _named(words)
    )


def _named(words: Sequence[str]) -> list[str]:
    given = [word.partition("=")[2] for word in words if _is_experiment(word)]
    if len(given) > 1:
        raise UsageError(f"'{KEY}' is given twice; give all at once: {KEY}=a,b.")
    if given and not given[0]:
        raise UsageError(f"{KEY}= names no experiment. Known are {', '.join(experiment_names())}.")
    return given[0].split(",") if given else []


def _is_experiment(word: str) -> bool:
    return _key(word) == KEY and "=" in word


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _key(word: str) -> str:
    return word.partition("=")[0].lstrip("+")


def _lists(name: str) -> list[list[str]]:
    """Read the lists of words of one experiment."""
    file, content = _content(_true_name(name))
    if not isinstance(content, dict) or set(content) != {"description", "runs"}:
        raise UsageError(f"'{file}' must hold the keys 'description' and 'runs', and no others.")
    runs = content["runs"]
    if not isinstance(runs, list) or not runs or not all(_is_word_list(one) for one in runs):
        raise UsageError(
            f"'{file}': 'runs' must be a list of lists of words, as in "
            "runs: [[dataset=at_hand, method=pca]]."
        )
    return [list(one) for one in runs]


def _true_name(name: str) -> str:
    """Give the experiment whose runs one has: mostly itself."""
    if name not in experiment_names():
        return name
    _, content = _content(name)
    same = isinstance(content, dict) and set(content) == {"description", SAME}
    return str(content[SAME]) if same else name


def _content(name: str) -> tuple[Path, Any]:
    import yaml

    known = experiment_names()
    if not _is_file(name) and name not in known:
        raise UsageError(
            f"there is no experiment '{name}'.{did_you_mean(name, known)} Known are "
            f"{', '.join(known)}; a file of your own is given by its path, {KEY}=FILE.yaml."
        )
    file = Path(name) if _is_file(name) else resource_path("configs") / KEY / f"{name}.yaml"
    try:
        return file, yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"'{file}' cannot be read: {error.strerror or error}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"'{file}' is not YAML: {str(error).splitlines()[0]}.") from error


def _is_word_list(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(word, str) and "=" in word and _key(word) != KEY for word in value)
    )
