"""Read the words of a command in Hydra's override grammar and expand them to single points."""

from __future__ import annotations

import fnmatch
import itertools
from typing import TYPE_CHECKING, Any

from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Choices = Mapping[str, Sequence[str]]

# their text is taken as it stands: paths and hashes may hold what the grammar gives a meaning to
VERBATIM = (
    "dataset.path",
    "dataset.labels_path",
    "dataset.git_blob_sha1",
    "dataset.sha256",
    "results.dir",
    "data.cache_dir",
    "data.mirror",
)


def expand(words: Sequence[str], choices: Choices, sets: Choices) -> list[dict[str, Any]]:
    """Expand the words of a command to the points they stand for.

    Parameters
    ----------
    words
        Each ``key=value``: a value, a list of choices ``a,b``, ``range(5)``, ``glob(*_top2000)``.
    choices
        The names each config group offers, e.g. those of all datasets under ``"dataset"``.
    sets
        Names that stand for several of them, as ``"dataset/paper15"``.

    Returns
    -------
    For every point its values by key, in the order of the words; the first word varies slowest.

    Raises
    ------
    UsageError
        If a word cannot be read, a name is unknown, or a key is given twice.
    """
    alternatives: dict[str, list[Any]] = {}
    for word in words:
        key, values = _read(word, choices, sets)
        if key in alternatives:
            remedy = "" if key in VERBATIM else f"; give all its values at once: {key}=a,b"
            raise UsageError(f"'{key}' is given twice{remedy}.")
        if not values:
            raise UsageError(f"'{word}' stands for no value at all, so there is nothing to do.")
        alternatives[key] = [v for i, v in enumerate(values) if not _seen(v, values[:i])]
    products = itertools.product(*alternatives.values())
    return [dict(zip(alternatives, values, strict=True)) for values in products]


def _read(word: str, choices: Choices, sets: Choices) -> tuple[str, list[Any]]:
    """Split one word into its key and its values."""
    raw_key, equals, text = word.partition("=")
    key = raw_key.lstrip("+")
    if not equals:
        raise UsageError(_no_equals(word, choices))
    if key.startswith("~"):
        raise UsageError(f"'{word}': nothing can be deleted from the configuration.")
    if key in VERBATIM:
        return key, [_verbatim(text)]
    values = _parse(word, key, text)
    if key in choices:
        return key, [n for value in values for n in _names(key, value, choices, sets)]
    if any(_is_glob(value) for value in values):
        raise UsageError(f"'{word}': glob(...) chooses among names; {key} takes values.")
    return key, values


def _no_equals(word: str, choices: Choices) -> str:
    for group, names in choices.items():
        if word in names:
            return f"'{word}' is not of the form key=value. Did you mean '{group}={word}'?"
    return f"'{word}' is not of the form key=value, as in dataset=muraro."


def _seen(value: Any, earlier: list[Any]) -> bool:
    # 1, 1.0 and true are equal in Python and different choices here
    return any(type(value) is type(other) and value == other for other in earlier)


def _verbatim(text: str) -> str | None:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return None if text in ("", "null") else text


def _is_glob(value: Any) -> bool:
    return hasattr(value, "include") and hasattr(value, "filter")


def _parse(word: str, key: str, text: str) -> list[Any]:
    """Read the value with Hydra's parser; a glob is left as it is."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import IntervalSweep, Transformer
    from hydra.errors import HydraException

    try:
        override = OverridesParser.create().parse_override(f"{key}={text}")
    except HydraException as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"'{word}' cannot be read ({reason}); put a value with special characters in quotes: "
            f"'{key}=\"...\"'."
        ) from None
    value = override.value()
    if isinstance(value, IntervalSweep):
        raise UsageError(f"'{word}': an interval has no list of values; use range(a,b,step).")
    if _is_glob(value) or not override.is_sweep_override():
        return [value]
    return [_unquote(member) for member in override.sweep_iterator(Transformer.identity)]


def _unquote(value: Any) -> Any:
    """Replace the parser's quoted texts by plain ones."""
    if isinstance(value, list):
        return [_unquote(member) for member in value]
    if isinstance(value, dict):
        return {str(_unquote(key)): _unquote(member) for key, member in value.items()}
    return value.text if hasattr(value, "with_quotes") else value


def _names(group: str, value: Any, choices: Choices, sets: Choices) -> list[str]:
    """Expand one name of a config group: itself, a named set, or a pattern."""
    known = choices[group]
    if _is_glob(value):
        found = list(value.filter(list(known)))
        name = ",".join(value.include)
    else:
        name = str(value)
        if name in known:
            return [name]
        if members := sets.get(f"{group}/{name}"):
            return list(members)
        if not any(mark in name for mark in "*?["):
            offered = [*known, *(key.split("/")[1] for key in sets if key.startswith(f"{group}/"))]
            raise UsageError(
                f"there is no {group} '{name}'.{_hint(group, name, choices, offered)} "
                f"Known are {', '.join(offered)}."
            )
        found = fnmatch.filter(known, name)
    if not found:
        raise UsageError(f"no {group} matches '{name}'. Known are {', '.join(known)}.")
    return found


def _hint(group: str, name: str, choices: Choices, offered: Sequence[str]) -> str:
    """Say where an unknown name belongs: to a method, else to the closest name of its group."""
    if group != "method" and name in choices.get("method", ()):
        return f" '{name}' is a method: give method={name}."
    return did_you_mean(name, offered)
