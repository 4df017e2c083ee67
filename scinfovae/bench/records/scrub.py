"""Take the paths of one machine out of what is published."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import Any

# an absolute path, or one below a home folder, in quotes or up to the next space or bracket; not
# the path of an address, nor a slash between words
_QUOTED = re.compile(r"(?<=['\"])(?:~[\w.-]*)?/[^'\"\n]+(?=['\"])")
_BARE = re.compile(r"(?<![\w./:~'\"])(?:~[\w.-]*)?/(?=[\w.~+-])[^\s'\"()\[\]{},;]+")


def scrub_text(text: str) -> str:
    """Replace every absolute path by ``DIR/`` and its last part.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    The text without paths of this machine; addresses on the web stay.
    """
    return _BARE.sub(_without_folder, _QUOTED.sub(_without_folder, text))


def scrub_command(line: str) -> str:
    """Replace absolute paths in a command line, quoted words included.

    Parameters
    ----------
    line
        As `scinfovae.bench.running.provenance.command_line` writes it.

    Returns
    -------
    The command with ``DIR/NAME`` for every path.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        return scrub_text(line)
    return shlex.join(_scrub_word(word) for word in words)


def _scrub_word(word: str) -> str:
    key, equals, value = word.partition("=")
    if equals and value.startswith(("/", "~")):
        return f"{key}={_named(value)}"
    return _named(word) if word.startswith(("/", "~")) else scrub_text(word)


def scrub(value: Any) -> Any:
    """Replace absolute paths in all texts of a nested value.

    Parameters
    ----------
    value
        What JSON can hold; a member ``command`` is taken for a command line.

    Returns
    -------
    The same without paths of this machine.
    """
    if isinstance(value, dict):
        return {
            key: scrub_command(member)
            if key == "command" and isinstance(member, str)
            else scrub(member)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [scrub(member) for member in value]
    return scrub_text(value) if isinstance(value, str) else value


def _without_folder(found: re.Match[str]) -> str:
    return _named(found.group())


def _named(path: str) -> str:
    name = PurePath(path).name
    return f"DIR/{name}" if name else "DIR"
