"""The command that would do a recorded run again."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.config import flatten
from scinfovae.bench.planning.words import VERBATIM
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

# where and by whom a run is done is said anew each time
_NOT_REPEATED = ("results", "data", "executor", "preset", "seed", "n_clusters", "input")


def words_of(config: Mapping[str, Any]) -> list[str]:
    """Write the words that compose a recorded configuration with the present defaults.

    Parameters
    ----------
    config
        The contents of ``config.yaml``.

    Returns
    -------
    Each ``key=value``, only what differs from what the first ones imply.
    """
    from scinfovae.bench.planning.plan import make_plan

    words = [f"dataset={config['dataset']['name']}", f"method={config['method']['name']}"]
    if config.get("input", "common") != "common":
        words.append(f"input={config['input']}")
    if plugins := config.get("plugins"):
        words.append(f"plugins={_value(plugins)}")
    preset = f"preset={config['preset']['name']}"
    try:
        implied = make_plan([*words, preset])[0].recipe.resolved
        words.append(preset)
    except UsageError:
        implied = make_plan(words)[0].recipe.resolved
    there, wanted = _leaves(implied), _leaves(config)
    words += [
        f"{key}={value if key in VERBATIM and value else _value(value)}"
        for key, value in wanted.items()
        if key != "plugins" and (key not in there or there[key] != value)
    ]
    return [*words, f"seed={config['seed']}"]


def command_of(config: Mapping[str, Any], results_dir: str) -> str:
    """Write the command that would do a recorded run again.

    Parameters
    ----------
    config
        The contents of ``config.yaml``.
    results_dir
        The results folder, as it was given.

    Returns
    -------
    One line for a shell. Where the data lie is not recorded: add data.mirror=DIR where need be.
    """
    words = words_of(config)
    if results_dir != "results":
        words.append(f"results.dir={results_dir}")
    return shlex.join(["scinfovae-bench", "run", *words, "--force"])


def _leaves(config: Mapping[str, Any]) -> dict[str, Any]:
    from scinfovae.bench.planning.typed import plain

    kept = {key: value for key, value in config.items() if key not in _NOT_REPEATED}
    return flatten("", plain(kept))


def _value(value: Any) -> str:
    """Write a value in the grammar of the words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(_value(member) for member in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_value(member)}' for key, member in value.items())}}}"
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z_][\w.-]*", value):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(value)
